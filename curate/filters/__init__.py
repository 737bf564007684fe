"""Measures of a row: one file, one measure. `base` says what a filter is."""
