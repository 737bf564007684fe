"""Texts as vectors: one file a way to make them."""
