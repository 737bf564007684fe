"""The one place that drops: fills `dropped` with the first reason that a row has, in order."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from curate.copies import Means, copies
from curate.dedup.corpus import Spread
from curate.dedup.options import Dedup
from curate.embeddings.base import Embedding
from curate.engines.base import Engine
from curate.filters.base import Filter
from curate.filters.diversity import Diversity
from curate.moderation.base import Moderation
from curate.progress import Progress
from curate.schema import live


def by_bounds(rows: pl.DataFrame, measures: Iterable[Filter | Moderation]) -> pl.DataFrame:
    """Rows, those dropped that miss a bound of a measure; `rows` have its column.

    A null misses none.
    """
    return _dropped(rows, [miss for measure in measures for miss in _misses(measure)])


def duplicates(
    rows: pl.DataFrame, options: Dedup, means: Means, progress: Progress
) -> pl.DataFrame:
    """Rows, those dropped that are copies: of a row that stays live, or of earlier data."""
    stay = Spread.of(live(rows), means.engine)
    named = copies(stay, options, means, progress).select("id", "reason")
    joined = rows.join(named, on="id", how="left", maintain_order="left")
    return _dropped(joined, [pl.col("reason")]).drop("reason")


def by_choice(
    rows: pl.DataFrame,
    measure: Diversity,
    embedding: Embedding,
    engine: Engine,
    progress: Progress,
    cache: Path | None,
) -> pl.DataFrame:
    """Rows with the columns of a measure that compares live rows, those dropped that miss a bound
    or were not chosen.
    """
    left = live(rows)
    chosen = measure.among(left, embedding, engine, progress, cache)
    beside = left.select("id").hstack(chosen)
    rows = rows.join(beside, on="id", how="left", maintain_order="left")
    rank = pl.col("diversity_rank")
    reasons = _misses(measure)
    if measure.target is not None:
        late = (rank.is_null() & pl.col("diversity").is_not_null()) | (rank > measure.target)
        place = rank.cast(pl.Int64).cast(pl.String).fill_null("last")
        reason = pl.format(f"diversity_rank {{}} > target {measure.target}", place)
        reasons.append(pl.when(late).then(reason).otherwise(None))
    return _dropped(rows, reasons)


def _misses(measure: Filter | Moderation) -> list[pl.Expr]:
    """Of each bound the reason that a row misses it, or null."""
    value = pl.col(measure.name)
    text = value.round(4).cast(pl.String)
    found: list[pl.Expr] = []
    least = getattr(measure, "min", None)
    for sign, word, bound in (("<", "min", least), (">", "max", measure.max)):
        if bound is not None:
            missed = value < bound if sign == "<" else value > bound
            reason = pl.format(f"{measure.name} {{}} {sign} {word} {bound:g}", text)
            found.append(pl.when(missed).then(reason).otherwise(None))
    return found


def _dropped(rows: pl.DataFrame, reasons: list[pl.Expr]) -> pl.DataFrame:
    """Rows with the first of their reasons, where nothing had dropped them before."""
    return rows.with_columns(dropped=pl.coalesce("dropped", *reasons))
