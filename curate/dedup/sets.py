"""Exact Jaccard similarity of many pairs of rows, from the sorted hashes of their shingles."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from curate.dedup.boilerplate import Phrases
from curate.dedup.corpus import Part, rows_of
from curate.dedup.hashing import I64, U64
from curate.dedup.rows import Rows
from curate.dedup.shingles import FIELDS
from curate.engines.threads import mapped
from curate.progress import Advance
from curate.runs import offsets, ragged

INSTRUCTION, OUTPUT, QUESTION = range(3)
"""Fields of an element: shingles of the instruction, of the output, pieces of the instruction."""

SPILL = 1 << 30
"""Bytes from which on the sets lie in a temporary file."""

FIELD_BITS, ROW_BITS = np.uint64(46), np.uint64(48)
_PAIRS = 1 << 13  # pairs compared at a time
_PART_ROWS = 1 << 16

F64 = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int32]
Sizes = npt.NDArray[np.int32]
Least = tuple[float, float]


@dataclass(frozen=True)
class Sets:
    """The set of each of some rows. An element is 48 bits: two of its field, 46 of a hash.

    Two rows of a hundred elements each share one by chance with 1 in 10¹⁰.
    """

    place: I64
    """(all rows) Where a row is in `begins` and `sizes`; -1 for a row without a set here."""

    elements: U64
    """Each row's sorted, so that its fields are end to end."""

    begins: I64
    """(rows) Where a row's elements begin."""

    sizes: npt.NDArray[np.int32]
    """(rows, 3) Its elements of each field."""

    least: Least
    """Similarity that the pieces of instructions, and the shingles of outputs, must have."""

    workers: int = 1

    def similarity(self, one: I64, other: I64) -> F64:
        """Of each pair of rows: their similarity, or 0 where their questions or answers differ."""
        parts = [slice(at, at + _PAIRS) for at in range(0, len(one), _PAIRS)]
        found = mapped(lambda part: self._of(one[part], other[part]), parts, self.workers)
        return np.concatenate([np.zeros(0), *found])

    def _of(self, one: I64, other: I64) -> F64:
        first, second = self.place[one], self.place[other]
        pair = np.arange(len(one), dtype=np.uint64) << ROW_BITS
        both = np.concatenate([self._gathered(first, pair), self._gathered(second, pair)])
        both.sort()
        twice = both[1:][both[1:] == both[:-1]] >> FIELD_BITS
        # of four numbers a pair, the last is never used
        shared = np.bincount(twice.astype(np.int64), minlength=4 * len(one)).reshape(-1, 4)[:, :3]
        total = self.sizes[first] + self.sizes[second] - shared
        whole = _ratio(shared[:, :FIELDS].sum(axis=1), total[:, :FIELDS].sum(axis=1))
        fields = _ratio(shared[:, [QUESTION, OUTPUT]], total[:, [QUESTION, OUTPUT]])
        alike = (fields >= np.array(self.least)).all(axis=1)
        return np.where(alike, whole, 0.0)

    def _gathered(self, places: I64, pair: U64) -> U64:
        sizes = self.sizes[places].sum(axis=1, dtype=np.int64)
        return self.elements[ragged(self.begins[places], sizes)] | np.repeat(pair, sizes)


def _ratio(shared: npt.NDArray[np.int64], total: npt.NDArray[np.int64]) -> F64:
    """Shared elements over all; 1 for two empty sets."""
    return np.divide(shared, total, out=np.ones(shared.shape), where=total > 0)


def room(numbers: I64, at_most: Sizes, least: Least, workers: int) -> Sets:
    """Room for the sets of the rows with these numbers, each with `at_most[number]` elements."""
    place = np.full(len(at_most), -1, np.int64)
    place[numbers] = np.arange(len(numbers))
    begins = offsets(at_most[numbers].astype(np.int64))
    sizes = np.zeros((len(numbers), 3), np.int32)
    return Sets(place, _space(int(begins[-1])), begins[:-1], sizes, least, workers)


def fill(
    made: Sets,
    part: Part,
    places: I64,
    numbers: I64,
    boilerplate: Phrases,
    workers: int,
    advance: Advance | None = None,
) -> None:
    """Write the sets of some rows of a part, of these numbers in `made`, into their room."""
    if not len(places):
        return
    rows = rows_of(part)

    def write(some: slice) -> int:
        elements, sizes = _elements(rows, places[some], boilerplate)
        at = made.place[numbers[some]]
        made.sizes[at] = sizes
        made.elements[ragged(made.begins[at], sizes.sum(axis=1, dtype=np.int64))] = elements
        return len(sizes)

    ends = np.cumsum([len(some) for some in rows.parts(places)]).tolist()
    cuts = [slice(first, last) for first, last in zip([0, *ends], ends, strict=False)]
    for done in mapped(write, cuts, workers):
        if advance is not None:
            advance(done)


def build(
    part: Part,
    places: I64,
    at_most: Sizes,
    boilerplate: Phrases,
    least: Least,
    workers: int,
    advance: Advance | None = None,
) -> Sets:
    """The sets of some rows of a part, by place in it."""
    made = room(places, at_most, least, workers)
    fill(made, part, places, places, boilerplate, workers, advance)
    return made


def _space(count: int) -> U64:
    """Room for so many elements: in memory, or in a file that is gone when nobody uses it."""
    if count * 8 <= SPILL:
        return np.zeros(count, np.uint64)
    with tempfile.TemporaryFile(prefix="curate-dedup-") as file:
        return np.memmap(file, np.uint64, "w+", shape=(count,))


def _elements(rows: Rows, part: I64, boilerplate: Phrases) -> tuple[U64, npt.NDArray[np.int32]]:
    """The elements of each row of a part, row after row, and how many it has of each field."""
    shingles = boilerplate.without(rows.shingles(part))
    if len(part) > _PART_ROWS:
        raise ValueError(f"{len(part)} rows in one part, where the bits are for {_PART_ROWS}")
    counts = shingles.counts
    asked, pieces = shingles.asked(boilerplate.words)
    number = np.arange(len(part), dtype=np.uint64)[:, None] << (ROW_BITS - FIELD_BITS)
    tags = number | np.arange(FIELDS, dtype=np.uint64)
    question = number[:, 0] | np.uint64(QUESTION)
    tag = np.concatenate([np.repeat(tags.ravel(), counts.ravel()), np.repeat(question, pieces)])
    elements = np.concatenate([shingles.hashes, asked])
    elements >>= np.uint64(64) - FIELD_BITS
    elements |= tag << FIELD_BITS
    elements.sort()
    new = np.ones(len(elements), np.bool_)
    new[1:] = elements[1:] != elements[:-1]
    elements = elements[new]
    fields = np.bincount((elements >> FIELD_BITS).astype(np.int64), minlength=4 * len(part))
    elements &= (np.uint64(1) << ROW_BITS) - np.uint64(1)
    return elements, fields.reshape(-1, 4)[:, :3].astype(np.int32)
