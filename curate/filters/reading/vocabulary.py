"""Words as numbers: each word of many texts is looked at once, whatever it is asked for."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from curate.filters.reading.words import meaning, stem
from curate.runs import NONE, Ints, Marks

MOST, LETTERS = 1 << 17, 1 << 22
"""Words, and letters of them all, from which on a new vocabulary is begun."""


class Vocabulary(dict[str, int]):
    """Word → number, counted from 0 as they come; stems are words, too."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        """Number → word."""
        self.stem: Ints = NONE
        """Number → number of the word's stem."""
        self.means: Marks = np.zeros(0, np.bool_)
        """Number → whether the word carries meaning, as by `meaning`."""
        self.sizes: Ints = NONE
        """Number → letters of the word."""

    def __missing__(self, word: str) -> int:
        number = self[word] = len(self.words)
        self.words.append(word)
        return number

    @property
    def full(self) -> bool:
        """Whether a new one should be begun."""
        return len(self) >= MOST or int(self.sizes.sum()) >= LETTERS

    def learn(self) -> None:
        """Work out `stem` and `means` of the words that are new."""
        while (known := len(self.stem)) < len(self.words):
            new = self.words[known:]
            self.stem = np.append(self.stem, [self[stem(word)] for word in new])
            self.sizes = np.append(self.sizes, [len(word) for word in new])
            self.means = np.append(self.means, [bool(meaning(word)) for word in new])

    def marks(self, words: Iterable[str]) -> Marks:
        """Number → whether it is one of `words`."""
        found = np.zeros(len(self.words), np.bool_)
        found[[self[word] for word in words if word in self]] = True
        return found
