"""Crowds: one row that much of the data is a duplicate of. Mostly a template, not many copies."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

SHARE = 0.01
"""Share of all rows from which on a crowd is reported …"""

LEAST = 10
"""… and number of rows."""

EXAMPLES = 3


@dataclass(frozen=True)
class Crowd:
    """Rows that were dropped for one row."""

    kept: str
    """Id of the row that stays."""

    size: int
    """How many were dropped for it."""

    share: float
    """Of all rows."""

    examples: tuple[str, ...]
    """Ids of those least like it: if they are no copies of it, the threshold is too low."""


def crowds(duplicates: pl.DataFrame, total: int, share: float = SHARE) -> list[Crowd]:
    """The crowds among `duplicates` (DUPLICATE) of `total` rows, largest first."""
    least = max(LEAST, share * total)
    found = (
        duplicates.sort("similarity", "id")
        .group_by("kept")
        .agg(pl.len().alias("size"), pl.col("id").head(EXAMPLES).alias("examples"))
        .filter(pl.col("size") >= least)
        .sort("size", "kept", descending=[True, False])
    )
    return [
        Crowd(kept, size, size / total, tuple(examples))
        for kept, size, examples in found.iter_rows()
    ]
