"""Which of several processes writes and speaks: the first, by what torchrun and accelerate set."""

from __future__ import annotations

import os


def is_first() -> bool:
    """Whether this is the only process of a run, or the first of several."""
    return os.environ.get("RANK", "0") == "0"
