"""Rows in many Parquet files, in a folder here or in a store (s3://, gs://, hf://), piece by piece.

    shards = Shards.of("s3://bucket/rows/")
    shards.pieces(100_000)               # each read by itself, wherever the work is
    piece.write("s3://bucket/out/", keep)

A piece is some row groups of one file, read and written by whoever has its path: no process sees
all rows. Keys to a store come from its usual environment variables or files (AWS_…,
GOOGLE_APPLICATION_CREDENTIALS, HF_TOKEN), on every machine that reads; AWS_ENDPOINT_URL names
another S3 server.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import fs

from curate.errors import InputError
from curate.tables.columns import Columns
from curate.tables.pairs import TEXTS
from curate.tables.stores import _BATCH, _layout
from curate.tables.write import Layout

_DIGEST = 16  # signs of an id that is a digest of contents; a number may follow them


def is_sharded(source: str) -> bool:
    """Whether a name is of Parquet shards: an address, a pattern, or a folder of Parquet files."""
    if "://" in source or glob.has_magic(source):
        return True
    return Path(source).is_dir() and any(Path(source).glob("*.parquet"))


@dataclass(frozen=True)
class Piece:
    """Some row groups of one Parquet file. Given to whoever works on it."""

    path: str
    """Address, or path from the root."""

    groups: tuple[int, ...]
    rows: int

    number: int
    """Its place among all pieces."""

    ids: pl.Series | None = None
    """Ids of its rows, once they are known among all."""

    def read(self) -> pl.DataFrame:
        """Its pairs: id, instruction, input, output and, where known, quality."""
        with _open(self.path) as file:
            found = Columns(_Groups(self, file)).read()
        known = [name for name in ("id", *TEXTS, "quality") if name in found.columns]
        found = found.select(known)
        return found if self.ids is None else found.with_columns(id=self.ids)

    def write(self, folder: str, keep: pl.Series, extra: pl.DataFrame | None = None) -> int:
        """Write the records that stay as a shard of this number into a folder; how many there are.

        `extra` has further columns for each row.
        """
        if not keep.any():
            return 0
        with _open(self.path) as source:
            store = _Groups(self, source)
            schema, tables = Columns(store).tables(keep, extra)
            with _whole(f"{folder.rstrip('/')}/part-{self.number:05}.parquet") as out:
                options = {"compression": store.layout.compression}
                with pq.ParquetWriter(out, schema, **options) as writer:
                    for table in tables:
                        writer.write_table(table, row_group_size=store.layout.row_group_size)
        return int(keep.sum())


@dataclass(frozen=True)
class Shards:
    """The Parquet files of a name, in the order of their paths."""

    files: tuple[str, ...]

    @classmethod
    def of(cls, source: str) -> Shards:
        """Raises InputError where there are none."""
        if glob.has_magic(source) and "://" not in source:
            found = [os.path.abspath(path) for path in glob.glob(source)]
        else:
            store, inner = _store(source)
            info = store.get_file_info(inner)
            if info.type == fs.FileType.File:
                found = [_full(source)]
            else:
                chosen = fs.FileSelector(inner, allow_not_found=True)
                inside = [each.base_name for each in store.get_file_info(chosen)]
                base = _full(source).rstrip("/")
                found = [f"{base}/{name}" for name in inside if name.endswith(".parquet")]
        if not found:
            raise InputError(f"{source}: there are no .parquet files")
        return cls(tuple(sorted(found)))

    def pieces(self, most: int) -> list[Piece]:
        """The row groups of all files, of about `most` rows together. Reads footers only."""
        pieces: list[Piece] = []
        for path in self.files:
            with _open(path) as file:
                data = _footer(path, file).metadata
            sizes = [data.row_group(at).num_rows for at in range(data.num_row_groups)]
            groups: list[int] = []
            for at, size in enumerate(sizes):
                if groups and sum(sizes[each] for each in groups) + size > most:
                    pieces.append(_piece(path, groups, sizes, len(pieces)))
                    groups = []
                groups.append(at)
            if groups:
                pieces.append(_piece(path, groups, sizes, len(pieces)))
        return pieces


def check_folder(target: str) -> None:
    """Raise InputError where there is something in the folder that shards are to be written to."""
    if target.endswith((".json", ".jsonl", ".parquet")) or target == "-":
        raise InputError(f"{target}: rows in shards are written to a folder; name one")
    store, inner = _store(target)
    info = store.get_file_info(inner)
    if info.type == fs.FileType.File:
        raise InputError(f"{target} is a file; name a folder to write shards to")
    if store.get_file_info(fs.FileSelector(inner, allow_not_found=True)):
        raise InputError(f"{target} is not empty; name another folder, or remove it first")


@dataclass(frozen=True)
class Told:
    """What a piece says of its rows without their texts."""

    ids: pl.Series
    own: bool
    """Whether those are the records' own; else digests of contents."""

    quality: pl.Series | None
    text: int
    """Bytes."""


def told(piece: Piece, digests: bool = False) -> Told:
    """What a piece says of its rows; with `digests`, ids are made of contents in any case."""
    with _open(piece.path) as file:
        store = _Groups(piece, file)
        own = "id" in store.schema.names and not digests
        raw = store.frame(["id"])["id"] if own else None
        if digests:
            store.schema = pa.schema([each for each in store.schema if each.name != "id"])
        found = Columns(store).read()
    own = raw is not None and raw.cast(pl.String).equals(found["id"])
    text = found.select(pl.col(TEXTS).str.len_bytes().sum()).sum_horizontal()[0]
    quality = found["quality"] if "quality" in found.columns else None
    return Told(found["id"], own, quality, int(text or 0))


def numbered(digests: pl.Series) -> pl.Series:
    """Ids of rows from digests that are numbered in each piece: numbered among all, as in a file
    by itself (`pairs.pair_frame`).
    """
    bare = pl.DataFrame({"id": digests.str.slice(0, _DIGEST)})
    turn = pl.col("id").cum_count().over("id")
    again = pl.format("{}-{}", "id", turn)
    return bare.select(pl.when(turn > 1).then(again).otherwise("id").alias("id")).to_series()


class _Groups:
    """The row groups of a piece as a `Store`."""

    def __init__(self, piece: Piece, file: Any) -> None:
        self.name = piece.path
        self._piece = piece
        self._file = _footer(piece.path, file)
        self.schema = self._file.schema_arrow
        self.layout: Layout = _layout(self._file.metadata)
        names = self.schema.names
        if "output" not in names or not {"instruction", "input"} & set(names):
            raise InputError(
                f"{piece.path}: shards hold instruction and output; found {', '.join(names)}. "
                "Convert conversations first, file by file: curate filter FILE -o OUT.parquet"
            )

    def batches(self, names: list[str] | None = None) -> Iterator[pa.Table]:
        """All rows in order, of some columns or of all."""
        given = {"row_groups": [*self._piece.groups], "columns": names, "use_threads": False}
        for batch in self._file.iter_batches(_BATCH, **given):
            yield pa.Table.from_batches([batch])

    def frame(self, names: list[str]) -> pl.DataFrame:
        """All rows of some columns."""
        table = self._file.read_row_groups([*self._piece.groups], names, use_threads=False)
        found = pl.from_arrow(table)
        if not isinstance(found, pl.DataFrame):
            raise TypeError("a Parquet file must be a table")
        return found


def _piece(path: str, groups: list[int], sizes: list[int], number: int) -> Piece:
    return Piece(path, tuple(groups), sum(sizes[at] for at in groups), number)


def _footer(path: str, file: Any) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(file, pre_buffer=False)
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path} is not Parquet: {error}") from error


def _full(path: str) -> str:
    return path if "://" in path else os.path.abspath(path)


def _store(path: str) -> tuple[fs.FileSystem, str]:
    """The store of an address, or this machine's files, and the path in it. Raises InputError."""
    kind = urlsplit(path).scheme if "://" in path else ""
    inner = path.partition("://")[2]
    try:
        if not kind:
            return fs.LocalFileSystem(), os.path.abspath(path)
        if kind == "s3":
            server = urlsplit(os.environ.get("AWS_ENDPOINT_URL", ""))
            own = {"endpoint_override": server.netloc, "scheme": server.scheme}
            given = {**own, "region": "us-east-1"} if server.netloc else {}
            return fs.S3FileSystem(**given, allow_delayed_open=True), inner.rstrip("/")
        if kind in ("gs", "file"):
            found, at = fs.FileSystem.from_uri(path)
            return found, str(at)
        import fsspec

        return fs.PyFileSystem(fs.FSSpecHandler(fsspec.filesystem(kind))), inner.rstrip("/")
    except (ValueError, ImportError, OSError, pa.ArrowException) as error:
        raise InputError(f"{path} cannot be reached ({error})") from error


def _open(path: str) -> Any:
    store, inner = _store(path)
    try:
        return store.open_input_file(inner)
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path} cannot be read: {error}") from error


@contextmanager
def _whole(path: str) -> Iterator[Any]:
    """A file that is there when all of it is written. In a store a file never is before."""
    store, inner = _store(path)
    here = isinstance(store, fs.LocalFileSystem)
    target = f"{inner}.partial" if here else inner
    if here:
        os.makedirs(os.path.dirname(inner), exist_ok=True)
    with store.open_output_stream(target) as out:
        yield out
    if here:
        os.replace(target, inner)
