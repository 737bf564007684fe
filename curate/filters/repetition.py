"""How much of an answer repeats what it has already said.

After the duplicated n-gram rule of Gopher (Rae et al. 2021, arXiv:2112.11446, table A1), which
drops a document when more than 0.10 to 0.15 of its characters lie in repeated 10- to 5-grams; and
loops of a few words, which an answer is often too short to show as n-grams.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from operator import eq
from typing import Annotated

import polars as pl
from pydantic import Field

from curate.filters.base import Filter, numbers, texts
from curate.filters.reading.texts import KEPT, Reading, reading
from curate.options import options

LONG_RUN = 10
"""Words in a run that counts the second time it is said: the longest of Gopher's n-grams."""

SHORT_RUN = 5
"""Words in a run that counts the third time, the shortest of them: saying "is a list of items that"
twice is how two things are compared."""

_LONG = 40  # letters in one "word" from which on it may be a loop without spaces
_PERIOD = 16  # words in a loop that counts from its third round on


@options
class Repetition(Filter, name="repetition"):
    """Share of the output's letters that repeat an earlier run of it: 0 none, towards 1 a loop."""

    max: Annotated[float | None, Field(allow_inf_nan=False)] = 0.2
    """Largest share that is kept; null for no upper bound."""

    def measure(self, rows: pl.DataFrame) -> pl.DataFrame:
        """0 to 1; an empty output repeats nothing."""
        return numbers(repetition=[repeated(output) for output in texts(rows, "output")])


@lru_cache(maxsize=KEPT)
def repeated(text: str) -> float:
    """Share of the letters of `text` that stand in a run said before, or go round in a loop."""
    runs = [_pieces(sentence) for sentence in reading(text).sentences]
    pieces = [piece for run in runs for piece in run]
    periods = _periods(pieces)
    if not periods and (len(runs) < 2 or len(set(map(tuple, runs))) == len(runs)):
        return 0.0
    again = _sentences_again(runs)
    singles = sum(len(piece) == 1 for piece in pieces)
    factor = 2 if 2 * singles > len(pieces) else 1
    _mark_runs(pieces, LONG_RUN * factor, 1, again)
    _mark_runs(pieces, SHORT_RUN * factor, 2, again)
    for period in sorted(periods.intersection(range(1, _PERIOD + 1))):
        _mark_loops(pieces, period, again)
    letters = sum(map(len, pieces))
    return sum(len(piece) for piece, mark in zip(pieces, again, strict=True) if mark) / letters


def _pieces(text: Reading) -> list[str]:
    """The units of a text; the characters of one that is too long for a word, or where none is."""
    found = text.units or list("".join(text.text.split()))
    if len(max(found, key=len, default="")) <= _LONG:
        return found
    return [part for unit in found for part in (unit if len(unit) > _LONG else (unit,))]


def _periods(pieces: list[str]) -> set[int]:
    """How far apart the same three pieces stand, where they come again.

    Where they never do, nothing is said again but a sentence of two words; and what goes round in a
    loop has them again after each round.
    """
    threes = list(zip(pieces, pieces[1:], pieces[2:], strict=False))
    if len(set(threes)) == len(threes):
        if not any(map(eq, pieces, pieces[1:])):
            return set()
        return {1} if any(one == two == three for one, two, three in threes) else set()
    found = {1}
    for period in range(2, _PERIOD + 1):
        if any(map(eq, threes, threes[period:])):
            found.add(period)
    return found


def _sentences_again(runs: list[list[str]]) -> list[bool]:
    """For each piece, whether its whole sentence was said before."""
    seen: set[tuple[str, ...]] = set()
    again: list[bool] = []
    for run in runs:
        again += [tuple(run) in seen and len(run) > 1] * len(run)
        seen.add(tuple(run))
    return again


def _mark_runs(pieces: list[str], size: int, allowed: int, again: list[bool]) -> None:
    """Mark every n-gram that has been there `allowed` times before."""
    grams = list(zip(*(pieces[start:] for start in range(size)), strict=False))
    if len(set(grams)) == len(grams):
        return
    seen: Counter[tuple[str, ...]] = Counter()
    for start, gram in enumerate(grams):
        if seen[gram] >= allowed:
            again[start : start + size] = [True] * size
        seen[gram] += 1


def _mark_loops(pieces: list[str], period: int, again: list[bool]) -> None:
    """Mark what follows the first round where the same `period` pieces come three times or more."""
    run = 0
    for index in range(period, len(pieces)):
        run = run + 1 if pieces[index] == pieces[index - period] else 0
        if run == 2 * period:
            again[index - run + 1 : index + 1] = [True] * run
        elif run > 2 * period:
            again[index] = True
