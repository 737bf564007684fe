"""A look at all rows: their bands and keys. Each text is read once, and nothing of it kept.

Of each part, keys and sizes come to this process; bands stay where the part is, and rows that share
one are found band by band.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from curate.dedup.bands import Bands, band_keys
from curate.dedup.boilerplate import Flags, Phrases
from curate.dedup.corpus import Corpus, Part, rows_of
from curate.dedup.groups import Groups, grouped, joined
from curate.dedup.hashing import I64, U64
from curate.dedup.minhash import U32, Permutations, permutations, signatures
from curate.dedup.shingles import FIELDS
from curate.engines.threads import mapped
from curate.progress import Advance

_BITS = np.uint64(63)
_HIGH = np.uint64(32)


@dataclass(frozen=True)
class View:
    """How rows are looked at: signatures without `boilerplate`, in so many bands."""

    cut: Bands
    chosen: Permutations
    suspects: Phrases
    boilerplate: Phrases


class Scan:
    """What the look leaves of each row, by number.

    keys    equal for rows that say the same in the same order
    sizes   at most so many elements has a row's set (`sets.py`); 0 for an empty row
    """

    def __init__(
        self,
        rows: Corpus,
        cut: Bands,
        num_perm: int,
        suspects: Phrases,
        common: Phrases,
        advance: Advance,
    ) -> None:
        self._rows, self._engine = rows, rows.engine
        self._view = View(cut, permutations(num_perm, cut.used), suspects, common)
        self.keys = np.zeros(len(rows), np.uint64)
        self.sizes = np.zeros(len(rows), np.int32)
        view = self._engine.keep(self._view)
        made = self._engine.run(
            look,
            [(part, view, self._engine.threads) for part in rows.parts],
            results=3 + cut.count,
            advance=advance,
            amounts=[len(own) for own in rows.numbers],
        )
        told = self._engine.get(each for keys, sizes, *_ in made for each in (keys, sizes))
        for own, keys, sizes in zip(rows.numbers, told[::2], told[1::2], strict=True):
            self.keys[own], self.sizes[own] = keys, sizes
        self._having = [having for _, _, having, *_ in made]
        self._bands = [bands for _, _, _, *bands in made]

    @property
    def boilerplate(self) -> Phrases:
        """What the bands leave out."""
        return self._view.boilerplate

    def leave_out(self, boilerplate: Phrases) -> bool:
        """Make the bands anew where another boilerplate changes them. Whether it is another one."""
        changed = boilerplate.changed(self.boilerplate)
        self._view = replace(self._view, boilerplate=boilerplate)
        if not len(changed):
            return False
        some = np.isin(changed, self._view.suspects.hashes).all()
        bits = np.bitwise_or.reduce(_bits(changed)) if some else None
        view = self._engine.keep(self._view)
        each = zip(self._rows.parts, self._having, self._bands, strict=True)
        calls = [
            (part, view, bits, self._engine.threads, having, *bands) for part, having, bands in each
        ]
        made = self._engine.run(look_again, calls, results=self._view.cut.count)
        self._bands = [[*bands] for bands in made]
        return True

    def groups(self, chosen: Flags) -> Groups:
        """Those of the chosen rows that have an equal band."""
        engine = self._engine
        places = self._rows.within(chosen)
        numbers = [own[at] for own, at in zip(self._rows.numbers, places, strict=True)]
        held = [engine.keep(each) for pair in zip(numbers, places, strict=True) for each in pair]
        calls = [(*held, *(bands[at] for bands in self._bands)) for at in range(self._bands_count)]
        return joined(engine.get(engine.run(sharing, calls)))

    @property
    def _bands_count(self) -> int:
        return self._view.cut.count if self._bands else 0


def look(part: Part, view: View, threads: int, advance: Advance | None = None) -> list[Any]:
    """Keys, sizes and suspects of some rows, then an array for each of their bands."""
    rows = rows_of(part)
    keys, having = np.zeros(len(rows), np.uint64), np.zeros(len(rows), np.uint64)
    sizes = np.zeros(len(rows), np.int32)
    bands = np.zeros((view.cut.count, len(rows)), np.uint32)

    def look_at(places: I64) -> int:
        made = rows.shingles(places)
        keys[places] = made.keys
        sizes[places] = made.counts.sum(axis=1) + made.tokens.counts[::FIELDS]
        found = view.suspects.among(made.hashes)
        row = places[np.searchsorted(made.begins, found, side="right") - 1]
        np.bitwise_or.at(having, row, _bits(made.hashes[found]))
        bare = view.boilerplate.without(made)
        bands[:, places] = band_keys(signatures(bare.hashes, bare.begins, view.chosen), view.cut)
        return len(places)

    for done in mapped(look_at, rows.parts(np.arange(len(rows))), threads):
        if advance is not None:
            advance(done)
    return [keys, sizes, having, *bands]


def look_again(
    part: Part, view: View, bits: np.uint64 | None, threads: int, having: U64, *bands: U32
) -> list[U32]:
    """The bands of some rows, made anew where a row has one of the suspects of these bits; None:
    everywhere.
    """
    places = np.arange(len(having)) if bits is None else np.flatnonzero(having & bits)
    if not len(places):
        return [*bands]
    rows = rows_of(part)
    fresh = [band if band.flags.writeable else band.copy() for band in bands]

    def look_at(some: I64) -> None:
        bare = view.boilerplate.without(rows.shingles(some))
        signed = signatures(bare.hashes, bare.begins, view.chosen)
        for band, keys in zip(fresh, band_keys(signed, view.cut), strict=True):
            band[some] = keys

    for _ in mapped(look_at, rows.parts(places), threads):
        pass
    return fresh


def sharing(*given: I64 | U32) -> Groups:
    """The groups of one band. Given are, of each part, numbers and places of the rows that count,
    then, of each part, the band of its rows.
    """
    parts = len(given) // 3
    pairs, bands = given[: 2 * parts], given[2 * parts :]
    packed = [np.zeros(0, np.uint64)]
    for at, band in enumerate(bands):
        numbers, places = pairs[2 * at], pairs[2 * at + 1]
        packed.append((band[places].astype(np.uint64) << _HIGH) | numbers.astype(np.uint64))
    return grouped(np.concatenate(packed) if parts != 1 else packed[1])


def _bits(hashes: U64) -> U64:
    """Of each shingle one bit of 64, by which a row remembers that it has such a one."""
    return np.uint64(1) << (hashes & _BITS)
