"""The records of a benchmark's file, within bounds: JSON, JSON Lines, CSV, Parquet, HellaSwag text.

How a file is packed and laid out is told by its ending, what it is by its content.
"""

from __future__ import annotations

import bz2
import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from curate.errors import InputError
from curate.sources.benchmark_shapes import lettered
from curate.sources.load import Unreadable, decode, opened

ENDINGS = (".json", ".jsonl", ".ndjson", ".csv", ".parquet", ".txt")
PACKINGS = {".bz2": "bz2", ".gz": "gz", ".zst": "zst"}

_LARGEST = 256_000_000  # bytes of a file, unpacked
_BATCH = 1 << 10  # rows of Parquet read at a time
_LINES = 6  # of an item of HellaSwag: context, number of the right ending, four endings
_ACTIVITY = re.compile(r"[^:]{1,100}: ")  # before the context, where every item has one


def kind(path: Path) -> tuple[str, str, str]:
    """Name without endings, ending, and packing; no ending for files that cannot be benchmarks."""
    packing = PACKINGS.get(path.suffix.lower(), "")
    name = path.with_suffix("") if packing else path
    ending = name.suffix.lower()
    if ending not in ENDINGS or (packing and ending == ".parquet"):
        return path.name, "", ""
    return name.stem, ending, packing


def records(path: Path) -> Iterator[Any]:
    """The records of a file. Raises InputError where it cannot be read, and names the place.

    Of a link the name counts and what it leads to is read: in the Hub's cache all files are links.
    """
    _, ending, packing = kind(path)
    real = path.resolve()
    try:
        if ending == ".parquet":
            yield from _parquet(real)
            return
        data = _unpacked(real) if packing == "bz2" else _read(real, packing)
        text = decode(data) if data.strip() else ""
    except Unreadable as error:
        raise InputError(f"{path}: {error}") from error
    yield from _of_text(text, ending, path)


def _read(path: Path, packing: str) -> bytes:
    with opened(path, packing) as stream:
        return _bounded(stream)


def _unpacked(path: Path) -> bytes:
    try:
        with bz2.open(path) as stream:
            return _bounded(stream)
    except (OSError, EOFError, ValueError) as error:
        raise Unreadable(f"cannot be unpacked, perhaps cut short or damaged: {error}") from error


def _bounded(stream: IO[bytes]) -> bytes:
    data = stream.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise Unreadable(f"over {_LARGEST:,} bytes; split it")
    return data


def _of_text(text: str, ending: str, path: Path) -> Iterator[Any]:
    if ending == ".csv":
        yield from _csv(text, path)
    elif ending == ".txt":
        yield from _hellaswag(text)
    elif text.lstrip()[:1] == "[":
        yield from _json(text, str(path))
    elif ending == ".json" and (single := _single(text)) is not None:
        yield single
    else:
        for number, line in enumerate(text.split("\n"), 1):
            if line.strip():
                yield _json(line, f"{path}:{number}")


def _single(text: str) -> Any:
    """The one object that the text is; None where it is something else, such as lines of JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _json(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: not JSON ({error})") from error


def _csv(text: str, path: Path) -> Iterator[dict[str, Any]]:
    """Rows by their header; those of MMLU as Hendrycks publishes it, which has none, by its own."""
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        rows = [row for row in reader if row]
    except csv.Error as error:
        raise InputError(f"{path}, line {reader.line_num}: not CSV ({error})") from error
    if rows and all(map(lettered, rows)):
        header = ["question", "choice0", "choice1", "choice2", "choice3", "answer"]
    else:
        header, rows = (rows[0], rows[1:]) if rows else ([], [])
    for row in rows:
        yield dict(zip(header, row, strict=False))


def _hellaswag(text: str) -> Iterator[dict[str, Any]]:
    """Items of six lines, as the Hub names their parts; nothing where the lines are no such items.

    The six lines: a context with its activity before it (`Shuffleboard: A boy is …`), the number of
    its right ending from 0, and four endings.
    """
    lines = text.removesuffix("\n").split("\n")
    labels = lines[1::_LINES]
    if len(lines) % _LINES or any(label.strip() not in tuple("0123") for label in labels):
        return
    named = all(map(_ACTIVITY.match, lines[::_LINES]))
    for at in range(0, len(lines), _LINES):
        context, label, *endings = lines[at : at + _LINES]
        context = _ACTIVITY.sub("", context, count=1) if named else context
        yield {"ctx": context, "label": label, "endings": endings}


def _parquet(path: Path) -> Iterator[dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    size = 0
    try:
        with pq.ParquetFile(path, memory_map=False) as file:
            for batch in file.iter_batches(_BATCH):
                size += batch.nbytes
                if size > _LARGEST:
                    raise Unreadable(f"over {_LARGEST:,} bytes; split it")
                yield from batch.to_pylist()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise Unreadable(f"not Parquet: {error}") from error
