"""Groups of rows that share a key: those in one group are candidates of each other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from curate.dedup.hashing import I64, U64, offsets, ragged
from curate.dedup.minhash import U32
from curate.dedup.parallel import mapped
from curate.dedup.sets import Sets
from curate.dedup.shingles import FIELDS

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


def by_band(bands: U32, rows: I64, workers: int) -> Groups:
    """Those of `rows` with an equal band. `bands` are of all rows."""
    numbers = rows.astype(np.uint64)

    def of(band: U32) -> Groups:
        return grouped((band[rows].astype(np.uint64) << _HIGH) | numbers)

    return joined(mapped(of, bands, workers))


def thinned(groups: Groups, sets: Sets, threshold: float) -> Groups:
    """Groups without crowds: rows of crowds are in groups by rare shingles instead.

    Where n rows share a template, all n² / 2 pairs would have to be compared. But rows x and y of
    a similarity t share t · |x| shingles at least; so, with all shingles in one order, one of the
    first |x| - ⌈t · |x|⌉ + 1 of x is one of the first of y. (Prefix filtering: Chaudhuri, Ganti,
    Kaushik 2006.) The order here is rarest first. So no pair is lost that is alike enough.
    """
    crowd = groups.sizes > CROWD
    if not crowd.any():
        return groups
    rows = np.unique(groups.where(crowd).members)
    return joined([groups.where(~crowd), grouped(_rare(rows, sets, threshold))])


def _rare(rows: I64, sets: Sets, threshold: float) -> U64:
    """Of each row the first of its shingles, rarest first, packed as for `grouped`."""
    parts = [rows[at : at + _PART] for at in range(0, len(rows), _PART)]
    seen = np.zeros(_SLOTS, np.int64)
    for part in parts:
        elements, _ = _shingles(part, sets)
        seen += np.bincount((elements % _SLOTS).astype(np.int64), minlength=_SLOTS)
    return np.concatenate([_first(part, sets, seen, threshold) for part in parts])


def _first(rows: I64, sets: Sets, seen: I64, threshold: float) -> U64:
    elements, sizes = _shingles(rows, sets)
    count = np.minimum(seen[(elements % _SLOTS).astype(np.int64)], 0xFFFF).astype(np.uint64)
    number = np.repeat(np.arange(len(rows), dtype=np.uint64), sizes)
    order = (number << np.uint64(48)) | (count << _HIGH) | (elements & _LOW)
    order.sort()
    first = sizes - np.ceil(threshold * sizes - 1e-9).astype(np.int64) + 1
    chosen = order[ragged(offsets(sizes)[:-1], np.minimum(first, sizes))]
    row = rows.take((chosen >> np.uint64(48)).astype(np.int64)).astype(np.uint64)
    packed: U64 = ((chosen & _LOW) << _HIGH) | row
    return packed


def _shingles(rows: I64, sets: Sets) -> tuple[U64, I64]:
    """The elements of instruction and output of each row, and how many each has."""
    places = sets.place[rows]
    sizes = sets.sizes[places, :FIELDS].sum(axis=1, dtype=np.int64)
    return sets.elements[ragged(sets.begins[places], sizes)], sizes
