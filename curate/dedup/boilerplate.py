"""Phrases that a large share of the rows has weigh nothing: templates and stock openings.

Rows that share a template and differ in what they say would count as copies of each other. So a
shingle that SHARE of the rows has is left out of comparisons, in the field (and on the input) where
so many have it. A field that has nothing else keeps all it has, so that stock answers are compared.

What counts are the rows that stay (`find.py`), so that a second run leaves out the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from curate.dedup.hashing import I64, U64, offsets
from curate.dedup.parallel import mapped
from curate.dedup.rows import Rows
from curate.dedup.shingles import FIELDS, Shingles

SHARE = 0.01
"""Share of rows from which on a shingle is boilerplate …"""

LEAST = 50
"""… and number of rows. Fewer alike rows are copies rather than a template."""

SAMPLE = 10_000
"""Rows among which suspects are sought, at even steps from best to worst."""

_SUSPECT = 0.5  # of what makes a shingle boilerplate, in the sample: chance misses none
_SLOTS = 1 << 20
_LOW = np.uint64(_SLOTS - 1)

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Phrases:
    """A set of shingles."""

    hashes: U64
    """Sorted."""

    _slots: Flags = field(init=False, repr=False)

    def __post_init__(self) -> None:
        slots = np.zeros(_SLOTS, np.bool_)
        slots[self.hashes & _LOW] = True
        object.__setattr__(self, "_slots", slots)

    def among(self, hashes: U64) -> I64:
        """Where in `hashes` these are."""
        if not len(self.hashes):
            return np.zeros(0, np.int64)
        maybe = np.flatnonzero(self._slots.take(hashes & _LOW))  # little more than there are
        return maybe[np.isin(hashes[maybe], self.hashes)]

    def both(self, other: Phrases) -> Phrases:
        """What is in this set and the other."""
        return Phrases(np.intersect1d(self.hashes, other.hashes))

    def number(self, hashes: U64) -> I64:
        """The place in this set of each of `hashes`, all of which are in it."""
        return np.searchsorted(self.hashes, hashes)

    def without(self, shingles: Shingles) -> Shingles:
        """`shingles` but these, where the field has others."""
        common = self.among(shingles.hashes)
        if not len(common):
            return shingles
        keep = np.ones(len(shingles.hashes), np.bool_)
        keep[common] = False
        counts = shingles.counts.ravel()
        left = np.diff(offsets(keep)[offsets(counts)])
        keep |= np.repeat(left == 0, counts)
        left = np.where(left == 0, counts, left)
        return replace(shingles, hashes=shingles.hashes[keep], counts=left.reshape(-1, FIELDS))


def least(rows: int) -> float:
    """Of so many rows, how many must have a shingle for it to be boilerplate."""
    return max(LEAST, SHARE * rows)


def suspects(rows: Rows, workers: int) -> tuple[Phrases, Phrases]:
    """Shingles that may be boilerplate, and all that are; of these, those that seem to be."""
    step = max(1, -(-len(rows) // SAMPLE))
    parts = rows.parts(np.arange(0, len(rows), step))
    if not parts:
        return Phrases(np.zeros(0, np.uint64)), Phrases(np.zeros(0, np.uint64))
    made = list(mapped(rows.shingles, parts, workers))
    counts = np.concatenate([part.counts.sum(axis=1) for part in made])
    number = np.repeat(np.arange(len(counts), dtype=np.uint64), counts)
    hashes = np.concatenate([part.hashes for part in made])
    bound = least(len(rows)) / step
    suspect = _SUSPECT * bound
    slot = (hashes & _LOW).astype(np.int64)
    maybe = np.bincount(slot, minlength=_SLOTS)[slot] >= suspect  # few, so sorting is quick
    pairs = np.unique(np.stack([hashes[maybe], number[maybe]]), axis=1)
    found, having = np.unique(pairs[0], return_counts=True)
    return Phrases(found[having >= suspect]), Phrases(found[having >= bound])
