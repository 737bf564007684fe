"""The one place that drops: fills `dropped` with the first reason that a row has, in order."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from curate.copies import Means, copies
from curate.dedup.options import Dedup
from curate.filters.base import Filter
from curate.progress import Progress
from curate.schema import live


def by_bounds(rows: pl.DataFrame, measures: Iterable[Filter]) -> pl.DataFrame:
    """Rows, those dropped that miss a bound of a measure; `rows` have its column.

    A null misses none.
    """
    return _dropped(rows, [miss for measure in measures for miss in _misses(measure)])


def duplicates(
    rows: pl.DataFrame, options: Dedup, means: Means, progress: Progress
) -> pl.DataFrame:
    """Rows, those dropped that are copies: of a row that stays live, or of earlier data."""
    named = copies(live(rows), options, means, progress).select("id", "reason")
    joined = rows.join(named, on="id", how="left", maintain_order="left")
    return _dropped(joined, [pl.col("reason")]).drop("reason")


def _misses(measure: Filter) -> list[pl.Expr]:
    """Of each bound the reason that a row misses it, or null."""
    value = pl.col(measure.name)
    text = value.round(4).cast(pl.String)
    found: list[pl.Expr] = []
    for sign, word, bound in (("<", "min", measure.min), (">", "max", measure.max)):
        if bound is not None:
            missed = value < bound if sign == "<" else value > bound
            reason = pl.format(f"{measure.name} {{}} {sign} {word} {bound:g}", text)
            found.append(pl.when(missed).then(reason).otherwise(None))
    return found


def _dropped(rows: pl.DataFrame, reasons: list[pl.Expr]) -> pl.DataFrame:
    """Rows with the first of their reasons, where nothing had dropped them before."""
    return rows.with_columns(dropped=pl.coalesce("dropped", *reasons))
