"""Phrases that a large share of the rows has weigh nothing: templates and stock openings.

Rows that share a template and differ in what they say would count as copies of each other. So a
shingle that SHARE of the rows has is left out of comparisons, in the field (and on the input) where
so many have it. But many rows have a phrase as well where they are copies with a word changed here
and there. What tells the two apart is where rows differ:

    slot       a place in a template: what stands beside it is followed by something else each time
    deviation  what stands beside it is, in most rows, followed by one and the same phrase

A field without slots keeps all it has. So does one that is boilerplate throughout, but for what is
much more frequent than the rest: of a template whose slots are filled from short lists, the lists.

Of instructions, words that WORD_SHARE of them have weigh nothing either where two are compared word
by word: "What does f do?" and "What does g do?" ask of nothing in common.

What counts are the rows that stay (`find.py`), so that a second run leaves out the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from curate.dedup.hashing import I64, U64
from curate.dedup.shingles import FIELDS, Shingles
from curate.runs import offsets

SHARE = 0.01
"""Share of rows from which on a shingle is boilerplate …"""

LEAST = 20
"""… and number of rows. Fewer alike rows are copies rather than a template."""

FIXED = 0.7
"""Share of a phrase's neighbours from which on there is no slot: they are one and the same."""

WORD_SHARE = 0.1
"""Share of the instructions from which on a word (and LEAST rows) says nothing."""

_SLOTS = 1 << 20
_LOW = np.uint64(_SLOTS - 1)

Flags = npt.NDArray[np.bool_]


def _none() -> Flags:
    return np.zeros(0, np.bool_)


@dataclass(frozen=True)
class Phrases:
    """Shingles that are boilerplate, and how they stand in the rows."""

    hashes: U64
    """Sorted."""

    rarity: npt.NDArray[np.int8]
    """How often the share of rows that have it must be doubled to reach all."""

    before: Flags
    """Whether there is no slot before it, …"""

    after: Flags
    """… and none after it."""

    words: U64
    """Hashes of the pieces that weigh nothing in an instruction, sorted."""

    _slots: Flags = field(init=False, repr=False)

    def __post_init__(self) -> None:
        slots = np.zeros(_SLOTS, np.bool_)
        slots[self.hashes & _LOW] = True
        object.__setattr__(self, "_slots", slots)

    @classmethod
    def none(cls) -> Phrases:
        """No phrases."""
        bare = np.zeros(0, np.uint64)
        return cls(bare, np.zeros(0, np.int8), _none(), _none(), bare)

    def among(self, hashes: U64) -> I64:
        """Where in `hashes` these are."""
        if not len(self.hashes):
            return np.zeros(0, np.int64)
        maybe = np.flatnonzero(self._slots.take(hashes & _LOW))  # little more than there are
        return maybe[np.isin(hashes[maybe], self.hashes)]

    def where(self, chosen: Flags) -> Phrases:
        """Those that are chosen."""
        return Phrases(
            self.hashes[chosen],
            self.rarity[chosen],
            self.before[chosen],
            self.after[chosen],
            self.words,
        )

    def also_in(self, other: Phrases) -> Phrases:
        """Those that are in the other, too, standing as they do here."""
        words = np.intersect1d(self.words, other.words)
        return replace(self.where(np.isin(self.hashes, other.hashes)), words=words)

    def changed(self, other: Phrases) -> U64:
        """The shingles that are in one of both only, or stand otherwise in the other."""
        here = np.isin(self.hashes, other.hashes)
        there = np.isin(other.hashes, self.hashes)
        one, two = self.where(here), other.where(there)
        same = (one.rarity == two.rarity) & (one.before == two.before) & (one.after == two.after)
        return np.concatenate([self.hashes[~here], other.hashes[~there], one.hashes[~same]])

    def without(self, shingles: Shingles) -> Shingles:
        """`shingles` but these, as the fields that they stand in allow."""
        common = self.among(shingles.hashes)
        if not len(common):
            return shingles
        place = np.full(len(shingles.hashes), -1, np.int32)
        place[common] = np.searchsorted(self.hashes, shingles.hashes[common])
        counts = shingles.counts.ravel()
        keep = _kept(self, place, counts)
        left = np.diff(offsets(keep)[offsets(counts)])
        return replace(
            shingles,
            hashes=shingles.hashes[keep],
            counts=left.reshape(-1, FIELDS),
            silent=shingles.silent | shingles.pieces_within(~keep),
        )


def _kept(phrases: Phrases, place: npt.NDArray[np.int32], counts: I64) -> Flags:
    """Which shingles count. `place` is that in `phrases`, or -1; `counts` are of the fields."""
    field_of = np.repeat(np.arange(len(counts)), counts)
    free = place < 0
    fields = len(counts)
    slots = np.bincount(field_of[_beside_slots(phrases, place, field_of)], minlength=fields) > 0
    whole = np.bincount(field_of[free], minlength=fields) == 0  # boilerplate throughout
    keep = free | ~slots[field_of]
    at = np.flatnonzero(whole[field_of])
    if len(at):
        rarity, of = phrases.rarity[place[at]], field_of[at]
        least = np.full(fields, np.iinfo(np.int8).max, np.int8)
        np.minimum.at(least, of, rarity)
        rare = rarity > least[of]
        lists = np.bincount(of[rare], minlength=fields) > 0
        keep[at] = rare | ~lists[of]
    return keep


def _beside_slots(phrases: Phrases, place: npt.NDArray[np.int32], field_of: I64) -> I64:
    """Where boilerplate stands beside a slot that something is in."""
    free = place < 0
    beside = (field_of[1:] == field_of[:-1]) & (free[1:] != free[:-1])
    at = np.flatnonzero(beside)
    left = at[free[at + 1]]  # boilerplate, then something else
    right = at[free[at]] + 1
    return np.concatenate([left[~phrases.after[place[left]]], right[~phrases.before[place[right]]]])


def least(rows: int) -> float:
    """Of so many rows, how many must have a shingle for it to be boilerplate."""
    return max(LEAST, SHARE * rows)


def frequent(pieces: U64, counts: I64, bound: float) -> U64:
    """The pieces, sorted, that `bound` of some rows have; `counts` of each in `pieces`."""
    row = np.repeat(np.arange(len(counts), dtype=np.uint64), counts)
    pairs = np.unique(np.stack([pieces, row]), axis=1)
    words, having = np.unique(pairs[0], return_counts=True)
    return words[having >= bound]


def found(hashes: U64, counts: I64, bound: float) -> Phrases:
    """The shingles that `bound` of some rows have, row after row; `counts` are of their fields."""
    total = len(counts) // FIELDS
    slot = (hashes & _LOW).astype(np.int64)
    maybe = np.flatnonzero(np.bincount(slot, minlength=_SLOTS)[slot] >= bound)  # few, so quick
    if not len(maybe):
        return Phrases.none()
    field_of = np.repeat(np.arange(len(counts)), counts)
    row = (field_of[maybe] // FIELDS).astype(np.uint64)
    pairs = np.unique(np.stack([hashes[maybe], row]), axis=1)
    phrases, having = np.unique(pairs[0], return_counts=True)
    phrases, having = phrases[having >= bound], having[having >= bound]
    rarity = np.floor(-np.log2(having / total)).astype(np.int8)
    nothing = np.zeros(len(phrases), np.bool_)
    bare = Phrases(phrases, rarity, nothing, nothing, np.zeros(0, np.uint64))
    place = np.full(len(hashes), -1, np.int64)
    at = bare.among(hashes)
    place[at] = np.searchsorted(phrases, hashes[at])
    same = field_of[1:] == field_of[:-1]
    left, right = place[:-1][same], place[1:][same]
    return replace(
        bare, before=_fixed(right, left, len(phrases)), after=_fixed(left, right, len(phrases))
    )


def _fixed(phrase: I64, neighbour: I64, count: int) -> Flags:
    """Of each phrase, whether FIXED of its neighbours on one side are one and the same phrase.

    A side on which nothing ever stands has no slot.
    """
    seen = np.bincount(phrase[phrase >= 0], minlength=count)
    known = (phrase >= 0) & (neighbour >= 0)
    both, times = np.unique(phrase[known] * count + neighbour[known], return_counts=True)
    most = np.zeros(count, np.int64)
    np.maximum.at(most, both // count, times)
    return most >= FIXED * seen
