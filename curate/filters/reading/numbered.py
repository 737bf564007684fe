"""The words of many texts as numbers, and where each stem stands in each text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from curate.filters.reading.lazy import lazy
from curate.filters.reading.vocabulary import Vocabulary
from curate.filters.reading.words import END, words_of_all
from curate.runs import Ints, Marks, keys, offsets, owners, starts


class Words:
    """The words of some texts, text after text."""

    def __init__(self, texts: Sequence[str], vocabulary: Vocabulary) -> None:
        self.texts, self.vocabulary = texts, vocabulary
        found = words_of_all(texts)
        numbers = np.fromiter(map(vocabulary.__getitem__, found), np.int64, len(found))
        vocabulary.learn()
        end = numbers == vocabulary[END]
        self.numbers: Ints = numbers[~end]
        """(words) The number of each in the vocabulary."""
        self.counts: Ints = np.diff(np.flatnonzero(end), prepend=-1) - 1
        """(texts) How many words each has."""
        self.offsets = offsets(self.counts)
        """(texts + 1) Where the words of each text begin, and where those of the last one end."""

    @lazy
    def owner(self) -> Ints:
        """(words) The text that each is of."""
        return owners(self.counts)

    @lazy
    def stems(self) -> Ints:
        """(words) The number of each one's stem."""
        return self.vocabulary.stem.take(self.numbers)

    @lazy
    def meant(self) -> Ints:
        """Which of the words carry meaning, rising."""
        return np.flatnonzero(self.vocabulary.means.take(self.numbers))

    @lazy
    def places(self) -> Places:
        """Where each stem stands."""
        return Places(self)

    def between(self, begin: int, end: int) -> list[str]:
        """The words from `begin` on and before `end`."""
        return list(map(self.vocabulary.words.__getitem__, self.numbers[begin:end].tolist()))

    def marked(self, marks: Marks) -> Ints:
        """Which words are marked, rising, by marks of the vocabulary."""
        return np.flatnonzero(marks.take(self.numbers))


class Places:
    """All places of all stems: by text, by stem, then rising."""

    def __init__(self, words: Words) -> None:
        self.sizes = words.counts
        """(texts) How many places each has."""
        size = len(words.numbers) + 1
        owner_and_stem = words.owner * len(words.vocabulary.words) + words.stems
        packed = np.sort(owner_and_stem * size + np.arange(len(words.numbers)))
        of = packed // size
        self.at: Ints = packed - of * size
        """The places, as counted through all texts."""
        first = starts(of)
        some = self.at.take(first)
        self._keys = np.append(keys(words.owner.take(some), words.stems.take(some)), -1)
        self._first = np.append(first, len(of))
        self._counts = np.append(np.diff(self._first), 0)

    def find(self, stems: Ints, texts: Ints) -> tuple[Ints, Ints]:
        """Where in `at` the places of each stem in a text begin, and how many they are.

        Soonest where text and stem rise.
        """
        wanted = keys(texts, stems)
        which = np.searchsorted(self._keys[:-1], wanted)
        there = self._keys.take(which) == wanted
        return self._first.take(which), self._counts.take(which) * there

    def has(self, stems: Ints, texts: Ints) -> Marks:
        """Whether each stem stands in a text at all."""
        return self.find(stems, texts)[1] > 0
