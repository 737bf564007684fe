"""Groups of rows that share a key: those in one group are candidates of each other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from curate.dedup.hashing import I64, U64
from curate.dedup.sets import Sets
from curate.dedup.shingles import FIELDS
from curate.engines.base import Engine, Handle
from curate.runs import offsets, ragged

CROWD = 64
"""Rows in a group from which on it is thinned out."""

_LOW = np.uint64(0xFFFFFFFF)
_HIGH = np.uint64(32)
_SLOTS = 1 << 22
_PART = 1 << 14


@dataclass(frozen=True)
class Groups:
    """Two rows or more each; a row is in many."""

    members: I64
    """Numbers of rows, group after group, rising in each."""

    begins: I64
    """(groups + 1) Where each begins, and where the last one ends."""

    @property
    def sizes(self) -> I64:
        """(groups) Rows in each."""
        return np.diff(self.begins)

    def where(self, chosen: npt.NDArray[np.bool_]) -> Groups:
        """The groups that are chosen."""
        sizes = self.sizes[chosen]
        return Groups(self.members[ragged(self.begins[:-1][chosen], sizes)], offsets(sizes))


def joined(parts: Iterable[Groups]) -> Groups:
    """All groups of all parts."""
    given = [Groups(np.zeros(0, np.int64), np.zeros(1, np.int64)), *parts]
    members = np.concatenate([part.members for part in given])
    return Groups(members, offsets(np.concatenate([part.sizes for part in given])))


def grouped(packed: U64) -> Groups:
    """Rows by key. `packed` has key · 2³² + row, in any order, and is sorted in place."""
    packed.sort()
    key = packed >> _HIGH
    edge = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1], [True]]))
    if not len(packed):
        edge = edge[:1]
    groups = Groups((packed & _LOW).astype(np.int64), edge)
    return groups.where(groups.sizes > 1)


@dataclass(frozen=True)
class Built:
    """The sets of rows, wherever they were built."""

    parts: list[Handle]
    """Handles of `Sets`."""

    numbers: list[I64]
    """Of each, the numbers of the rows whose places it goes by."""

    engine: Engine

    def within(self, members: I64) -> list[I64]:
        """Of each, the places of the rows with these numbers."""
        chosen = np.zeros(sum(map(len, self.numbers)), np.bool_)
        chosen[members] = True
        return [np.flatnonzero(chosen[own]) for own in self.numbers]


def thinned(groups: Groups, built: Built, threshold: float) -> Groups:
    """Groups without crowds: rows of crowds are in groups by rare shingles instead.

    Where n rows share a template, all n² / 2 pairs would have to be compared. But rows x and y of a
    similarity t share t · |x| shingles at least; so, with all shingles in one order, one of the
    first |x| - ⌈t · |x|⌉ + 1 of x is one of the first of y. (Prefix filtering: Chaudhuri, Ganti,
    Kaushik 2006.) The order here is rarest first. So no pair is lost that is alike enough.
    """
    crowd = groups.sizes > CROWD
    if not crowd.any():
        return groups
    places, engine = built.within(groups.where(crowd).members), built.engine
    made = engine.run(counted, [*zip(built.parts, places, strict=True)])
    seen = engine.keep(sum(engine.get(made), np.zeros(_SLOTS, np.int64)))
    calls = [
        (sets, at, own[at], seen, threshold)
        for sets, at, own in zip(built.parts, places, built.numbers, strict=True)
    ]
    rare = np.concatenate([np.zeros(0, np.uint64), *engine.get(engine.run(rarest, calls))])
    return joined([groups.where(~crowd), grouped(rare)])


def counted(sets: Sets, rows: I64) -> npt.NDArray[np.uint32]:
    """How often a shingle of each slot comes in these rows."""
    seen = np.zeros(_SLOTS, np.int64)
    for part in _cut(rows):
        elements, _ = _shingles(part, sets)
        seen += np.bincount((elements % _SLOTS).astype(np.int64), minlength=_SLOTS)
    return seen.astype(np.uint32)


def rarest(sets: Sets, rows: I64, numbers: I64, seen: I64, threshold: float) -> U64:
    """Of each row the first of its shingles, rarest first, packed as for `grouped`, by number."""
    found = [np.zeros(0, np.uint64)]
    for part, own in zip(_cut(rows), _cut(numbers), strict=True):
        found.append(_first(part, own, sets, seen, threshold))
    return np.concatenate(found)


def _cut(rows: I64) -> list[I64]:
    return [rows[at : at + _PART] for at in range(0, len(rows), _PART)]


def _first(rows: I64, numbers: I64, sets: Sets, seen: I64, threshold: float) -> U64:
    elements, sizes = _shingles(rows, sets)
    count = np.minimum(seen[(elements % _SLOTS).astype(np.int64)], 0xFFFF).astype(np.uint64)
    number = np.repeat(np.arange(len(rows), dtype=np.uint64), sizes)
    order = (number << np.uint64(48)) | (count << _HIGH) | (elements & _LOW)
    order.sort()
    first = sizes - np.ceil(threshold * sizes - 1e-9).astype(np.int64) + 1
    chosen = order[ragged(offsets(sizes)[:-1], np.minimum(first, sizes))]
    row = numbers.take((chosen >> np.uint64(48)).astype(np.int64)).astype(np.uint64)
    packed: U64 = ((chosen & _LOW) << _HIGH) | row
    return packed


def _shingles(rows: I64, sets: Sets) -> tuple[U64, I64]:
    """The elements of instruction and output of each row, and how many each has."""
    places = sets.place[rows]
    sizes = sets.sizes[places, :FIELDS].sum(axis=1, dtype=np.int64)
    return sets.elements[ragged(sets.begins[places], sizes)], sizes
