"""Where rows are stored by column: a Parquet file, or a folder that `datasets` saved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from curate.errors import InputError
from curate.tables.write import Layout

_BATCH = 8192  # rows; small enough for the processor's cache, which takes a third off the time


class Store(Protocol):
    """Rows that are stored by column."""

    name: str
    schema: pa.Schema
    layout: Layout

    first: int
    """Rows of the file before these."""

    def batches(self, names: list[str] | None = None) -> Iterator[pa.Table]:
        """All rows in order, of some columns or of all."""

    def frame(self, names: list[str]) -> pl.DataFrame:
        """All rows of some columns."""


class ParquetFile:
    """A Parquet file, or some of its row groups. Raises InputError where it is none."""

    def __init__(
        self, name: str, file: Any, groups: Sequence[int] | None = None, first: int = 0
    ) -> None:
        self.name, self.first = name, first
        self._file = file
        self._groups = groups
        with self._readable("is not Parquet"):
            self.footer = pq.ParquetFile(file, pre_buffer=False)
        self.schema = self.footer.schema_arrow
        self.layout = _layout(self.footer.metadata)

    def batches(self, names: list[str] | None = None) -> Iterator[pa.Table]:
        """All rows in order, of some columns or of all."""
        given = {"row_groups": self._groups, "columns": names, "use_threads": False}
        with self._readable("cannot be read as Parquet"):
            for batch in self.footer.iter_batches(_BATCH, **given):
                yield pa.Table.from_batches([batch])

    def frame(self, names: list[str]) -> pl.DataFrame:
        """All rows of some columns."""
        with self._readable("cannot be read as Parquet"):
            if self._groups is None:
                self._file.seek(0)
                return pl.read_parquet(self._file, columns=names)
            # a piece is read by one thread, since others read other pieces
            table = self.footer.read_row_groups([*self._groups], names, use_threads=False)
            return pl.DataFrame(table)

    @contextmanager
    def _readable(self, what: str) -> Iterator[None]:
        try:
            yield
        except (pa.ArrowException, pl.exceptions.PolarsError, OSError) as error:
            raise InputError(f"{self.name} {what}: {error}") from error


class SavedDataset:
    """A folder that `datasets` saved, all its splits one after another. Raises InputError."""

    layout = Layout()
    first = 0

    def __init__(self, path: Path) -> None:
        from datasets import DatasetDict, load_from_disk

        self.name = str(path)
        try:
            loaded = load_from_disk(self.name)
        except (FileNotFoundError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{path} holds no .parquet files, and no dataset saved with save_to_disk: {error}"
            ) from error
        self._parts = list(loaded.values()) if isinstance(loaded, DatasetDict) else [loaded]
        schemas = [part.features.arrow_schema for part in self._parts]
        self.schema = schemas[0] if schemas else pa.schema([])
        if not all(schema.equals(self.schema) for schema in schemas):
            raise InputError(f"{path}: its splits have different columns; name one of its folders")

    def batches(self, names: list[str] | None = None) -> Iterator[pa.Table]:
        """All rows in order, of some columns or of all."""
        for part in self._parts:
            chosen = part if names is None else part.select_columns(names)
            yield from chosen.with_format("arrow").iter(_BATCH)

    def frame(self, names: list[str]) -> pl.DataFrame:
        """All rows of some columns."""
        parts = [pl.from_arrow(table) for table in self.batches(names)]
        return pl.concat([part for part in parts if isinstance(part, pl.DataFrame)])


def _layout(metadata: pq.FileMetaData) -> Layout:
    """How a Parquet file is laid out, so that a copy is as well."""
    if not metadata.num_row_groups or not metadata.num_columns:
        return Layout()
    first = metadata.row_group(0)
    packing = first.column(0).compression.lower()
    known = {"uncompressed": "none", "lz4_raw": "lz4"}.get(packing, packing)
    return Layout(known, max(first.num_rows, _BATCH), rename=False)
