"""How much of an answer repeats what it has already said.

After the duplicated n-gram rule of Gopher (Rae et al. 2021, arXiv:2112.11446, table A1), which
drops a document when more than 0.10 to 0.15 of its characters lie in repeated 10- to 5-grams; and
loops of a few words, which an answer is often too short to show as n-grams.
"""

from __future__ import annotations

from collections import Counter
from operator import eq
from typing import Annotated

import numpy as np
import numpy.typing as npt
import polars as pl
from pydantic import Field

from curate.filters.base import Filter, numbers
from curate.filters.reading.part import by_part
from curate.filters.reading.texts import Sentence, Texts
from curate.options import options
from curate.runs import Floats, Ints, offsets, owners, ragged

LONG_RUN = 10
"""Words in a run that counts the second time it is said: the longest of Gopher's n-grams."""

SHORT_RUN = 5
"""Words in a run that counts the third time, the shortest of them: saying "is a list of items that"
twice is how two things are compared."""

_LONG = 40  # letters in one "word" from which on it may be a loop without spaces
_PERIOD = 16  # words in a loop that counts from its third round on

_BITS = 43  # of a key, for a hash; a text's number is above
_FACTORS = np.multiply.accumulate(np.full(LONG_RUN, 0x9E3779B97F4A7C15, np.uint64))


@options
class Repetition(Filter, name="repetition"):
    """Share of the output's letters that repeat an earlier run of it: 0 none, towards 1 a loop."""

    max: Annotated[float | None, Field(allow_inf_nan=False)] = 0.2
    """Largest share that is kept; null for no upper bound."""

    def measure(self, rows: pl.DataFrame) -> pl.DataFrame:
        """0 to 1; an empty output repeats nothing."""
        return by_part(rows, lambda part: numbers(repetition=repetition(part.said)))


def repetition(texts: Texts) -> Floats:
    """(texts) Share of the letters that stand in a run said before, or go round in a loop."""
    found = np.zeros(len(texts.texts))
    for at in _may_repeat(texts).tolist():
        found[at] = _repeated([_pieces(sentence) for sentence in texts[at].sentences])
    return found


def _may_repeat(texts: Texts) -> Ints:
    """The texts in which something is said again, or goes round; hardly any others.

    Where the pieces are not the words, the text is taken, too.
    """
    words, vocabulary = texts.words, texts.vocabulary
    begin, counts = words.offsets.take(texts.sentence), words.counts.take(texts.sentence)
    of = owners(np.diff(texts.sentences))
    owner = np.repeat(of, counts)
    pieces = words.numbers.take(ragged(begin, counts))
    found = np.zeros(len(texts.texts), np.bool_)
    found[of[counts == 0]] = True
    found[owner[vocabulary.sizes.take(pieces) > _LONG]] = True
    for size, allowed in ((LONG_RUN, 1), (SHORT_RUN, 2)):
        first = np.flatnonzero(owner[size - 1 :] == owner[: max(0, len(owner) - size + 1)])
        found[_again(owner.take(first), _hashes(pieces, first, size), allowed)] = True
    some = (counts > 1) & (counts < LONG_RUN)
    starts = offsets(counts)[:-1][some]
    found[_again(of[some], _hashes(pieces, starts, counts[some]), 1)] = True
    for period in range(1, _PERIOD + 1):
        same = pieces[period:] == pieces[:-period]
        same &= owner[period:] == owner[:-period]
        run = offsets(same)
        round_ = run[2 * period :] - run[: -2 * period] == 2 * period
        found[owner[np.flatnonzero(round_)]] = True
    return np.flatnonzero(found)


def _hashes(pieces: Ints, first: Ints, sizes: Ints | int) -> npt.NDArray[np.uint64]:
    """A hash of each run of at most LONG_RUN pieces."""
    found = np.zeros(len(first), np.uint64)
    for at in range(LONG_RUN):
        piece = pieces.take(first + at, mode="clip")
        found += np.where(at < sizes, piece, -1).view(np.uint64) * _FACTORS[at]
    return found


def _again(texts: Ints, hashes: npt.NDArray[np.uint64], allowed: int) -> Ints:
    """The texts that have the same hash more often than is `allowed`."""
    keys = np.sort(texts << _BITS | (hashes >> np.uint64(64 - _BITS)).view(np.int64))
    again: Ints = keys[allowed:][keys[allowed:] == keys[: len(keys) - allowed]] >> _BITS
    return again


def _repeated(runs: list[list[str]]) -> float:
    """Share of the letters that repeat, of a text whose sentences have these pieces."""
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


def _pieces(text: Sentence) -> list[str]:
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
