"""A look at all rows: their bands and keys. Each text is read once, and nothing of it kept."""

from __future__ import annotations

import numpy as np

from curate.dedup.bands import Bands, band_keys
from curate.dedup.boilerplate import Phrases
from curate.dedup.hashing import I64, U64
from curate.dedup.minhash import permutations, signatures
from curate.dedup.parallel import mapped
from curate.dedup.rows import Rows
from curate.dedup.shingles import FIELDS
from curate.progress import Advance

_BITS = np.uint64(63)


class Scan:
    """What the look leaves of each row.

    keys    (rows) equal for rows that say the same in the same order
    bands   (bands, rows) of MinHash signatures, without `boilerplate`
    sizes   (rows) at most so many elements has a row's set (`sets.py`); 0 for an empty row
    """

    def __init__(
        self,
        rows: Rows,
        cut: Bands,
        num_perm: int,
        suspects: Phrases,
        common: Phrases,
        workers: int,
        advance: Advance,
    ) -> None:
        self._rows, self._cut, self._workers = rows, cut, workers
        self._permutations = permutations(num_perm, cut.used)
        self._suspects, self.boilerplate = suspects, common
        self.keys = np.zeros(len(rows), np.uint64)
        self.bands = np.zeros((cut.count, len(rows)), np.uint32)
        self.sizes = np.zeros(len(rows), np.int32)
        self._having = np.zeros(len(rows), np.uint64)
        for done in mapped(self._look_at, rows.parts(np.arange(len(rows))), workers):
            advance(done)

    def leave_out(self, boilerplate: Phrases) -> bool:
        """Make the bands anew where another boilerplate changes them. Whether it is another one."""
        changed = boilerplate.changed(self.boilerplate)
        self.boilerplate = boilerplate
        if not len(changed):
            return False
        if np.isin(changed, self._suspects.hashes).all():
            bits = np.bitwise_or.reduce(_bits(changed))
            self._look(np.flatnonzero(self._having & bits))
        else:
            self._look(np.arange(len(self._rows)))
        return True

    def _look(self, numbers: I64) -> None:
        for _ in mapped(self._look_at, self._rows.parts(numbers), self._workers):
            pass

    def _look_at(self, numbers: I64) -> int:
        made = self._rows.shingles(numbers)
        self.keys[numbers] = made.keys
        self.sizes[numbers] = made.counts.sum(axis=1) + made.tokens.counts[::FIELDS]
        found = self._suspects.among(made.hashes)
        row = numbers[np.searchsorted(made.begins, found, side="right") - 1]
        np.bitwise_or.at(self._having, row, _bits(made.hashes[found]))
        bare = self.boilerplate.without(made)
        signed = signatures(bare.hashes, bare.begins, self._permutations)
        self.bands[:, numbers] = band_keys(signed, self._cut)
        return len(numbers)


def _bits(hashes: U64) -> U64:
    """Of each shingle one bit of 64, by which a row remembers that it has such a one."""
    return np.uint64(1) << (hashes & _BITS)
