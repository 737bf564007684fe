"""Read documents: one file, one source. `base` says what a source is."""
