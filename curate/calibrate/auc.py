"""How well a number tells two groups apart: the area under the ROC curve, its standard error."""

from __future__ import annotations

import math

import polars as pl


def auc(high: pl.Series, low: pl.Series) -> float | None:
    """The chance that one of `high` is above one of `low`, ties half (Mann & Whitney 1947).

    Nulls are left out; None where nothing is left on a side. 0.5 says nothing, 1 all.
    """
    high, low = high.drop_nulls().cast(pl.Float64), low.drop_nulls().cast(pl.Float64)
    if not len(high) or not len(low):
        return None
    ranks = pl.concat([high.alias("value"), low.alias("value")]).rank("average")
    above = float(ranks[: len(high)].sum()) - len(high) * (len(high) + 1) / 2
    return min(1.0, max(0.0, above / (len(high) * len(low))))


def standard_error(area: float, high: int, low: int) -> float:
    """That of an `area` from so many numbers on either side, taken as independent draws.

    [Hanley & McNeil 1982](https://doi.org/10.1148/radiology.143.1.7063747), equation 1. It is 0 for
    an area of 0 or 1, which then says less than it seems: with few numbers, no error was seen yet.
    """
    both_low = area / (2 - area)
    both_high = 2 * area**2 / (1 + area)
    spread = (
        area * (1 - area) + (high - 1) * (both_low - area**2) + (low - 1) * (both_high - area**2)
    )
    return math.sqrt(max(0.0, spread) / (high * low))
