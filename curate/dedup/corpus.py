"""Rows in partitions, wherever those lie: as they came (`Spread`), and as compared (`Corpus`).

What decides about order and sample is here, in this process: ids and order keys. Texts stay where
they are. So the result depends on neither the partitions nor the engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.dedup.hashing import I64
from curate.dedup.rows import Rows
from curate.engines.base import Engine, Handle
from curate.errors import InputError
from curate.runs import offsets

TEXTS = ("instruction", "input", "output")
_KEYS = ("id", "quality", "start", "end")

Flags = npt.NDArray[np.bool_]


class Stored(Protocol):
    """Reads rows from where they are stored, the same each time."""

    def read(self) -> pl.DataFrame:
        """Their frame."""
        ...


Source = pl.DataFrame | Stored


@dataclass(frozen=True)
class Later:
    """Rows that are stored, read anew by each look at them, in the order of their numbers.

    So nobody holds all texts, and memory does not grow with them.
    """

    source: Stored
    places: I64
    ngram: int

    def read(self) -> Rows:
        """The rows."""
        return Rows.of(self.source.read()[self.places], self.ngram)


Part = Rows | Later


def rows_of(part: Part) -> Rows:
    """The rows of a part, read where they are stored."""
    return part if isinstance(part, Rows) else part.read()


@dataclass(frozen=True)
class Some:
    """The stored rows that are to be kept."""

    source: Stored
    keep: pl.Series

    def read(self) -> pl.DataFrame:
        """Their frame."""
        return self.source.read().filter(self.keep)


@dataclass(frozen=True)
class Corpus:
    """Rows as they are compared; a row's number is its place among all, best first."""

    ids: pl.Series
    """By number."""

    parts: list[Handle]
    """Handles of `Part`s, each in the order of its numbers."""

    numbers: list[I64]
    """Of the rows of each part, rising."""

    engine: Engine

    def __len__(self) -> int:
        return len(self.ids)

    def within(self, chosen: Flags) -> list[I64]:
        """Of each part the places of its rows that are chosen; flags are by number."""
        return [np.flatnonzero(chosen[own]) for own in self.numbers]


@dataclass(frozen=True)
class Spread:
    """Rows as they came, in partitions."""

    keys: pl.DataFrame
    """Id of each row and, where known, what puts it in order: quality, start, end."""

    frames: list[Handle]
    """Handles of frames with the columns id, instruction, input, output, or of what reads one."""

    sizes: list[int]
    """Rows in each."""

    text: int
    """Bytes of text in all."""

    engine: Engine

    @classmethod
    def of(cls, rows: pl.DataFrame, engine: Engine) -> Spread:
        """A frame that is in this process, cut as the engine wants it."""
        texts = rows.select("id", *TEXTS)
        parts = [texts] if engine.rows is None else [*texts.iter_slices(engine.rows)] or [texts]
        keys = rows.select(name for name in _KEYS if name in rows.columns)
        frames = [engine.keep(part) for part in parts]
        return cls(keys, frames, [part.height for part in parts], text_bytes(rows), engine)

    def without(self, gone: pl.Series) -> Spread:
        """All but the rows with these ids. `text` is still that of all."""
        if gone.is_empty():
            return self
        keep = ~self.keys["id"].is_in(gone.implode())
        parts = [keep.slice(at, size) for at, size in zip(self._begins, self.sizes, strict=True)]
        frames = self.engine.run(_kept, [*zip(self.frames, parts, strict=True)])
        sizes = [int(part.sum()) for part in parts]
        return Spread(self.keys.filter(keep), frames, sizes, self.text, self.engine)

    def rows(self, ids: Sequence[str]) -> pl.DataFrame:
        """Id and texts of a few rows, in this process."""
        chosen = pl.Series(ids, dtype=pl.String)
        made = self.engine.run(_named, [(frame, chosen) for frame in self.frames])
        found: pl.DataFrame = pl.concat(self.engine.get(made))
        return found

    def corpus(self, ngram: int, earlier: Spread | None = None) -> tuple[Corpus, int]:
        """These rows, best first, after all earlier ones; the number of those.

        Raises InputError where two rows have one id.
        """
        given = [self] if earlier is None else [earlier, self]
        orders = [best_first(each.keys.with_row_index("at")) for each in given]
        ids, parts, numbers, before = [], [], [], 0
        for each, order in zip(given, orders, strict=True):
            places = order["at"].to_numpy().astype(np.int64)
            part = np.searchsorted(offsets(np.array(each.sizes)), places, side="right") - 1
            own = [np.flatnonzero(part == which) for which in range(len(each.sizes))]
            inner = [places[at] - begin for at, begin in zip(own, each._begins, strict=True)]
            calls = [
                (frame, at, ngram) for frame, at in zip(each.frames, inner, strict=True) if len(at)
            ]
            parts += each.engine.run(_arranged, calls)
            numbers += [at + before for at in own if len(at)]
            ids.append(order["id"])
            before += len(places)
        return Corpus(pl.concat(ids), parts, numbers, self.engine), before - len(orders[-1])

    @property
    def _begins(self) -> list[int]:
        begins: list[int] = offsets(np.array(self.sizes, np.int64))[:-1].tolist()
        return begins


def read(source: Source) -> pl.DataFrame:
    """The frame, with instruction, input and output."""
    return source if isinstance(source, pl.DataFrame) else source.read()


def text_bytes(rows: pl.DataFrame) -> int:
    """Bytes of text of some rows."""
    sizes = rows.select(pl.col(TEXTS).str.len_bytes().sum())
    return int(sizes.sum_horizontal()[0] or 0)


def best_first(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows by quality, then length of the passage, both from above, then id."""
    if rows["id"].n_unique() < rows.height:
        twice = str(rows.filter(pl.col("id").is_duplicated())["id"].min())
        raise InputError(f"Two rows have the id {twice}. Give each row its own id, or none.")
    keys: list[pl.Expr] = []
    if "quality" in rows.columns and rows["quality"].dtype.is_numeric():
        keys.append(-pl.col("quality").cast(pl.Float64).fill_nan(None))
    if {"start", "end"} <= set(rows.columns):
        keys.append(pl.col("start") - pl.col("end"))
    return rows.sort(*keys, "id", nulls_last=True)


def _arranged(source: Source, places: I64, ngram: int) -> Part:
    if isinstance(source, pl.DataFrame):
        return Rows.of(source[places], ngram)
    return Later(source, places, ngram)


def _kept(source: Source, keep: pl.Series) -> Source:
    return source.filter(keep) if isinstance(source, pl.DataFrame) else Some(source, keep)


def _named(source: Source, ids: pl.Series) -> pl.DataFrame:
    return read(source).select("id", *TEXTS).filter(pl.col("id").is_in(ids.implode()))
