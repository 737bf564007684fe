"""Decontamination: which rows hold a given text, such as a question of a benchmark.

What counts is containment (Broder 1997): the share of the item's distinct shingles that the row
has. The similarity of near-duplicates is the wrong measure, since a question in a long row is a
small part of it. GPT-3 removed what shared one run of 13 words with a benchmark (Brown et al. 2020,
appendix C); here the whole item counts, so that a phrase in common is not enough.

    items → rarest shingles → rows that have one → exact containment → the best item of each row
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise, starmap

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.dedup.corpus import Source, Spread
from curate.dedup.corpus import read as read_rows
from curate.dedup.duplicates import reported
from curate.dedup.hashing import I64
from curate.dedup.items import Items, items_of
from curate.dedup.readings import Readings, read
from curate.dedup.rows import Rows
from curate.engines.local import Local
from curate.engines.threads import mapped
from curate.errors import InputError
from curate.runs import offsets, ragged

_AT_ONCE = 1 << 21  # candidates, or shingles of theirs, that are looked at together

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Hits:
    """Pairs of a row and an item that it holds, and the share of the item that it holds."""

    row: I64
    item: I64
    share: F64

    def best(self) -> _Hits:
        """Of each row the one of the highest share, then of the lowest item."""
        order = np.lexsort((self.item, -self.share, self.row))
        row = self.row[order]
        first = order[np.flatnonzero(np.diff(row, prepend=-1))]
        return _Hits(self.row[first], self.item[first], self.share[first])


def contaminated(
    rows: pl.DataFrame,
    items: pl.DataFrame,
    threshold: float,
    ngram: int,
    workers: int | None = None,
) -> pl.DataFrame:
    """The rows that hold an item, one DUPLICATE row each, sorted by id.

    `rows` has id, instruction, input and output, `items` id and text. `kept` is the item's id, and
    `similarity` its containment, at least `threshold` (over 0, up to 1): the share of its distinct
    shingles of `ngram` pieces that the row has, read as instruction, input and output one after
    another, with and without the input. Of several items the one with the highest is named, then
    the one with the lowest id.

    An item of fewer than 8 pieces (`items.LEAST`), or than `ngram`, counts only where a field, or
    fields one after another, are that item and nothing else, but for case, width, white space and
    punctuation; the similarity is 1.0 then. One without pieces counts nowhere.

    The result is the same for any order of rows and items and any number of `workers`, by default
    one a core. Raises InputError where two rows have one id.
    """
    engine = Local(workers)
    return held_among(Spread.of(rows, engine), items, threshold, ngram)


def held_among(rows: Spread, items: pl.DataFrame, threshold: float, ngram: int) -> pl.DataFrame:
    """As `contaminated`, of rows in partitions. The same for any partitions and engine."""
    ids, engine = rows.keys["id"], rows.engine
    if ids.n_unique() < len(ids):
        twice = str(ids.filter(ids.is_duplicated()).min())
        raise InputError(f"Two rows have the id {twice}. Give each row its own id, or none.")
    items = items.select("id", pl.col("text").fill_null("")).sort("id", "text")
    known = engine.keep(items_of(items["text"].to_list(), threshold, ngram))
    calls = [(frame, known, threshold, ngram, engine.threads) for frame in rows.frames]
    hits = _joined(
        [
            replace(found, row=found.row + begin)
            for found, begin in zip(
                engine.get(engine.run(held_in, calls)), offsets(np.array(rows.sizes)), strict=False
            )
        ]
    )
    return reported(ids[hits.row], items["id"][hits.item], hits.share, threshold)


def held_in(rows: Source, items: Items, threshold: float, ngram: int, threads: int) -> _Hits:
    """The best item of each of some rows that holds one."""
    texts = Rows.of(read_rows(rows), ngram)
    parts = texts.parts(np.arange(len(texts)))
    return _joined([*mapped(lambda part: _held(texts, part, items, threshold), parts, threads)])


def _held(rows: Rows, part: I64, items: Items, threshold: float) -> _Hits:
    """The best item of each row of a part that holds one."""
    fields = rows.fields.slice(int(part[0]), len(part))
    readings = read(*(fields[name].to_list() for name in fields.columns))
    found = _joined([_equal(readings, items), *_containing(readings, rows.ngram, items, threshold)])
    best = found.best()
    return _Hits(part[best.row], best.item, best.share)


def _equal(readings: Readings, items: Items) -> _Hits:
    """Rows of which something is a short item."""
    row, keys = readings.runs(items.longest)
    which, place = items.short.find(keys)
    return _Hits(row[which], items.named[place], np.ones(len(which)))


def _containing(readings: Readings, ngram: int, items: Items, threshold: float) -> Iterator[_Hits]:
    """Rows with at least `threshold` of an item's shingles, some pairs at a time."""
    row, hashes = readings.shingles(ngram)
    which, rare = items.rare.table.find(hashes)
    hit = np.unique(row[which])
    some = np.flatnonzero(np.isin(row, hit))
    there, shingle = items.known.find(hashes[some])
    count = len(items.known.hashes)
    held = np.unique(row[some][there] * count + shingle)  # a row and the number of a shingle
    for owner, item in _candidates(row[which], rare, items):
        size = items.sizes[item]
        wanted = items.shingles[ragged(items.begins[item], size)]
        wanted += np.repeat(owner * count, size)
        has = held.take(np.searchsorted(held, wanted), mode="clip") == wanted
        share = np.diff(offsets(has)[offsets(size)]) / size
        enough = share >= threshold
        yield _Hits(owner[enough], item[enough], share[enough])


def _candidates(row: I64, rare: I64, items: Items) -> Iterator[tuple[I64, I64]]:
    """Pairs of a row and an item: rows that have these rare shingles, and what they find."""
    pairs = np.unique(row * len(items.rare.begins) + rare)
    row, rare = np.divmod(pairs, len(items.rare.begins))
    begins = items.rare.begins[rare]
    listed = items.rare.begins[rare + 1] - begins
    for some in _slices(listed):
        item = items.rare.items[ragged(begins[some], listed[some])]
        number = len(items.begins)
        pairs = np.unique(np.repeat(row[some], listed[some]) * number + item)
        owner, item = np.divmod(pairs, number)
        for part in _slices(items.sizes[item]):
            yield owner[part], item[part]


def _slices(sizes: I64) -> Iterator[slice]:
    """Slices of about as much each."""
    upto = np.cumsum(sizes)
    total = int(upto[-1]) if len(upto) else 0
    cuts = np.searchsorted(upto, np.arange(_AT_ONCE, total, _AT_ONCE)).tolist()
    return starmap(slice, pairwise(sorted({0, *cuts, len(sizes)})))


def _joined(parts: list[_Hits]) -> _Hits:
    none = _Hits(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))
    given = [none, *parts]
    return _Hits(
        np.concatenate([part.row for part in given]),
        np.concatenate([part.item for part in given]),
        np.concatenate([part.share for part in given]),
    )
