"""Passages, prompts, calls, journal, parsing: documents become candidate pairs."""
