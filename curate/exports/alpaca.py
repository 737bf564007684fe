"""Alpaca: https://github.com/tatsu-lab/stanford_alpaca."""

from __future__ import annotations

import polars as pl

from curate.exports.base import Export


class Alpaca(Export, name="alpaca"):
    """`{"instruction", "input", "output"}`, as Stanford's Alpaca has it."""

    def shaped(self, rows: pl.DataFrame, system: str) -> pl.DataFrame:
        """The three columns."""
        del system
        return rows.select("instruction", "input", "output")
