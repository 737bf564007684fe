"""ShareGPT: what FastChat's Vicuna was trained on, and LLaMA-Factory and Unsloth read."""

from __future__ import annotations

from typing import ClassVar

import polars as pl

from curate.exports.base import Export, conversation


class ShareGpt(Export, name="sharegpt"):
    """`{"conversations": [{"from", "value"}, …]}`, where `human` asks and `gpt` answers."""

    takes_system: ClassVar[bool] = True

    def shaped(self, rows: pl.DataFrame, system: str) -> pl.DataFrame:
        """One column of two turns, or three."""
        turns = conversation(system, ("system", "human", "gpt"), ("from", "value"))
        return rows.select(conversations=turns)
