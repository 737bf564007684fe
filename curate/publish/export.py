"""A version's rows in the shape of another trainer, batch by batch, whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from curate.errors import InputError, UsageError
from curate.exports.base import Export
from curate.publish.sound import parquet
from curate.registry import members, nearest
from curate.tables.write import opened

_SIDES = {"train": ("train",), "test": ("test",), "all": ("train", "test")}
_COLUMNS = ["instruction", "input", "output"]
_BATCH = 5_000  # rows held at once


@dataclass(frozen=True)
class Exported:
    """How many rows were written, how many of the version were not, and what to know of them."""

    rows: int
    left_out: int
    warnings: list[str]


def export(
    folder: Path, name: str, target: str | Path, split: str = "train", system: str = ""
) -> Exported:
    """Write rows of the version in `folder` as the format `name`; the file goes by its ending.

    `target` may be `-`, standard output. Raises UsageError for options that do not go together,
    InputError for rows that the format's trainer refuses, and where the version is damaged.
    """
    shape = _format(name)
    kind = _kind(shape, target)
    if system and not shape.takes_system:
        able = [other for other, cls in members(Export).items() if cls.takes_system]
        raise UsageError(f"--system: {name} has no system message; {', '.join(able)} have one")
    files = {side: parquet(folder, f"data/{side}-*") for side in _SIDES["all"]}
    counts = {side: sum(map(_height, paths)) for side, paths in files.items()}
    chosen = [path for side in _SIDES[split] for path in files[side]]
    count = sum(counts[side] for side in _SIDES[split])
    if not count:
        raise InputError(f"{folder} has no rows in {split}; the other side: --split all")
    warnings = _checked(shape, chosen, system)
    frames = (shape.shaped(rows, system) for rows in _batches(chosen))
    with opened(target, kind) as out:
        if kind == ".parquet":
            _parquet(out, frames)
        else:
            out.writelines(_lines(frames) if kind == ".jsonl" else _array(frames))
    return Exported(count, sum(counts.values()) - count, warnings)


def _format(name: str) -> Export:
    known = members(Export)
    if name not in known:
        raise UsageError(f"--format {name!r}: there is no such format. {nearest(name, known)}")
    return known[name]()


def _kind(shape: Export, target: str | Path) -> str:
    """The ending of what is written. Raises UsageError for one that the format does not have."""
    if str(target) == "-":
        return ".jsonl"
    path = Path(target)
    if path.suffix not in shape.suffixes:
        raise UsageError(f"{path}: {shape.name} is written to {', '.join(shape.suffixes)}, or -")
    for above in path.absolute().parents:
        if (above / "manifest.json").is_file() and (above / "data").is_dir():
            raise UsageError(f"{path} lies in the version {above}, which never changes")
    return path.suffix


def _height(path: Path) -> int:
    try:
        return int(pq.read_metadata(path).num_rows)
    except (pa.ArrowException, OSError) as error:
        raise _damaged(path, error) from error


def _checked(shape: Export, files: list[Path], system: str) -> list[str]:
    rows = pl.scan_parquet(files).select("id", *_COLUMNS)
    try:
        return shape.check(rows, system)
    except pl.exceptions.PolarsError as error:
        raise _damaged(files[0].parent, error) from error


def _batches(files: list[Path]) -> Iterator[pl.DataFrame]:
    for path in files:
        try:
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches(_BATCH, columns=_COLUMNS):
                    yield pl.DataFrame(pa.Table.from_batches([batch]))
        except (pa.ArrowException, OSError) as error:
            raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> InputError:
    return InputError(f"{path} is damaged: its rows cannot be read ({error})")


def _lines(frames: Iterator[pl.DataFrame]) -> Iterator[bytes]:
    return (frame.write_ndjson().encode() for frame in frames)


def _array(frames: Iterator[pl.DataFrame]) -> Iterator[bytes]:
    """A JSON array of a record a line. Within a record, no line break stands for itself."""
    before = b"[\n"
    for lines in _lines(frames):
        yield before + lines.rstrip(b"\n").replace(b"\n", b",\n")
        before = b",\n"
    yield b"\n]\n"


def _parquet(out: BinaryIO, frames: Iterator[pl.DataFrame]) -> None:
    tables = (frame.to_arrow(compat_level=pl.CompatLevel.oldest()) for frame in frames)
    first = next(tables)
    with pq.ParquetWriter(out, first.schema, compression="zstd") as writer:
        for table in chain([first], tables):
            writer.write_table(table)
