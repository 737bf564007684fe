"""Whether a row's passage talks to the model that reads it, as in a prompt injection."""

from __future__ import annotations

from typing import Annotated

import polars as pl
from pydantic import Field

from curate.filters.base import Filter, texts
from curate.filters.reading.patterns import loose
from curate.injection import WORDINGS, instructs
from curate.options import options

_ODD = (  # a character that may hide, or stand for another
    r"[^\x00-\x7f\u00a1-\u00a7\u00a9\u00ab\u00ac\u00ae\u00b0\u00b1\u00b6\u00b7\u00bb\u00bf-\u017e"
    r"\u2010-\u2015\u2018-\u201e\u2020-\u2022\u2026\u2190-\u2199\u0400-\u04ff\u3040-\u30ff\u4e00-\u9fff]"
)
_MAY = "|".join([_ODD, *(f"(?im:{loose(wording)})" for _, wording in WORDINGS)])
"""What every text has in which `instructs` finds something: Polars looks for it much faster."""


@options
class Injection(Filter, name="injection"):
    """1 where a row or its passage gives orders to a model ("ignore all previous instructions")."""

    max: Annotated[float | None, Field(allow_inf_nan=False)] = 0.5
    """Highest value that is kept; null to keep all."""

    def measure(self, rows: pl.DataFrame) -> pl.DataFrame:
        """1 where passage, instruction, input or output hold such an order, else 0."""
        columns = ("passage", "instruction", "input", "output")
        found = [_instructs(pl.Series(texts(rows, name), dtype=pl.String)) for name in columns]
        return pl.DataFrame(found).select(injection=pl.any_horizontal(pl.all()).cast(pl.Float64))


def _instructs(column: pl.Series) -> pl.Series:
    """Which texts hold an order to a model: those that may are looked at, each once."""
    once = column.unique()
    found = [text for text in once.filter(once.str.contains(_MAY)) if instructs(text)]
    return column.is_in(found)
