"""A version on disk: number, data, card, look-up."""
