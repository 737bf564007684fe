"""Counts and reasons as frames: what `run`, `filter`, `show` and the card tell."""

from __future__ import annotations

import polars as pl


def funnel(rows: pl.DataFrame) -> pl.DataFrame:
    """How many rows each rule dropped: columns `rule`, `dropped`, `example` (a reason), most first.

    The rule is the first word of the reason: a filter's name, `duplicate` or `parse`.
    """
    return (
        rows.filter(pl.col("dropped").is_not_null())
        .group_by(rule=pl.col("dropped").str.extract(r"^(\w+)"))
        .agg(dropped=pl.len(), example=pl.col("dropped").sort().first())
        .sort("dropped", "rule", descending=[True, False])
        .cast({"dropped": pl.Int64})
    )
