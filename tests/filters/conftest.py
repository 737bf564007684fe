"""One row, and one filter's numbers for it."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest

from curate.filters.base import Filter
from curate.schema import PAIR

Measure = Callable[..., dict[str, float | None]]


def one_row(**fields: object) -> pl.DataFrame:
    """A live row with these fields; `passage` is null unless it is given."""
    text = {name: "" for name, kind in PAIR.items() if kind == pl.String}
    row = {**text, "start": 0, "end": 100, "kind": "answer", "dropped": None, "passage": None}
    schema = {**PAIR, "passage": pl.String}
    return pl.DataFrame([row | fields], schema=schema)


@pytest.fixture
def measure() -> Measure:
    """`measure(filter, output="…")` gives the filter's columns for that one row."""

    def run(which: Filter, **fields: object) -> dict[str, float | None]:
        return which.measure(one_row(**fields)).row(0, named=True)

    return run
