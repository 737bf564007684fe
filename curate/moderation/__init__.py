"""Moderation: what should not be in a data set (unsafe, private, off topic), and refusals."""
