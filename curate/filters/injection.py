"""Whether a row's passage talks to the model that reads it, as in a prompt injection."""

from __future__ import annotations

from typing import Annotated

import polars as pl
from pydantic import Field

from curate.filters.base import Filter, numbers, texts
from curate.injection import instructs
from curate.options import options


@options
class Injection(Filter, name="injection"):
    """1 where a row or its passage gives orders to a model ("ignore all previous instructions")."""

    max: Annotated[float | None, Field(allow_inf_nan=False)] = 0.5
    """Highest value that is kept; null to keep all."""

    def measure(self, rows: pl.DataFrame) -> pl.DataFrame:
        """1 where passage, instruction, input or output hold such an order, else 0."""
        columns = [texts(rows, name) for name in ("passage", "instruction", "input", "output")]
        found = [any(map(instructs, row)) for row in zip(*columns, strict=True)]
        return numbers(injection=[float(one) for one in found])
