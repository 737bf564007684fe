r"""What a filter is: a measure that adds a number to each row. The recipe sets the bound.

To add one, write one file in this folder:

    @options
    class Length(Filter, name="length"):
        def measure(self, rows: pl.DataFrame) -> pl.DataFrame:
            return numbers(length=[len(units(text)) for text in texts(rows, "output")])

`Measure` says what `measure` gives.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import polars as pl
from pydantic import Field

from curate.measure import Measure
from curate.options import options


@options
class Filter(Measure):
    """One measure of a row and the bounds it must keep."""

    min: Annotated[float | None, Field(allow_inf_nan=False)] = None
    """Lowest value that is kept; null for no lower bound."""

    max: Annotated[float | None, Field(allow_inf_nan=False)] = None
    """Highest value that is kept; null for no upper bound."""

    def __post_init__(self) -> None:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min:g} is above max {self.max:g}, so nothing could pass")


def texts(rows: pl.DataFrame, column: str) -> list[str]:
    """The values of a text column; `""` for a null, or where there is no such column."""
    if column not in rows.columns:
        return [""] * rows.height
    return rows[column].cast(pl.String).fill_null("").to_list()


def passages(rows: pl.DataFrame) -> list[str | None]:
    """The passage each row was made from; None where it is not known."""
    if "passage" not in rows.columns:
        return [None] * rows.height
    return rows["passage"].cast(pl.String).to_list()


def numbers(**columns: Iterable[float | None] | npt.NDArray[Any]) -> pl.DataFrame:
    """What `measure` returns: Float64 columns by name. NaN of an array is null."""
    found = {}
    for name, values in columns.items():
        if isinstance(values, np.ndarray):
            found[name] = pl.Series(values.astype(np.float64), nan_to_null=True)
        else:
            found[name] = pl.Series(list(values), dtype=pl.Float64)
    return pl.DataFrame(found)
