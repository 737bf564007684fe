"""Given texts (the questions of a benchmark), laid out so that rows are looked up in them.

An item is known by its distinct shingles. A row that holds a share t of an item's n shingles lacks
⌊(1 - t) · n⌋ at most, so of any ⌊(1 - t) · n⌋ + 1 of them it holds one: prefix filtering
(Chaudhuri, Ganti, Kaushik 2006). Those that the fewest items have are taken, for a row holds them
by chance least often. So no row is missed, and few are compared for nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from curate.dedup.hashing import I64, U64, mixed, run_sums
from curate.dedup.readings import text_keys
from curate.dedup.shingles import windows
from curate.dedup.tokens import Tokens, tokenise
from curate.runs import offsets

LEAST = 8
"""Pieces from which on a part of a longer text is told by them.

A shorter question ("What is the capital of France?") stands in many texts by chance. GPT-3's
shingles for decontamination have 8 pieces at least as well (Brown et al. 2020, appendix C).
"""

_SLOTS = 22  # bits of a hash that the first look goes by
_SLACK = 1e-9  # 0.7 · 10 is 7.000000000000001 in floats


@dataclass(frozen=True)
class Table:
    """Sorted hashes without repetition, and a small map that says quickly what is not there."""

    hashes: U64
    slots: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, hashes: U64) -> Table:
        """`hashes`, which are sorted and distinct."""
        slots = np.zeros(1 << _SLOTS, np.bool_)
        slots[_slot(hashes)] = True
        return cls(hashes, slots)

    def find(self, wanted: U64) -> tuple[I64, I64]:
        """Which of `wanted` are there, and the places of those."""
        likely = np.flatnonzero(self.slots.take(_slot(wanted)))
        some = wanted.take(likely)
        place = np.searchsorted(self.hashes, some)
        found = np.flatnonzero(self.hashes.take(place, mode="clip") == some)
        return likely.take(found), place.take(found)


@dataclass(frozen=True)
class Rare:
    """The shingles that find items: each item by some of its rarest."""

    table: Table

    items: I64
    """The items that each finds, shingle after shingle."""

    begins: I64
    """(shingles + 1) Where those of each begin."""


@dataclass(frozen=True)
class Items:
    """Items by number. Of those with the same shingles, or the same few pieces, the first counts.

    A shingle's number is its place in `known`.
    """

    known: Table
    """The shingles of all long items."""

    shingles: I64
    """Numbers of the shingles of each item, item after item."""

    begins: I64
    """(items + 1) Where those of each begin; a short item has none."""

    rare: Rare

    short: Table
    """Keys of the short items."""

    named: I64
    """The item of each key."""

    longest: int
    """Most pieces of a short item; 0 where there is none."""

    @property
    def sizes(self) -> I64:
        """(items) Distinct shingles of each."""
        return np.diff(self.begins)


def items_of(texts: Sequence[str], threshold: float, ngram: int) -> Items:
    """`texts` as items, to be found from a share of `threshold` on; one without pieces never is."""
    tokens = tokenise(texts)
    long = tokens.counts >= max(LEAST, ngram)
    item, hashes = _distinct(tokens, long, ngram)
    known, number = np.unique(hashes, return_inverse=True)
    sizes = np.bincount(item, minlength=len(texts))
    short = np.flatnonzero(~long & (tokens.counts > 0))
    keys, first = np.unique(text_keys(tokens)[short], return_index=True)
    return Items(
        known=Table.of(known),
        shingles=number,
        begins=offsets(sizes),
        rare=_rare(known, item, number, threshold),
        short=Table.of(keys),
        named=short[first],
        longest=int(tokens.counts[short].max(initial=0)),
    )


def _distinct(tokens: Tokens, long: npt.NDArray[np.bool_], ngram: int) -> tuple[I64, U64]:
    """Item and hash of each distinct shingle of the long items, by item, then hash.

    Items with the same ones as an earlier item are left out.
    """
    hashes = mixed(windows(tokens.sums, tokens.offsets, ngram))
    item = np.repeat(np.arange(len(long)), np.maximum(tokens.counts - ngram + 1, 0))
    order = np.lexsort((hashes, item))
    hashes, item = hashes[order], item[order]
    new = np.ones(len(item), np.bool_)
    new[1:] = (item[1:] != item[:-1]) | (hashes[1:] != hashes[:-1])
    new &= long[item]
    hashes, item = hashes[new], item[new]
    begins = offsets(np.bincount(item, minlength=len(long)))
    sets = mixed(run_sums(hashes, begins[:-1], begins[1:]))
    _, first = np.unique(sets, return_index=True)
    stays = np.zeros(len(long), np.bool_)
    stays[first] = True
    return item[stays[item]], hashes[stays[item]]


def _rare(known: U64, item: I64, number: I64, threshold: float) -> Rare:
    """Of each item as many of its shingles, rarest first, that a row which holds it has one."""
    sizes = np.bincount(item)
    seen = np.bincount(number)
    order = np.lexsort((number, seen[number], item))
    needed = np.maximum(np.ceil(threshold * sizes - _SLACK).astype(np.int64), 1)
    place = np.arange(len(item)) - np.repeat(offsets(sizes)[:-1], sizes)
    chosen = order[place <= (sizes - needed)[item]]
    chosen = chosen[np.argsort(number[chosen], kind="stable")]
    entries, counts = np.unique(number[chosen], return_counts=True)
    return Rare(Table.of(known[entries]), item[chosen], offsets(counts))


def _slot(hashes: U64) -> I64:
    return (hashes >> np.uint64(64 - _SLOTS)).astype(np.int64)
