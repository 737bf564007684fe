"""A version as one page to read: what it holds, what was dropped and why, what is not covered."""
