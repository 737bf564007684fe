"""What is read of a file of rows, and the way back into a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import polars as pl

from curate.errors import InputError
from curate.tables.columns import Columns
from curate.tables.elements import Elements
from curate.tables.json_text import parse
from curate.tables.lines import Lines
from curate.tables.origin import Origin
from curate.tables.stores import ParquetFile, SavedDataset
from curate.tables.write import SUFFIXES, Records, write

_HEAD = 1 << 16
_PARQUET, _MARK = b"PAR1", b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Table:
    """Rows of a file: PAIR, in the file's order, and how to write the records that they stand for.

    `rows` has further `quality` (Float64), if records have a number under that name. An `id` is the
    record's own, if all have one and no two the same; else a digest of instruction, input, output.
    """

    rows: pl.DataFrame
    _records: Records
    _origin: Origin | None

    def write(self, target: str | Path, keep: pl.Series, extra: pl.DataFrame | None = None) -> None:
        """Write the records of the rows where `keep` is true, as they were, whole or not at all.

        The kind of file goes by the ending of `target`; `-` is standard output, and the kind that
        was read. `extra` has a row for each of `rows`, whose columns are added to the record, or
        take the place of its own. Raises InputError for an unknown ending, for values that this
        kind of file cannot hold, and where the file is no longer as it was read.
        """
        if len(keep) != self.rows.height or keep.dtype != pl.Boolean or keep.null_count():
            raise ValueError("`keep` must say of each row whether it stays")
        if extra is not None and extra.height != self.rows.height:
            raise ValueError("`extra` must have a row for each row")
        check = self._origin.check if self._origin else bool
        check()
        write(self._records, target, keep, extra, check)


def read(source: str | Path) -> Table:
    """Read a file, a folder that `datasets` saved, or standard input (`-`).

    A file whose name has no known ending is recognised by its content. Raises InputError naming the
    place and what is expected.
    """
    origin = None
    if str(source) != "-" and Path(source).is_dir():
        records: Records = Columns(SavedDataset(Path(source)))
    else:
        origin = Origin.of(source)
        records = _records(origin, Path(source).suffix)
    table = Table(records.read(), records, origin)
    if origin:
        origin.check()
    return table


def _records(origin: Origin, suffix: str) -> Records:
    kind = suffix if suffix in (".jsonl", ".parquet") else _found(origin, suffix)
    if kind == ".parquet":
        return Columns(ParquetFile(origin.name, origin.file))
    return Lines(origin) if kind == ".jsonl" else Elements(origin)


def _found(origin: Origin, suffix: str) -> str:
    """The kind of a file by its content. `.json` may be JSON Lines, too."""
    head = origin.file.read(_HEAD)
    text = head.removeprefix(_MARK).lstrip()
    if head.startswith(_PARQUET) and suffix != ".json":
        return ".parquet"
    if text.startswith(b"{"):
        return ".jsonl" if _first_line_is_whole(origin.file, head) else ".json"
    if text.startswith(b"[") or suffix == ".json":
        return ".json"
    if not text:
        return ".jsonl"
    raise InputError(
        f"{origin.name}: expected a file ending in {', '.join(SUFFIXES)}, or JSON, JSON Lines or "
        f"Parquet by its content; it begins with {bytes(text[:12])!r}"
    )


def _first_line_is_whole(file: BinaryIO, head: bytes) -> bool:
    file.seek(len(head) - len(head.removeprefix(_MARK).lstrip()))
    try:
        parse(file.readline())
    except (ValueError, RecursionError):
        return False
    return True
