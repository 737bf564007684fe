"""Messages: what TRL, Axolotl and chat templates read."""

from __future__ import annotations

from typing import ClassVar

import polars as pl

from curate.exports.base import Export, conversation


class Messages(Export, name="messages"):
    """`{"messages": [{"role", "content"}, …]}`, as chat templates have it."""

    takes_system: ClassVar[bool] = True

    def shaped(self, rows: pl.DataFrame, system: str) -> pl.DataFrame:
        """One column of two turns, or three."""
        return rows.select(messages=conversation(system))
