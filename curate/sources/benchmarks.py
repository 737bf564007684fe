"""Benchmarks as items to keep out of training rows: of the Hub by name, or of files and folders."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Any

import polars as pl

from curate.errors import InputError
from curate.sources.benchmark_files import ENDINGS, PACKINGS, kind, records
from curate.sources.benchmark_hub import HUB, splits
from curate.sources.benchmark_shapes import item_text, shape_of
from curate.sources.find import find, readable

ITEM = pl.Schema(
    {
        "id": pl.String,  # "SET:NUMBER", the number of the record in it, from 1
        "text": pl.String,  # the question, with its right answer where it has under 8 words
    }
)

_MOST = 5_000_000  # items of a folder
_NAMES = [f"*{ending}{packing}" for ending in ENDINGS for packing in ("", *PACKINGS)]


def benchmark(name_or_path: str) -> pl.DataFrame | None:
    """The items of a benchmark, as ITEM rows; None for a path that is none.

    A path is a file, or a folder, of which everything counts that is one below it. A set is named
    as its file without ending, below the folder with the path: `mmlu/anatomy_test`. What is on this
    machine comes first; otherwise a name of `benchmark_hub.HUB` is loaded from the Hub, and its
    sets are named like `arc/ARC-Easy/test`. A file of rows (Alpaca, messages, ShareGPT) is none.

    Raises InputError where a file cannot be read or a record of it has no question, and where the
    Hub cannot be reached.
    """
    path = Path(name_or_path).expanduser()
    try:
        folder, file = path.is_dir(), path.is_file()
    except (OSError, ValueError) as error:
        raise InputError(f"{name_or_path[:200]!r} cannot be looked at: {error}") from error
    if folder:
        return _frame(_folder(path))
    if file:
        return _frame([items] if (items := _file(path, kind(path)[0])) else [])
    if name_or_path not in HUB:
        return None
    sets = splits(name_or_path)
    return _frame([_items(found, name, f"{name} of the Hub") or [] for name, found in sets])


def _folder(root: Path) -> list[list[tuple[str, str]]]:
    found = find(root, _NAMES, [])
    for name, why in found.losses:
        raise InputError(f"{root / name}: {why}")
    sets = []
    for name, path in found.files.items():
        below = Path(name).with_name(kind(Path(name))[0]).as_posix()
        if items := _file(path, below):
            sets.append(items)
        if sum(map(len, sets)) > _MOST:
            raise InputError(f"{root}: over {_MOST:,} items; give fewer of its folders or files")
    return sets


def _file(path: Path, name: str) -> list[tuple[str, str]] | None:
    """The items of a file; None where it is no benchmark's."""
    if not kind(path)[1]:
        return None
    return _items(records(path), readable(name), str(path))


def _items(found: Iterable[Any], name: str, where: str) -> list[tuple[str, str]] | None:
    """Id and text of each record; None where the first one is no benchmark's."""
    stream = iter(found)
    first = next(stream, None)
    shape = shape_of(first)
    if shape is None:
        return None
    items = []
    for number, record in enumerate(chain([first], stream), 1):
        try:
            question, answer = shape(record)
        except (KeyError, TypeError, AttributeError) as error:
            what = f"a {type(record).__name__}" if not isinstance(record, dict) else f"no {error}"
            raise InputError(
                f"{where}, record {number}: expected a question, found {what}"
            ) from error
        if not isinstance(question, str) or not question.strip():
            raise InputError(f"{where}, record {number}: its question is empty or not text")
        text = item_text(question, answer).encode("utf-8", "replace").decode()
        items.append((f"{name}:{number}", text))
    return items


def _frame(sets: list[list[tuple[str, str]]]) -> pl.DataFrame | None:
    if not sets:
        return None
    return pl.DataFrame(list(chain.from_iterable(sets)), schema=ITEM, orient="row")
