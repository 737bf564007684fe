"""Near-duplicates: signatures, bands, verification."""
