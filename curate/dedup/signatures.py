"""Which kept rows a row may be a copy of, without comparing it to all: MinHash and bands.

A signature of `num_perm` numbers is cut into bands; rows with an equal band are candidates. That
only suggests: every candidate is compared exactly before anything is dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from curate.dedup.shingles import Shingles

if TYPE_CHECKING:
    from datasketch import MinHash

SEED = 1
MISSED = 0.002
"""Chance, at most, that two rows exactly at the threshold don't become candidates."""


@dataclass(frozen=True)
class Bands:
    """How a signature is cut: `count` bands of `size` numbers."""

    count: int
    size: int

    def missed(self, similarity: float) -> float:
        """Chance that two rows of this similarity share no band."""
        return (1.0 - similarity**self.size) ** self.count


def bands(threshold: float, num_perm: int) -> Bands:
    """The widest bands, so the fewest false candidates, that miss at most MISSED at the threshold.

    `datasketch` would weigh false candidates against missed ones; but those cost a comparison
    each, and a missed one is a copy that stays.
    """
    sizes = range(num_perm // 2, 0, -1)
    cuts = [Bands(num_perm // size, size) for size in sizes]
    return next((cut for cut in cuts if cut.missed(threshold) <= MISSED), cuts[-1])


def signatures(rows: Iterable[Shingles], num_perm: int) -> Iterator[MinHash]:
    """The MinHash of each set, in order."""
    from datasketch import MinHash

    encoded = ([each.encode("utf-8", "surrogatepass") for each in row] for row in rows)
    yield from MinHash.generator(encoded, num_perm=num_perm, seed=SEED)


class KeptRows:
    """The rows kept so far, by their bands."""

    def __init__(self, threshold: float, num_perm: int) -> None:
        from datasketch import MinHashLSH

        cut = bands(threshold, num_perm)
        self._index = MinHashLSH(num_perm=num_perm, params=(cut.count, cut.size))

    def candidates(self, signature: MinHash) -> list[int]:
        """Numbers of the kept rows that share a band with this one, lowest first."""
        return sorted(self._index.query(signature))

    def add(self, number: int, signature: MinHash) -> None:
        """Keep the row `number`."""
        self._index.insert(number, signature)
