"""`langdetect`'s verdict for many texts at once: the same draws, so the same number.

For each of seven trials `langdetect` (Nakatani Shuyo, Language Detection Library for Java, 2010)
draws n-grams g of the text by chance until one language is all but certain, and takes the mean:

    p(l) ← p(l) · (share(g, l) + α / 10,000),  α ~ N(0.5, 0.05)  until  max p > 0.99999

Its chance is Python's generator (the Mersenne Twister), which `chance.py` reads for all texts at
once, so that they can take their draws side by side. Who is not certain when the words of `chance`
are used up is left to `langdetect` itself.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from curate.filters.languages.chance import PAIR, WORDS, Chance
from curate.filters.languages.grams import Grams
from curate.filters.languages.profiles import Floats, Ints, Marks

TRIALS = 7
CERTAIN = 0.99999
LIMIT = 1000
"""A trial's draws, when it never gets certain."""

AT_ONCE = 4096
SIDE_BY_SIDE = 1024
"""Texts that draw at the same time: a look costs some 0.2 ms, however few texts take part."""

STEP = 5
"""Draws between two looks at how certain it is; the first look is after one."""

LEAST = 1e-200
"""Less is not told from this: smaller numbers are slow."""


def drawn(grams: Grams, shares: Floats, which: Marks) -> Floats:
    """Text × language of the texts `which`, 0 for others; NaN where the words did not do."""
    found = np.zeros((len(grams.starts), shares.shape[1]))
    left = np.flatnonzero((grams.counts > 0) & which)
    grams, shares = _compact(grams, shares)
    for words in WORDS:
        at_once = AT_ONCE * WORDS[0] // words
        for at in range(0, len(left), at_once):
            some = left[at : at + at_once]
            found[some] = _Draws(grams, some, shares, words).all()
        left = left[np.isnan(found[left, 0])]
    return found


def _compact(grams: Grams, shares: Floats) -> tuple[Grams, Floats]:
    """The n-grams with new numbers, and the shares of those only: a table that caches can hold."""
    there = np.zeros(len(shares), bool)
    there[grams.numbers] = True
    numbers = (np.cumsum(there) - 1).take(grams.numbers)
    return replace(grams, numbers=numbers), shares[there]


class _Draws:
    """Texts that draw side by side; as one comes to its end, another begins."""

    def __init__(self, grams: Grams, texts: Ints, shares: Floats, words: int) -> None:
        self.numbers, self.starts, self.shares = grams.numbers, grams.starts[texts], shares
        self.chance = Chance(grams.counts[texts], words)
        self.found = np.zeros((len(texts), shares.shape[1]))
        self.trial, self.position, self.next, self.draws = np.zeros((4, len(texts)), np.int64)
        """Of each text: trial, where in the words it begins, next draw, draws of the trial."""
        self.normal = np.zeros((len(texts), 2))
        self.factors = np.empty((SIDE_BY_SIDE, shares.shape[1]))

    def all(self) -> Floats:
        """Text × language; NaN where the words did not do."""
        waiting = SIDE_BY_SIDE
        going = np.arange(len(self.starts))[:waiting]
        chances, weights = np.empty((2, len(going), self.shares.shape[1]))
        new = np.ones(len(going), bool)
        while going.size:
            self.look(going, chances, weights, new)
            new = _certain(chances) | (self.draws[going] > LIMIT)
            new |= np.isnan(self.found[going, 0])
            if new.any():
                ended = self.end(going, chances, new)
                others = np.arange(len(self.starts))[waiting : waiting + ended.size]
                waiting += others.size
                going[ended[: others.size]] = others
                if others.size < ended.size:
                    stays = np.ones(len(going), bool)
                    stays[ended[others.size :]] = False
                    going, new = going[stays], new[stays]
                    chances, weights = chances[stays], weights[stays]
        return self.found

    def look(self, going: Ints, chances: Floats, weights: Floats, new: Marks) -> None:
        """Draws up to the next look at how certain it is; the first too for trials that are new.

        `chances` and `weights`, α / 10,000, are those of the texts that are `going`.
        """
        certain = np.zeros(0, np.int64)
        first = np.flatnonzero(new)
        if first.size:
            weights[first] = self.begin(going[first])[:, None]
            some = np.full((first.size, chances.shape[1]), 1 / chances.shape[1])
            self.draw(going[first], 1, some, weights[first])
            chances[first] = some
            certain = first[_certain(some)]
        if certain.size:
            rest = np.delete(np.arange(len(going)), certain)
            some = chances[rest]
            self.draw(going[rest], STEP, some, weights[rest])
            chances[rest] = some
        else:
            self.draw(going, STEP, chances, weights)

    def begin(self, texts: Ints) -> Floats:
        """A trial of each text: its α / 10,000. Normal numbers come in pairs, for two trials."""
        even = self.trial[texts] % 2 == 0
        some = texts[even]
        self.normal[some], enough = self.chance.normals(self.position[some])
        self.found[some[~enough]] = np.nan
        self.position[some] += PAIR
        self.next[texts] = self.chance.begin(texts, self.position[texts])
        self.draws[texts] = 0
        weight: Floats = (0.5 + self.normal[texts, self.trial[texts] % 2] * 0.05) / 10_000
        return weight

    def end(self, going: Ints, chances: Floats, done: Marks) -> Ints:
        """The end of the trials that are `done`; who is through with all of them."""
        texts = going[done]
        self.found[texts] += chances[done] / TRIALS
        self.trial[texts] += 1
        self.position[texts] = self.chance.position(texts, self.next[texts])
        through = (self.trial[going] == TRIALS) | np.isnan(self.found[going, 0])
        return np.flatnonzero(through)

    def draw(self, texts: Ints, count: int, chances: Floats, weights: Floats) -> None:
        """`count` more n-grams of each text, told to its `chances`."""
        chosen, enough = self.chance.draws(texts, self.next[texts], count)
        self.found[texts[~enough]] = np.nan
        self.next[texts] += count
        self.draws[texts] += count
        number = self.numbers[self.starts[texts, None] + chosen]
        factors = self.factors[: len(texts)]
        for each in range(count):
            np.take(self.shares, number[:, each], axis=0, out=factors, mode="clip")
            np.add(factors, weights, out=factors)
            chances *= factors
        chances /= np.einsum("ij->i", chances)[:, None]  # faster than sum
        np.maximum(chances, LEAST, out=chances)


def _certain(chances: Floats) -> Marks:
    most = chances.argmax(axis=1)  # with take much faster than max
    found: Marks = chances.ravel().take(most + np.arange(len(most)) * chances.shape[1]) > CERTAIN
    return found
