"""The stretch of its passage that agrees best with each of many sentences.

A stretch is a run of hits, the places of the passage that have one of the sentence's words of
meaning.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from curate.filters.reading.hits import Hits
from curate.filters.reading.numbered import Places
from curate.runs import (
    NONE,
    Floats,
    Ints,
    among,
    distinct,
    offsets,
    owners,
    ragged,
    starts,
    totals,
)

NEAR = 8
"""Words of the passage within which two words count as standing near each other."""

STRETCHES = 12
"""Runs of the passage that a sentence is held against, at most; the best of them counts."""

_MOST = 1 << 21  # words of passages that are looked through at once


@dataclass(frozen=True, slots=True)
class Best:
    """Of each sentence."""

    agreement: Floats
    """How far its best stretch agrees with it, from 0 to 1."""

    first: Ints
    """Where the stretch begins among the words of all passages; -1 where there is none, …"""

    last: Ints
    """… and ends."""


def best_stretches(stems: Ints, counts: Ints, sources: Ints, places: Places) -> Best:
    """The best stretch of each sentence.

    `stems`: words of meaning, sentence after sentence, `counts` of them; `sources`: the passage of
    each sentence, of those that have `places`. Some sentences at a time: a long answer about a long
    passage has as many hits as the product of their lengths.
    """
    before, begins = offsets(places.sizes.take(sources)), offsets(counts)
    parts, begin = [_best(NONE, NONE, NONE, places)], 0
    while begin < len(counts):
        end = int(np.searchsorted(before, before[begin] + _MOST, side="right")) - 1
        end = max(end, begin + 1)
        inside = stems[begins[begin] : begins[end]]
        parts.append(_best(inside, counts[begin:end], sources[begin:end], places))
        begin = end
    return Best(
        np.concatenate([each.agreement for each in parts]),
        np.concatenate([each.first for each in parts]),
        np.concatenate([each.last for each in parts]),
    )


def _best(stems: Ints, counts: Ints, sources: Ints, places: Places) -> Best:
    """`best_stretches` of so few sentences that all their hits fit into memory."""
    found = Best(np.zeros(len(counts)), np.full(len(counts), -1), np.full(len(counts), -1))
    wanted = _Wanted(stems, counts)
    hits = Hits(wanted.stem, wanted.sentence, sources, places, 2 * counts + 3 * NEAR)
    if not len(hits.word):
        return found
    stretches = _Stretches(hits)
    known = stretches.words / wanted.counts
    left, begin, end = stretches.first()
    for _ in range(STRETCHES):
        near = wanted.near(hits, begin, end)
        agreement = known * np.where(wanted.pairs, near / np.maximum(wanted.pairs, 1), known)
        better = agreement.take(left) > found.agreement.take(left)
        some = left[better]
        found.agreement[some] = agreement[some]
        found.first[some], found.last[some] = _shortest(hits, begin[better], end[better])
        going = found.agreement.take(left) < 1.0
        left, begin, end = stretches.next(left[going], end[going])
        if not len(left):
            break
    return found


class _Wanted:
    """The different words of each sentence, and its neighbours among them."""

    def __init__(self, stems: Ints, counts: Ints) -> None:
        owner = owners(counts)
        size = int(stems.max(initial=0)) + 1
        keys, word = np.unique(owner * size + stems, return_inverse=True)
        self.sentence: Ints = keys // size
        """(words) Whose each is, rising."""
        self.stem: Ints = keys % size
        """(words) Its stem."""
        self.counts = np.bincount(self.sentence, minlength=len(counts))
        """(sentences) How many different words each has."""
        one, other = word[:-1], word[1:]
        pair = (one != other) & (owner[1:] == owner[:-1])
        self.pairs = np.bincount(owner[1:][pair], minlength=len(counts))
        """(sentences) How many neighbours."""
        self._size = len(keys)
        self._pair, self._times = np.unique(self._keys(one[pair], other[pair]), return_counts=True)
        self._of = self.sentence.take(self._pair // max(self._size, 1))

    def _keys(self, one: Ints, other: Ints) -> Ints:
        found: Ints = np.minimum(one, other) * self._size + np.maximum(one, other)
        return found

    def near(self, hits: Hits, begin: Ints, end: Ints) -> Floats:
        """(sentences) How many neighbours stand near each other in stretches from hit to hit."""
        near = among(self._pair, self._near(hits, begin, end)) * self._times
        return totals(self._of, near, len(self.counts))

    def _near(self, hits: Hits, begin: Ints, end: Ints) -> Ints:
        """The pairs that stand near each other in a stretch, rising."""
        which = ragged(begin, end - begin)
        place, word, owner = hits.place.take(which), hits.word.take(which), owners(end - begin)
        found = [NONE]
        for by in range(1, NEAR + 1):
            near = (place[by:] - place[:-by] <= NEAR) & (owner[by:] == owner[:-by])
            at = np.flatnonzero(near)
            if not len(at):
                break
            found.append(self._keys(word.take(at), word.take(at + by)))
        return distinct(np.concatenate(found))


class _Stretches:
    """The stretches of each sentence that have most of its words, a few of them, one by one."""

    def __init__(self, hits: Hits) -> None:
        self._hits = hits
        self._first, last = hits.first, np.append(hits.first[1:], len(hits.word))
        self._sentences = hits.asker.take(hits.first)
        span = hits.place.take(last - 1) - hits.place.take(hits.first)
        self._whole = span < hits.sizes.take(self._sentences)
        """Whether all hits are one stretch."""
        count = hits.inside(np.ones(len(hits.word), np.int64))
        most = np.maximum.reduceat(count, hits.first)
        self.words = np.zeros(len(hits.sizes), np.int64)
        """(sentences) How many of its words the stretches have."""
        self.words[self._sentences] = most
        best = (count == np.repeat(most, last - hits.first)) & np.repeat(
            ~self._whole, last - hits.first
        )
        self._ends = np.flatnonzero(best)
        self._end_of = np.append(hits.asker.take(self._ends), -1)
        self._last = last

    def first(self) -> tuple[Ints, Ints, Ints]:
        """The sentences that have any, and from which hit to which their first stretches go."""
        begin, end = self._first.copy(), self._last.copy()
        last = self._ends.take(starts(self._end_of[:-1]))
        begin[~self._whole], end[~self._whole] = self._hits.begin(last), last + 1
        return self._sentences, begin, end

    def next(self, sentences: Ints, end: Ints) -> tuple[Ints, Ints, Ints]:
        """The same of the next stretches of some sentences, whose last ones end there."""
        hits = self._hits
        after = hits.place.take(end - 1) + hits.sizes.take(sentences) // 4 + 1
        at = np.searchsorted(self._ends, hits.at(sentences, after))
        there = self._end_of.take(at) == sentences
        last = self._ends.take(at[there])
        return sentences[there], hits.begin(last), last + 1


def _shortest(hits: Hits, begin: Ints, end: Ints) -> tuple[Ints, Ints]:
    """From which place to which the shortest run goes that has all words of each stretch."""
    if not len(begin):
        return NONE, NONE
    counts = end - begin
    inner = offsets(counts)
    which, owner = ragged(begin, counts), owners(counts)
    place, at = hits.place.take(which), np.arange(len(which))
    following = np.minimum(hits.next.take(which), end.take(owner)) - (which - at)
    # A run cannot begin before a word that does not come again in it.
    start = np.searchsorted(np.maximum.accumulate(following), at, side="right")
    length = place - place.take(start)
    comes = np.ones(len(which), np.bool_)  # for the first time
    comes[following[following < inner.take(owner + 1)]] = False
    all_there = np.maximum.reduceat(np.where(comes, at, 0), inner[:-1])
    length[at < all_there.take(owner)] = np.iinfo(np.int64).max
    hit = np.flatnonzero(length == np.minimum.reduceat(length, inner[:-1]).take(owner))
    hit = hit.take(starts(owner.take(hit)))
    return place.take(start.take(hit)), place.take(hit) + 1
