"""How far a row is from those chosen before it, and which rows to choose for a budget.

One order decides: that in which rows are best chosen so that few stand for all (`variety.choice`),
the better ones first where two would do. `min` drops what is near a row before it, `target` what
comes after that many. Both only cut the order, so bounds move without measuring again.

Compared are instruction and output together.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar

import numpy as np
import polars as pl
from pydantic import Field

from curate.embeddings.base import Embedding
from curate.embeddings.parts import embedded_here
from curate.engines.base import Engine
from curate.filters.base import Filter, numbers, texts
from curate.filters.variety.choice import order
from curate.options import options
from curate.progress import Progress

_LEAST = 0.01  # what a row of quality 0 counts as: it comes late, and still has its place
_DIGITS = 6  # decimals of a distance, so that rounding does not show


@options
class Diversity(Filter, name="diversity"):
    """Distance to the nearest row chosen before: 0 for the same text, 1 for other words only."""

    min: Annotated[float | None, Field(ge=0, le=1)] = None
    """Lowest distance that is kept; null for no lower bound."""

    max: Annotated[float | None, Field(ge=0, le=1)] = None
    """Highest distance that is kept; null for no upper bound."""

    target: Annotated[int | None, Field(ge=1)] = None
    """How many rows to keep, those chosen first; null for all."""

    weight: Annotated[float, Field(ge=0, le=8)] = 0.5
    """How much `quality` counts in the order: what a row adds is multiplied by quality to this
    power. 0 is for coverage alone."""

    whole: ClassVar[bool] = True
    """It compares rows, so it is asked once, for all of them."""

    def measure(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Nulls: one row has no distance."""
        return numbers(diversity=[None] * rows.height, diversity_rank=[None] * rows.height)

    def among(
        self,
        rows: pl.DataFrame,
        embedding: Embedding,
        engine: Engine,
        progress: Progress,
        cache: Path | None = None,
    ) -> pl.DataFrame:
        """Of each row its `diversity` and its `diversity_rank`, its place in the order from 1.

        The same for any order of the rows and any engine, which makes the vectors; the choice is
        made here. A row without a `quality` counts as one of mean quality, and all count alike
        where there is no such column.
        """
        if rows.is_empty():
            return self.measure(rows)
        sorted_ = _in_one_order(rows)
        vectors = embedded_here(embedding, compared(sorted_), engine, progress, cache)
        weights = sorted_["_quality"].to_numpy() ** self.weight
        found = order(vectors, weights)
        rank = np.empty(rows.height)
        rank[found.chosen] = np.arange(1, rows.height + 1)
        measured = sorted_.select("_at").with_columns(
            diversity=pl.Series(found.distance.astype(np.float64)).round(_DIGITS),
            diversity_rank=pl.Series(rank, dtype=pl.Float64),
        )
        return measured.sort("_at").drop("_at")


def compared(rows: pl.DataFrame) -> list[str]:
    """The text of each row that is compared: instruction and output."""
    asked, said = texts(rows, "instruction"), texts(rows, "output")
    return [f"{one}\n{other}".strip() for one, other in zip(asked, said, strict=True)]


def _in_one_order(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows, best first, then by id and texts; with `_quality`, and `_at`, their old place."""
    quality = rows["quality"] if "quality" in rows.columns else pl.Series([1.0] * rows.height)
    known = quality.cast(pl.Float64).fill_nan(None)
    mean = known.mean() if known.null_count() < len(known) else 1.0
    fields = ("id", "instruction", "output")
    return (
        pl.DataFrame({field: texts(rows, field) for field in fields})
        .with_columns(_quality=known.fill_null(mean).clip(_LEAST, 1.0))
        .with_row_index("_at")
        .sort(["_quality", *fields], descending=[True, False, False, False], maintain_order=True)
    )
