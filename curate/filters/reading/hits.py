"""Hits: the places of passages that have one of the words looked for, for many askers at once.

All hits lie end to end, by asker (a sentence, a question), then rising, so that a stretch of a
passage is a run of hits.
"""

from __future__ import annotations

import numpy as np

from curate.filters.reading.numbered import Places
from curate.runs import Ints, owners, ragged, starts


class Hits:
    """The hits of askers, and the stretches that end with them: `sizes` places, by asker."""

    def __init__(
        self, stems: Ints, askers: Ints, sources: Ints, places: Places, sizes: Ints
    ) -> None:
        """`stems`: the different ones of each asker, whose numbers, `askers`, rise; `sources`: the
        passage of each asker, of those that have `places`.
        """
        self.sizes = sizes
        begin, self.counts = places.find(stems, sources.take(askers))
        """(stems) How often each was hit."""
        word, place = owners(self.counts), places.at.take(ragged(begin, self.counts))
        self._bound = len(places.at) + 1
        keys = askers.take(word) * self._bound + place
        order = np.argsort(keys)
        self._keys = keys.take(order)
        self.word, self.place = word.take(order), place.take(order)
        """(hits) Which of `stems`, and where among the words of all passages."""
        self.asker = askers.take(self.word)
        """(hits) Whose it is."""
        self.first = starts(self.asker)
        """The first hit of each asker that has any."""
        self.next = np.full(len(word), len(word))
        """(hits) The next hit that has the same word; as many as there are hits for none."""
        rank = np.empty(len(word), np.int64)
        rank[order] = np.arange(len(word))
        again = np.flatnonzero(word[1:] == word[:-1])
        self.next[rank.take(again)] = rank.take(again + 1)

    def inside(self, weights: Ints) -> Ints:
        """What the different words weigh that the stretch has that ends with each hit.

        `weights` are the hits', by their words. A hit counts from itself on, until its word comes
        again or the stretch leaves it behind.
        """
        hits = len(self.word)
        behind = self.at(self.asker, self.place + self.sizes.take(self.asker))
        ends = np.zeros(hits + 1, np.int64)
        np.add.at(ends, np.minimum(behind, self.next), weights)
        return np.cumsum(weights - ends[:hits])

    def begin(self, last: Ints) -> Ints:
        """The first hit of the stretch that ends with each of these hits."""
        asker = self.asker.take(last)
        return self.at(asker, self.place.take(last) - self.sizes.take(asker) + 1)

    def at(self, askers: Ints, places: Ints) -> Ints:
        """The first hit of each asker from a place on; the next asker's first where none is."""
        places = np.clip(places, 0, self._bound - 1)
        return np.searchsorted(self._keys, askers * self._bound + places)
