"""Language models that answer: one file, one back end. `base` says what a teacher is."""
