"""Python's chance for many texts at once: with one seed, all meet the same words of 32 bits.

What a word gives depends on how many n-grams a text has to draw from, so texts with equally many
share one list of draws.
"""

from __future__ import annotations

import random
from functools import cache
from itertools import pairwise
from math import cos, log, pi, sin, sqrt

import numpy as np
import numpy.typing as npt

from curate.filters.languages.profiles import Floats, Ints, Marks

SEED = 0
"""What `langdetect` is asked with, anew for each text."""

WORDS = (2000, 16_000)
"""Words that a text may use: these do for nine in ten texts of 60 letters, for 99.5 %, for all."""

PAIR = 4
"""Words that two normal numbers take."""


@cache
def _words() -> tuple[npt.NDArray[np.uint32], Floats]:
    """The first words, and the two normal numbers that begin at each, by `random.gauss`."""
    chance = random.Random(SEED)  # noqa: S311
    words = [chance.getrandbits(32) for _ in range(WORDS[-1] + PAIR)]
    unit = [((a >> 5) * 2**26 + (b >> 6)) / 2**53 for a, b in pairwise(words)]
    normal = [
        [wave(unit[at] * 2 * pi) * sqrt(-2 * log(1 - unit[at + 2])) for wave in (cos, sin)]
        for at in range(WORDS[-1])
    ]
    return np.array(words[: WORDS[-1]], np.uint32), np.array(normal)


class Chance:
    """The draws of texts below `counts`, from the first `words` words.

    Python draws below n from as many top bits as n has, and again until one is below.
    """

    def __init__(self, counts: Ints, words: int) -> None:
        self.words = words
        taken, normal = _words()
        taken, self.normal = taken[:words], normal[:words]
        below, self.list = np.unique(counts, return_inverse=True)
        shift = (32 - np.frexp(below.astype(float))[1]).astype(np.uint32)
        drawn = taken >> shift[:, None]
        self.place: Ints = np.flatnonzero(drawn < below.astype(np.uint32)[:, None])
        """Of each draw, list after list: its word, counted through all lists, …"""
        self.drawn = drawn.ravel().take(self.place)
        """… and what it gives."""
        self.first = np.searchsorted(self.place, np.arange(len(below) + 1) * words)
        """Where the draws of each list begin, and where the last one ends."""

    def normals(self, position: Ints) -> tuple[Floats, Marks]:
        """The two normal numbers from each position on; and for which of them the words do."""
        at = np.minimum(position, self.words - PAIR)
        return self.normal[at], at == position

    def begin(self, texts: Ints, position: Ints) -> Ints:
        """The first draw of each text at or after a position."""
        which = self.list[texts]
        place = which * self.words + np.minimum(position, self.words)
        found: Ints = np.searchsorted(self.place, place)
        return found

    def draws(self, texts: Ints, at: Ints, count: int) -> tuple[Ints, Marks]:
        """`count` draws of each text from draw `at` on; and for which of them the words do."""
        drawn = self.drawn.take(at[:, None] + np.arange(count), mode="clip").astype(np.int64)
        return drawn, at + count <= self.first[self.list[texts] + 1]

    def position(self, texts: Ints, at: Ints) -> Ints:
        """Where in the words each text is before draw `at`, with the one before behind it."""
        after: Ints = self.place.take(at - 1, mode="clip") + 1 - self.list[texts] * self.words
        return after
