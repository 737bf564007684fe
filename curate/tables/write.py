"""Files of rows, written whole or not at all, by the ending of their names."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from curate.disk import flush
from curate.errors import InputError

SUFFIXES = (".json", ".jsonl", ".parquet")
_BUFFER = 1 << 20


@dataclass(frozen=True)
class Layout:
    """How Parquet is packed."""

    compression: str = "zstd"
    row_group_size: int = 100_000  # rows
    rename: bool = True  # the items of lists to `element`, as the format's specification has it


class Records(Protocol):
    """Records as they were read."""

    @property
    def kind(self) -> str:
        """What they were read from: "json", "jsonl" or "parquet"."""

    @property
    def layout(self) -> Layout:
        """How to pack them as Parquet."""

    def read(self) -> pl.DataFrame:
        """Their pairs."""

    def texts(self, keep: pl.Series, extra: pl.DataFrame | None) -> Iterator[bytes]:
        """JSON of each that stays."""

    def lines(self, keep: pl.Series, extra: pl.DataFrame | None) -> Iterator[bytes]:
        """Those that stay as JSON Lines, in pieces of whole lines."""

    def tables(
        self, keep: pl.Series, extra: pl.DataFrame | None
    ) -> tuple[pa.Schema, Iterator[pa.Table]]:
        """Arrow of those that stay."""


def check_target(target: str | Path) -> None:
    """Raise InputError where no file of this name can be written. `-` can."""
    if str(target) != "-" and Path(target).suffix not in SUFFIXES:
        raise InputError(f"{target}: expected a file ending in {', '.join(SUFFIXES)}, or -")


def write(
    records: Records,
    target: str | Path,
    keep: pl.Series,
    extra: pl.DataFrame | None,
    check: Callable[[], Any],
) -> None:
    """Write the records that stay, with further columns. Raises InputError, or what `check` does.

    `check` is called when all is written, and before a file takes its place.
    """
    check_target(target)
    standard = str(target) == "-"
    kind = f".{records.kind}" if standard else Path(target).suffix
    name = "standard output" if standard else str(target)
    try:
        with opened(target, kind) as out:
            if kind == ".parquet":
                _parquet(out, records, keep, extra)
            elif kind == ".jsonl":
                out.writelines(records.lines(keep, extra))
            else:
                _array(out, records.texts(keep, extra))
            check()
    except (TypeError, ValueError, OverflowError, pa.ArrowException) as error:
        raise InputError(f"{name}: cannot hold these values ({error}); try .jsonl") from error


def _array(out: BinaryIO, texts: Iterator[bytes]) -> None:
    before = b"[\n"
    for text in texts:
        out.write(before + text.strip())
        before = b",\n"
    out.write(b"[]\n" if before == b"[\n" else b"\n]\n")


def _parquet(out: BinaryIO, records: Records, keep: pl.Series, extra: pl.DataFrame | None) -> None:
    schema, tables = records.tables(keep, extra)
    layout = records.layout
    options = {"compression": layout.compression, "use_compliant_nested_type": layout.rename}
    with pq.ParquetWriter(out, schema, **options) as writer:
        for table in tables:
            for batch in table.to_batches():
                writer.write_batch(batch, row_group_size=layout.row_group_size)


def opened(target: str | Path, kind: str) -> AbstractContextManager[BinaryIO]:
    """A file that takes the place of `target` when all of it is written; `-`: standard output.

    `kind` is the ending that says what is written.
    """
    return _standard(kind) if str(target) == "-" else _whole(Path(target))


@contextmanager
def _whole(path: Path) -> Iterator[BinaryIO]:
    """A file that takes its place when all of it is on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.partial")
    try:
        with temporary.open("wb", _BUFFER) as out:
            yield out
        flush(temporary)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


@contextmanager
def _standard(kind: str) -> Iterator[BinaryIO]:
    """Standard output. Parquet, whose writer wants to know its place, takes a file in between."""
    out = sys.stdout.buffer
    if kind == ".parquet":
        with tempfile.TemporaryFile() as file:
            yield file
            file.seek(0)
            shutil.copyfileobj(file, out, _BUFFER)
    else:
        yield out
    out.flush()
