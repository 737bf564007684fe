"""How much memory and disk near-duplicate removal will take, before it begins."""

from __future__ import annotations

from dataclasses import dataclass

from curate.dedup.bands import bands
from curate.dedup.options import Dedup
from curate.dedup.sets import SPILL

_ROW = 150  # keys, order, sizes, states and what sorting them takes
_ID = 60  # an id, where it stands and its order
_ENTRIES = 40  # of a row's place in a group of candidates, with the pairs of a round
_SHINGLE = 6.5  # bytes of text a shingle: a word and a space
_WORKING = 200 << 20  # parts under way and the modules


@dataclass(frozen=True)
class Need:
    """What it will take at most, in bytes, beside the rows themselves."""

    memory: int
    disk: int


def need(rows: int, text: int, options: Dedup, alike: float = 0.5) -> Need:
    """Of so many rows with `text` bytes in all.

    `alike` is the share of rows that have a candidate: their sets are what takes most room. From
    SPILL bytes on the sets lie on disk; the system keeps as much of them in memory as there is.
    """
    cut = bands(options.threshold, options.num_perm)
    sets = int(alike * text / _SHINGLE) * 8
    entries = int(alike * rows * cut.count * _ENTRIES)
    fixed = rows * (4 * cut.count + _ROW) + _WORKING + entries
    return Need(fixed + (sets if sets <= SPILL else 0), sets if sets > SPILL else 0)


def need_apart(rows: int, options: Dedup, alike: float = 0.5) -> Need:
    """Of so many rows whose texts, bands and sets are elsewhere: ids, order, keys and groups."""
    cut = bands(options.threshold, options.num_perm)
    entries = int(alike * rows * cut.count * _ENTRIES)
    return Need(rows * (_ROW + _ID) + _WORKING + entries, 0)
