"""A look at all rows: their bands and keys. Each text is read once, and nothing of it kept."""

from __future__ import annotations

import numpy as np

from curate.dedup.bands import Bands, band_keys
from curate.dedup.boilerplate import Flags, Phrases, least, suspects
from curate.dedup.hashing import I64
from curate.dedup.minhash import permutations, signatures
from curate.dedup.parallel import mapped
from curate.dedup.rows import Rows
from curate.dedup.shingles import FIELDS

_SUSPECTS = 1 << 24  # more than there are, at 100 rows or so for each


class Scan:
    """What the look leaves of each row.

    keys    (rows) equal for rows that say the same in the same order
    bands   (bands, rows) of MinHash signatures, without `boilerplate`
    sizes   (rows) at most so many elements has a row's set (`sets.py`); 0 for an empty row
    """

    def __init__(self, rows: Rows, cut: Bands, num_perm: int, workers: int) -> None:
        self._rows, self._cut, self._workers = rows, cut, workers
        self._permutations = permutations(num_perm, cut.used)
        self._suspects, self.boilerplate = suspects(rows, workers)
        self.keys = np.zeros(len(rows), np.uint64)
        self.bands = np.zeros((cut.count, len(rows)), np.uint32)
        self.sizes = np.zeros(len(rows), np.int32)
        having = [(np.zeros(0, np.int64), np.zeros(0, np.int64)), *self._look(np.arange(len(rows)))]
        self._row, self._suspect = (np.concatenate(part) for part in zip(*having, strict=True))

    def frequent(self, among: Flags) -> Phrases:
        """What is boilerplate among the rows so flagged."""
        having = np.bincount(self._suspect[among[self._row]], minlength=len(self._suspects.hashes))
        return Phrases(self._suspects.hashes[having >= least(int(among.sum()))])

    def leave_out(self, boilerplate: Phrases) -> None:
        """Make the bands anew where another boilerplate changes them."""
        changed = np.setxor1d(boilerplate.hashes, self.boilerplate.hashes)
        self.boilerplate = boilerplate
        rows = self._row[np.isin(self._suspect, self._suspects.number(changed))]
        self._look(np.unique(rows))

    def _look(self, numbers: I64) -> list[tuple[I64, I64]]:
        """Look at these rows. Gives, part by part, the rows with a suspect, and its place."""
        return list(mapped(self._look_at, self._rows.parts(numbers), self._workers))

    def _look_at(self, numbers: I64) -> tuple[I64, I64]:
        made = self._rows.shingles(numbers)
        self.keys[numbers] = made.keys
        self.sizes[numbers] = made.counts.sum(axis=1) + made.tokens.counts[::FIELDS]
        found = self._suspects.among(made.hashes)
        row = numbers[np.searchsorted(made.begins, found, side="right") - 1]
        number = self._suspects.number(made.hashes[found])
        having = np.unique(row * _SUSPECTS + number)
        bare = self.boilerplate.without(made)
        signed = signatures(bare.hashes, bare.begins, self._permutations)
        self.bands[:, numbers] = band_keys(signed, self._cut)
        return having // _SUSPECTS, having % _SUSPECTS
