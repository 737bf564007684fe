"""A sample of the rows that stay, by which boilerplate is found out. The same rows in each round.

A row is in the sample by its id, not by its place: so the sample changes with the rows that go, and
with nothing else, and a second run over the rows that stay finds the same boilerplate.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from curate.dedup import boilerplate
from curate.dedup.boilerplate import Flags, Phrases
from curate.dedup.corpus import Corpus, Part, rows_of
from curate.dedup.hashing import I64, U64, mixed, run_sums
from curate.dedup.shingles import FIELDS, Shingles
from curate.engines.threads import mapped
from curate.runs import offsets, ragged

MOST = 1 << 14
"""Rows in a sample, at most."""

_IDS = 1 << 14  # ids hashed at a time


class Sample:
    """Of some rows, what is boilerplate among those that stay."""

    def __init__(self, rows: Corpus) -> None:
        self._rows = rows
        self._chance = _chance(rows.ids) if len(rows) > MOST else np.zeros(len(rows), np.uint64)
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
        chosen = (self._chance & mask) == 0
        self._numbers = np.flatnonzero(chosen)
        rows, engine = self._rows, self._rows.engine
        calls = [
            (part, places, engine.threads)
            for part, places in zip(rows.parts, rows.within(chosen), strict=True)
        ]
        made = engine.get(engine.run(read, calls))
        number = [own[chosen[own]] for own in rows.numbers]
        order = np.argsort(np.concatenate([np.zeros(0, np.int64), *number]), kind="stable")
        seen = _joined(made, order)
        self._hashes, self._keys, self._counts, self._asked, self._words = seen
        self._begins = offsets(self._counts.sum(axis=1))
        self._starts = offsets(self._words)


Read = tuple[U64, U64, I64, U64, I64]
"""Of some rows: shingles, keys, shingles a field; pieces of the instructions, how many a row."""


def read(part: Part, places: I64, threads: int) -> Read:
    """What a sample has of the rows in these places."""
    none = np.zeros(0, np.uint64)
    made: list[Shingles] = []
    if len(places):
        rows = rows_of(part)
        made.extend(mapped(rows.shingles, rows.parts(places), threads))
    asked = [each.asked(none) for each in made]
    return (
        np.concatenate([none, *(each.hashes for each in made)]),
        np.concatenate([none, *(each.keys for each in made)]),
        np.concatenate([np.zeros((0, FIELDS), np.int64), *(each.counts for each in made)]),
        np.concatenate([none, *(pieces for pieces, _ in asked)]),
        np.concatenate([np.zeros(0, np.int64), *(counts for _, counts in asked)]),
    )


def _joined(parts: list[Read], order: I64) -> Read:
    """What was read of several parts, in another order of the rows."""
    none = (np.zeros(0, np.uint64), np.zeros(0, np.int64), np.zeros((0, FIELDS), np.int64))
    empty: Read = (none[0], none[0], none[2], none[0], none[1])
    hashes, keys, counts, asked, words = (
        np.concatenate(column) for column in zip(empty, *parts, strict=True)
    )
    total = counts.sum(axis=1)
    return (
        hashes[ragged(offsets(total)[:-1][order], total[order])],
        keys[order],
        counts[order],
        asked[ragged(offsets(words)[:-1][order], words[order])],
        words[order],
    )


def _level(rows: int) -> int:
    """How often `rows` must be halved to be a sample."""
    return max(0, (rows - 1).bit_length() - (MOST - 1).bit_length()) if rows > MOST else 0


def _chance(ids: pl.Series) -> U64:
    """A number for each row, by its id."""
    found = [np.zeros(0, np.uint64)]
    for first in range(0, len(ids), _IDS):
        some = ids.slice(first, _IDS)
        text = np.frombuffer("".join(some.to_list()).encode("utf-8"), np.uint8)
        at: I64 = offsets(some.str.len_bytes().to_numpy().astype(np.int64))
        found.append(mixed(run_sums(text, at[:-1], at[1:])))
    return np.concatenate(found)
