"""Lamini: https://docs.lamini.ai, `Lamini.tune` and `Lamini.train`."""

from __future__ import annotations

import polars as pl

from curate.exports.base import Export
from curate.tables.turn import joined


class Lamini(Export, name="lamini"):
    """`{"input", "output"}`, where `input` is the instruction with its input."""

    def shaped(self, rows: pl.DataFrame, system: str) -> pl.DataFrame:
        """The two columns."""
        del system
        return rows.select(joined().alias("input"), "output")
