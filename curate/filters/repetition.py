"""How much of an answer repeats what it has already said.

After the duplicated n-gram rule of Gopher (Rae et al. 2021, arXiv:2112.11446, table A1), which
drops a document when more than 0.10 to 0.15 of its characters lie in repeated 10- to 5-grams; and
loops of a few words, which an answer is often too short to show as n-grams.
"""

from __future__ import annotations

from typing import Annotated

import polars as pl
from pydantic import Field

from curate.filters.base import Filter, numbers, texts
from curate.options import options
from curate.text import units

NGRAM = 5
"""Words in a run that counts as said again; the shortest of Gopher's duplicated n-grams."""

_LETTERS_NGRAM = 10  # of single characters: about as much text as five words
_LONG = 40  # letters in one "word" from which on it may be a loop without spaces
_PERIOD = 4  # words in a loop that counts from its third round on


@options
class Repetition(Filter, name="repetition"):
    """Share of the output's letters that repeat an earlier run of it: 0 none, towards 1 a loop."""

    max: Annotated[float | None, Field(allow_inf_nan=False)] = 0.2
    """Largest share that is kept; null for no upper bound."""

    def measure(self, rows: pl.DataFrame) -> pl.DataFrame:
        """0 to 1; an empty output repeats nothing."""
        return numbers(repetition=[repeated(output) for output in texts(rows, "output")])


def repeated(text: str) -> float:
    """Share of the letters of `text` that stand in a run said before, or go round in a loop."""
    pieces = _pieces(text)
    if not pieces:
        return 0.0
    singles = sum(len(piece) == 1 for piece in pieces)
    size = _LETTERS_NGRAM if 2 * singles > len(pieces) else NGRAM
    again = _said_before(pieces, size)
    for period in range(1, _PERIOD + 1):
        _mark_loops(pieces, period, again)
    letters = sum(map(len, pieces))
    return sum(len(piece) for piece, mark in zip(pieces, again, strict=True) if mark) / letters


def _pieces(text: str) -> list[str]:
    """The units of `text`; the characters of one that is too long for a word, or where none is."""
    found = units(text) or list("".join(text.split()))
    return [part for unit in found for part in (unit if len(unit) > _LONG else (unit,))]


def _said_before(pieces: list[str], size: int) -> list[bool]:
    """For each piece, whether it is part of an n-gram that occurred before."""
    again = [False] * len(pieces)
    seen: set[tuple[str, ...]] = set()
    for start in range(len(pieces) - size + 1):
        gram = tuple(pieces[start : start + size])
        if gram in seen:
            again[start : start + size] = [True] * size
        seen.add(gram)
    return again


def _mark_loops(pieces: list[str], period: int, again: list[bool]) -> None:
    """Mark what follows the first round where the same `period` pieces come three times or more."""
    run = 0
    for index in range(period, len(pieces)):
        run = run + 1 if pieces[index] == pieces[index - period] else 0
        if run == 2 * period:
            again[index - run + 1 : index + 1] = [True] * run
        elif run > 2 * period:
            again[index] = True
