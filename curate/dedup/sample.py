"""A sample of the rows that stay, by which boilerplate is found out. The same rows in each round.

A row is in the sample by its id, not by its place: so the sample changes with the rows that go, and
with nothing else, and a second run over the rows that stay finds the same boilerplate.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from curate.dedup import boilerplate
from curate.dedup.boilerplate import Flags, Phrases
from curate.dedup.hashing import I64, U64, mixed, offsets, ragged, run_sums
from curate.dedup.parallel import mapped
from curate.dedup.rows import Rows

MOST = 1 << 14
"""Rows in a sample, at most."""

_IDS = 1 << 14  # ids hashed at a time


class Sample:
    """Of some rows, what is boilerplate among those that stay."""

    def __init__(self, rows: Rows, workers: int) -> None:
        self._rows, self._workers = rows, workers
        self._chance = _chance(rows) if len(rows) > MOST else np.zeros(len(rows), np.uint64)
        self._level = -1

    def suspects(self) -> Phrases:
        """Shingles that half as many rows have as boilerplate needs: what may become some."""
        return self._found(np.ones(len(self._rows), np.bool_), 0.5)

    def boilerplate(self, stay: Flags) -> Phrases:
        """The boilerplate of the rows so flagged."""
        return self._found(stay, 1.0)

    def _found(self, stay: Flags, part: float) -> Phrases:
        self._read(_level(int(stay.sum())))
        chosen = np.flatnonzero(stay[self._numbers])
        _, first = np.unique(self._keys[chosen], return_index=True)
        chosen = chosen[first]
        counts = self._counts[chosen]
        hashes = self._hashes[ragged(self._begins[chosen], counts.sum(axis=1))]
        found = boilerplate.found(hashes, counts.ravel(), part * boilerplate.least(len(chosen)))
        asked = self._asked[ragged(self._starts[chosen], self._words[chosen])]
        bound = max(boilerplate.LEAST, boilerplate.WORD_SHARE * len(chosen))
        return replace(found, words=boilerplate.frequent(asked, self._words[chosen], bound))

    def _read(self, level: int) -> None:
        """Have at hand the rows whose chance is the lowest of 2^level."""
        if level == self._level:
            return
        self._level = level
        mask = np.uint64((1 << level) - 1)
        self._numbers = np.flatnonzero((self._chance & mask) == 0)
        made = list(mapped(self._rows.shingles, self._rows.parts(self._numbers), self._workers))
        none = np.zeros(0, np.uint64)
        self._hashes = np.concatenate([none, *(part.hashes for part in made)])
        self._keys = np.concatenate([none, *(part.keys for part in made)])
        self._counts = np.concatenate([np.zeros((0, 2), np.int64), *(part.counts for part in made)])
        self._begins = offsets(self._counts.sum(axis=1))
        asked = [part.asked(none) for part in made]
        self._asked = np.concatenate([none, *(pieces for pieces, _ in asked)])
        self._words = np.concatenate([np.zeros(0, np.int64), *(counts for _, counts in asked)])
        self._starts = offsets(self._words)


def _level(rows: int) -> int:
    """How often `rows` must be halved to be a sample."""
    return max(0, (rows - 1).bit_length() - (MOST - 1).bit_length()) if rows > MOST else 0


def _chance(rows: Rows) -> U64:
    """A number for each row, by its id."""
    found = [np.zeros(0, np.uint64)]
    for first in range(0, len(rows), _IDS):
        ids = rows.ids.slice(first, _IDS)
        text = np.frombuffer("".join(ids.to_list()).encode("utf-8"), np.uint8)
        at: I64 = offsets(ids.str.len_bytes().to_numpy().astype(np.int64))
        found.append(mixed(run_sums(text, at[:-1], at[1:])))
    return np.concatenate(found)
