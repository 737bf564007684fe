"""`langdetect` for many texts at once: its own profiles and draws, in numpy."""
