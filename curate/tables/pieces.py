"""A piece of the rows in shards: some row groups of one Parquet file.

Read and written by whoever has its path, wherever that is; no process sees all rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import polars as pl
import pyarrow.parquet as pq

from curate.errors import InputError
from curate.tables.columns import Columns
from curate.tables.pairs import TEXTS, pair_frame, systems, told
from curate.tables.places import State, opened, state, whole
from curate.tables.stores import ParquetFile

_DIGEST = 16  # signs of an id that is a digest of contents; a number may follow them


@dataclass(frozen=True)
class Piece:
    """Some row groups of one Parquet file. Given to whoever works on it."""

    path: str
    """Address, or path from the root."""

    groups: tuple[int, ...]
    rows: int

    first: int
    """Rows of the file before these."""

    number: int
    """Its place among all pieces."""

    state: State
    """Of the file, when its pieces were found."""

    apart: bool = False
    """Whether system messages are part of the inputs, since they differ among all rows."""

    ids: pl.Series | None = field(default=None, compare=False)
    """Ids of its rows, once they are known among all."""

    def read(self) -> pl.DataFrame:
        """Instruction, input and output of its rows, and `id` where ids are known.

        Raises InputError where that cannot be read, or the file was changed.
        """
        with self._records() as records:
            found = told(records.fields(), apart=self.apart).select(TEXTS)
        return found if self.ids is None else found.with_columns(id=self.ids)

    def tell(self, *, digests: bool = False) -> Told:
        """What it says of its rows; with `digests`, ids are made of contents in any case."""
        with self._records() as records:
            found = records.fields()
        known = systems(found)
        found = told(found, apart=self.apart)
        pairs = pair_frame(found.drop("id", strict=False) if digests else found)
        own = "id" in found.columns and not digests and found["id"].equals(pairs["id"])
        text = found.select(pl.col(TEXTS).str.len_bytes().sum()).sum_horizontal()[0]
        quality = pairs["quality"] if "quality" in pairs.columns else None
        return Told(pairs["id"], own, quality, int(text or 0), known)

    def write(self, folder: str, keep: pl.Series, extra: pl.DataFrame | None = None) -> int:
        """Write the records that stay as a shard of this number into a folder; how many there are.

        `extra` has further columns for each row. The first shard is written without rows, too, so
        that where nothing stays there are the columns.
        """
        if self.number and not keep.any():
            return 0
        with self._records() as records:
            schema, tables = records.tables(keep, extra)
            options = {"compression": records.layout.compression}
            with (
                whole(f"{folder.rstrip('/')}/part-{self.number:05}.parquet") as out,
                pq.ParquetWriter(out, schema, **options) as writer,
            ):
                for table in tables:
                    writer.write_table(table, row_group_size=records.layout.row_group_size)
        return int(keep.sum())

    @contextmanager
    def _records(self) -> Iterator[Columns]:
        if state(self.path) != self.state:
            raise InputError(f"{self.path} was changed while its rows were decided upon: try again")
        with opened(self.path) as file:
            yield Columns(ParquetFile(self.path, file, self.groups, self.first))


@dataclass(frozen=True)
class Told:
    """What a piece says of its rows without their texts."""

    ids: pl.Series
    own: bool
    """Whether those are the records' own; else digests of contents."""

    quality: pl.Series | None
    text: int
    """Bytes."""

    systems: frozenset[str]
    """System messages of the rows, two at most."""


def numbered(digests: pl.Series) -> pl.Series:
    """Ids of rows from digests that are numbered in each piece: numbered among all, as in a file
    by itself (`pairs.pair_frame`).
    """
    bare = pl.DataFrame({"id": digests.str.slice(0, _DIGEST)})
    turn = pl.col("id").cum_count().over("id")
    again = pl.format("{}-{}", "id", turn)
    return bare.select(pl.when(turn > 1).then(again).otherwise("id").alias("id")).to_series()
