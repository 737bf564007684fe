"""Patterns looked for in all texts of a column at once, by Polars (`regex` crate, linear time)."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from curate.runs import Ints


def loose(pattern: str) -> str:
    r"""`pattern` without `\b`: what it finds, and more.

    The crate's fast automaton cannot tell a `\b` in text that is not ASCII; without, such text is
    searched 10 to 30 times as fast.
    """
    return pattern.replace(r"\b", "")


def which(texts: Sequence[str] | pl.Series, pattern: str) -> Ints:
    """The texts, by number, in which the pattern is found."""
    column = texts if isinstance(texts, pl.Series) else pl.Series(texts, dtype=pl.String)
    found = column.str.contains(loose(pattern)).arg_true()
    if len(found) and loose(pattern) != pattern:
        found = found.filter(column.gather(found).str.contains(pattern))
    return found.cast(pl.Int64).to_numpy()
