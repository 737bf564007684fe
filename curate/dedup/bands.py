"""Which rows may be near-duplicates, without comparing all: bands of MinHash signatures.

A signature is cut into bands; rows with an equal band are candidates (Leskovec, Rajaraman, Ullman:
Mining of Massive Datasets, ch. 3). That only suggests: every candidate is compared exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from curate.dedup.hashing import factors
from curate.dedup.minhash import U32

MISSED = 0.002
"""Chance, at most, that two rows exactly at the threshold don't become candidates."""


@dataclass(frozen=True)
class Bands:
    """How a signature is cut: `count` bands of `size` numbers."""

    count: int
    size: int

    def missed(self, similarity: float) -> float:
        """Chance that two rows of this similarity share no band."""
        return float((1.0 - similarity**self.size) ** self.count)

    @property
    def used(self) -> int:
        """Numbers of a signature that are in a band."""
        return self.count * self.size


def bands(threshold: float, num_perm: int) -> Bands:
    """The widest bands, so the fewest false candidates, that miss at most MISSED at the threshold;
    of those as many as that takes, which may leave some of the numbers out.

    `datasketch` would weigh false candidates against missed ones; but those cost a comparison
    each, and a missed one is a copy that stays.
    """
    sizes = range(num_perm // 2, 0, -1)
    cuts = [Bands(num_perm // size, size) for size in sizes]
    widest = next((cut for cut in cuts if cut.missed(threshold) <= MISSED), cuts[-1])
    counts = range(2, widest.count)
    fewer = (Bands(count, widest.size) for count in counts)
    return next((cut for cut in fewer if cut.missed(threshold) <= MISSED), widest)


def band_keys(signatures: U32, cut: Bands) -> U32:
    """(bands, rows) A 32-bit hash of each band of each signature, which are columns.

    In n rows chance makes n² / 2³³ false candidates a band, some hundreds for a million rows.
    """
    parts = signatures[: cut.used].reshape(cut.count, cut.size, -1)
    keys = np.zeros((cut.count, parts.shape[2]), np.uint64)
    for place, factor in enumerate(factors(cut.size)):
        keys += parts[:, place] * factor
    keys >>= np.uint64(32)
    return keys.astype(np.uint32)
