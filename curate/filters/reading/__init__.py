"""Texts and passages taken apart once for all measures, and how far one supports the other."""
