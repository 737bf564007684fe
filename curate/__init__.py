"""Documents in; a curated, versioned instruction dataset out. See README.md."""

__version__ = "0.1.0"
