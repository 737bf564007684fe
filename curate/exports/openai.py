"""OpenAI's supervised fine-tuning: https://platform.openai.com/docs/guides/supervised-fine-tuning."""

from __future__ import annotations

from typing import ClassVar

import polars as pl

from curate.errors import InputError
from curate.exports.messages import Messages
from curate.tokens import count_tokens

FEWEST = 10
"""Examples that a training file must have."""

LONGEST = 65_536
"""Tokens of an example that are trained on, with the models that take most."""

_FRAME = 3  # tokens that each message costs besides its text


class OpenAI(Messages, name="openai"):
    """`messages` as JSON Lines, checked by the rules of OpenAI's fine-tuning."""

    suffixes: ClassVar[tuple[str, ...]] = (".jsonl",)

    def check(self, rows: pl.LazyFrame, system: str) -> list[str]:
        """Warns of examples that would be cut. Raises InputError for too few, or an empty turn."""
        blank = [pl.col(name).str.strip_chars() == "" for name in ("instruction", "output")]
        found = rows.select(
            count=pl.len(),
            bare=pl.col("id").filter(pl.any_horizontal(blank)).first(),
        ).collect()
        count, bare = found.row(0)
        if bare is not None:
            raise InputError(
                f"row {bare} has an empty instruction or output, which OpenAI refuses; drop such "
                "rows with the filter length: {min: 1}"
            )
        if count < FEWEST:
            raise InputError(
                f"OpenAI's fine-tuning takes {FEWEST} examples or more, and there are {count}; "
                "take more with --split all, or generate more rows"
            )
        long = _long(rows, system)
        if not long:
            return []
        return [
            f"{len(long)} examples are longer than {LONGEST} tokens by an estimate, and would be "
            f"cut: {', '.join(long[:3])}"
        ]


def _long(rows: pl.LazyFrame, system: str) -> list[str]:
    """The ids of rows that are too long. A token is a byte at least, so few must be looked into."""
    texts = ("instruction", "input", "output")
    size = pl.sum_horizontal(pl.col(name).str.len_bytes() for name in texts)
    room = LONGEST - count_tokens(system) - 3 * _FRAME
    few = rows.filter(size > room).collect()
    return [
        row["id"]
        for row in few.iter_rows(named=True)
        if sum(count_tokens(row[name]) for name in texts) > room
    ]
