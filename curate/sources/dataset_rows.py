"""Opens a dataset by the `datasets` library, and gives its rows without loading all of them.

Local files are read by a cache of their own that goes away again: the library tells local folders
apart by name, not by content. Nothing outside of a local folder is read, whatever its card says.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curate.errors import InputError
from curate.registry import nearest
from curate.sources.kinds import PACKED
from curate.sources.load import Unreadable, opened

_STATE = "state.json"
_JSON = {".json", ".jsonl", ".ndjson"}
_SPLITS = "dataset_dict.json"


@dataclass(frozen=True)
class Place:
    """Where rows are."""

    path: str
    split: str
    config: str
    revision: str
    stream: bool
    longest: int  # line of JSON, in bytes; the library takes a line into memory whole


def open_rows(place: Place, folder: str, columns: list[str]) -> Iterator[dict[str, Any]]:
    """The rows of a split, with these columns. `folder` is for temporary files.

    Raises InputError where the dataset cannot be reached, or has no such split or column.
    """
    local = Path(place.path).expanduser()
    if (local / _STATE).is_file() or (local / _SPLITS).is_file():
        rows = _saved(local, place)
    else:
        rows = _built(local, place, folder)
    known = getattr(rows, "column_names", None)
    if known:
        _check(columns, known, place)
        rows = rows.select_columns(columns)
    for number, row in enumerate(rows):
        if number == 0:
            _check(columns, row, place)
        yield row


def _check(columns: list[str], known: Iterable[str], place: Place) -> None:
    for column in columns:
        if column not in known:
            raise InputError(f'{place.path} has no column "{column}". {nearest(column, known)}')


def _saved(local: Path, place: Place) -> Any:
    """Rows of a folder that `save_to_disk` wrote."""
    from datasets import DatasetDict, load_from_disk

    for state in local.rglob(_STATE):
        _check_state(state)
    try:
        loaded = load_from_disk(str(local))
    except Exception as error:  # damaged files raise anything
        raise InputError(f"{local} is not a whole dataset of save_to_disk: {error}") from error
    if not isinstance(loaded, DatasetDict):
        _check_split(place, [str(loaded.split or place.split)])
        return loaded
    _check_split(place, loaded)
    return loaded[place.split]


def _check_state(state: Path) -> None:
    """Refuse the state of a saved dataset that names files elsewhere."""
    try:
        files = [part["filename"] for part in json.loads(state.read_bytes())["_data_files"]]
        names = [Path(file).name for file in files]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(f"{state} is not the state of a saved dataset: {error}") from error
    if names != files or any((state.parent / name).is_symlink() for name in names):
        raise InputError(f"{state} names files outside of its folder; save the dataset again.")


def _built(local: Path, place: Place, folder: str) -> Any:
    """Rows of local files, or of a dataset of the Hub."""
    import datasets

    if not sys.stderr.isatty():
        datasets.disable_progress_bars()
    here = local.exists()
    options: dict[str, Any] = {"name": place.config or None}
    if here:
        options["cache_dir"] = folder
        options["data_files"] = {place.split: local.name} if local.is_file() else None
    else:
        options["revision"] = place.revision or None
    path = str((local.parent if local.is_file() else local).resolve()) if here else place.path
    try:
        builder = datasets.load_dataset_builder(path, **options)
        if here:
            _check_files(Path(path), builder.config.data_files or {}, place.longest)
        if not here and not place.stream:
            builder.download_and_prepare()
            _check_split(place, builder.info.splits or [place.split])
            return builder.as_dataset(place.split)
        splits = builder.as_streaming_dataset()
    except InputError:
        raise
    except Exception as error:  # the library raises OSError, ValueError, RuntimeError and its own
        raise InputError(_reason(place, here, error)) from error
    _check_split(place, splits)
    return splits[place.split]


def _check_files(root: Path, files: dict[str, list[str]], longest: int) -> None:
    for name in (str(name) for names in files.values() for name in names):
        path = Path(name.rpartition("::")[2])  # `zip://x::/path/of.zip`
        if not path.resolve().is_relative_to(root):
            raise InputError(f"{root} names a file outside of it, {name}; copy that into it.")
        packing = PACKED.get(path.suffix.lower(), "")
        if any(suffix in _JSON for suffix in path.suffixes[-2:]) and "::" not in name:
            _check_lines(path, packing, longest)


def _check_lines(path: Path, packing: str, longest: int) -> None:
    number = 1
    try:
        with opened(path, packing) as stream:
            while line := stream.readline(longest + 1):
                if len(line) > longest:
                    raise InputError(
                        f"{path}, line {number:,}: over {longest:,} bytes; split it, raise "
                        "max_bytes, or read it by `files`, which passes over such lines."
                    )
                number += 1
    except Unreadable:  # who reads it will say
        return


def _check_split(place: Place, known: Iterable[str]) -> None:
    if place.split not in set(known):
        raise InputError(
            f'{place.path} has no split "{place.split}". {nearest(place.split, known)}'
        )


def _reason(place: Place, here: bool, error: Exception) -> str:
    what = " ".join(str(error).split())[:500]
    if here:
        return (
            f"{place.path} cannot be read as a dataset: {what} Give `dataset` a folder or file of "
            "Parquet, JSON Lines or CSV, or one that save_to_disk wrote."
        )
    if isinstance(error, ConnectionError) or "offline" in what.lower():
        return (
            f"{place.path} is not on this machine, and the Hub cannot be reached ({what}). Check "
            "the path and the network, and that HF_HUB_OFFLINE is not set."
        )
    return f"The dataset {place.path} cannot be opened: {what}"
