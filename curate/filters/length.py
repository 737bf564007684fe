"""How long an answer is, in words."""

from __future__ import annotations

from typing import Annotated

import polars as pl
from pydantic import Field

from curate.filters.base import Filter, numbers
from curate.filters.reading.part import by_part
from curate.options import options


@options
class Length(Filter, name="length"):
    """Words in `output`. In scripts written without spaces each character counts as a word."""

    min: Annotated[float | None, Field(allow_inf_nan=False)] = 3
    """Fewest words that are kept; null for no lower bound."""

    max: Annotated[float | None, Field(allow_inf_nan=False)] = 400
    """Most words that are kept; null for no upper bound."""

    def measure(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The number of words, 0 where there is none."""
        return by_part(rows, lambda part: numbers(length=part.said.counts))
