"""`langdetect`'s verdict for many texts at once: the same draws, so the same number.

For each of seven trials `langdetect` (Nakatani Shuyo, Language Detection Library for Java, 2010)
draws n-grams g of the text by chance until one language is all but certain, and takes the mean:

    p(l) ← p(l) · (share(g, l) + α / 10,000),  α ~ N(0.5, 0.05)  until  max p > 0.99999

Its chance is Python's generator (the Mersenne Twister) with a seed that is set anew for each text.
So every text meets the same words of 32 bits, and all texts can take their draws side by side. Who
is not certain when these words are used up is left to `langdetect` itself.
"""

from __future__ import annotations

import random
from functools import cache
from itertools import pairwise
from math import cos, log, pi, sin, sqrt

import numpy as np

from curate.filters.languages.grams import Grams
from curate.filters.languages.profiles import Floats, Ints, Marks

SEED = 0
TRIALS = 7
CERTAIN = 0.99999
LIMIT = 1000
"""A trial's draws, when it never gets certain."""

WORDS = (1000, 4000, 16_000)
"""Words that a text may use: these do for nine in ten texts of 60 letters, for 99.5 %, for all."""

AT_ONCE = 4096
STEP = 5
"""Draws between two looks at how certain it is; the first look is after one."""

LEAST = 1e-200
"""Less is not told from this: smaller numbers are slow."""


@cache
def _chance() -> tuple[Ints, Floats]:
    """The first words, and the two normal numbers that begin at each, by `random.gauss`."""
    chance = random.Random(SEED)  # noqa: S311
    words = [chance.getrandbits(32) for _ in range(WORDS[-1] + 4)]
    unit = [((a >> 5) * 2**26 + (b >> 6)) / 2**53 for a, b in pairwise(words)]
    normal = [
        [wave(unit[at] * 2 * pi) * sqrt(-2 * log(1 - unit[at + 2])) for wave in (cos, sin)]
        for at in range(WORDS[-1])
    ]
    return np.array(words[: WORDS[-1]]), np.array(normal)


def drawn(grams: Grams, shares: Floats, which: Marks) -> Floats:
    """Text × language of the texts `which`, 0 for others; NaN where the words did not do."""
    starts = grams.starts
    found = np.zeros((len(starts), shares.shape[1]))
    left = np.flatnonzero((grams.counts > 0) & which)
    for words in WORDS:
        at_once = AT_ONCE * WORDS[0] // words
        for at in range(0, len(left), at_once):
            some = left[at : at + at_once]
            draws = _Draws(grams.numbers, starts[some], grams.counts[some], shares, words)
            found[some] = draws.all()
        left = left[np.isnan(found[left, 0])]
    return found


class _Draws:
    """Texts that draw side by side. Python draws below n from the top bits, until one is below."""

    def __init__(
        self, numbers: Ints, starts: Ints, counts: Ints, shares: Floats, words: int
    ) -> None:
        self.numbers, self.starts, self.shares = numbers, starts, shares
        self.words, self.normal = (each[:words] for each in _chance())
        self.shift = 32 - np.frexp(counts.astype(float))[1].astype(np.int64)
        fits = (self.words >> self.shift[:, None]) < counts[:, None]
        self.rank = np.zeros((len(counts), words + 1), np.int16)
        np.cumsum(fits, axis=1, out=self.rank[:, 1:])
        self.total = self.rank[:, -1].astype(np.int64)
        self.first = np.cumsum(self.total) - self.total
        self.word: Ints = np.nonzero(fits)[1]
        self.found = np.zeros((len(counts), shares.shape[1]))
        self.factors = np.empty_like(self.found)

    def all(self) -> Floats:
        position = np.zeros(len(self.starts), np.int64)
        last = len(self.words)
        for trial in range(TRIALS):
            if trial % 2 == 0:  # normal numbers come in pairs, of four words
                self.found[position + 4 > last] = np.nan
                pair = self.normal[np.minimum(position, last - 4)]
                position = np.minimum(position + 4, last)
            weight = (0.5 + pair[:, trial % 2] * 0.05) / 10_000
            position = self.trial(position, weight)
        return self.found

    def trial(self, position: Ints, weight: Floats) -> Ints:
        """One trial of all texts; where in the words each text is then."""
        going = np.flatnonzero(~np.isnan(self.found[:, 0]))
        reached = self.rank[np.arange(len(position)), position].astype(np.int64)
        chances = np.full((len(going), self.shares.shape[1]), 1 / self.shares.shape[1])
        step, draws = 1, 0
        while going.size:
            enough = reached[going] + step <= self.total[going]
            if not enough.all():
                self.found[going[~enough]] = np.nan
                going, chances = going[enough], chances[enough]
            self.draw(going, reached[going], weight[going, None], step, chances)
            reached[going] += step
            draws += step
            done = (chances.max(axis=1) > CERTAIN) | (draws > LIMIT)
            if done.any():
                self.found[going[done]] += chances[done] / TRIALS
                going, chances = going[~done], chances[~done]
            step = STEP
        after: Ints = self.word[np.maximum(self.first + reached - 1, 0)] + 1
        return after

    def draw(self, going: Ints, reached: Ints, weight: Floats, step: int, chances: Floats) -> None:
        """`step` more n-grams of each text that is going, told to its `chances`."""
        at = (self.first[going] + reached)[:, None] + np.arange(step)
        chosen = self.words[self.word[at]] >> self.shift[going, None]
        number = self.numbers[self.starts[going, None] + chosen]
        factors = self.factors[: len(going)]
        for each in range(step):
            np.take(self.shares, number[:, each], axis=0, out=factors, mode="clip")
            np.add(factors, weight, out=factors)
            chances *= factors
        chances /= chances.sum(axis=1, keepdims=True)
        np.maximum(chances, LEAST, out=chances)
