"""Rows in files of any common shape: read as pairs, written back as they were.

Shapes of a record: Alpaca (`instruction`, `input`, `output`), OpenAI's `messages`, ShareGPT's
`conversations`. Files: JSON, JSON Lines, Parquet, or a folder that `datasets` saved. Of a
conversation, the first question and its answer count, and a system message is the input.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from curate.errors import InputError
from curate.schema import PAIR
from curate.text import digest

SUFFIXES = (".json", ".jsonl", ".parquet")
_ROLES = {"human": "user", "gpt": "assistant"}


@dataclass(frozen=True)
class Table:
    """Records as they were read, and the same rows as pairs (PAIR), in the same order."""

    records: list[dict[str, Any]]
    rows: pl.DataFrame


def read(path: Path) -> Table:
    """Read a file or a saved dataset. Raises InputError naming the place and what is expected."""
    if path.is_dir():
        records = _saved(path)
    elif not path.is_file():
        raise InputError(f"There is no file {path}.")
    elif path.suffix == ".parquet":
        records = _parquet(path)
    elif path.suffix == ".jsonl":
        records = [_parse(line, f"{path}:{number}") for number, line in _lines(path)]
    elif path.suffix == ".json":
        whole = _parse(_decode(path), str(path))
        records = whole if isinstance(whole, list) else [whole]
    else:
        raise InputError(f"{path}: expected a file ending in {', '.join(SUFFIXES)}")
    pairs = [_pair(record, number, path) for number, record in enumerate(records, 1)]
    return Table(records, pl.DataFrame(pairs, schema=PAIR))


def check_suffix(path: Path) -> None:
    """Raise InputError where the ending of `path` names no kind of file that can be written."""
    if path.suffix not in SUFFIXES:
        raise InputError(f"{path}: expected a file ending in {', '.join(SUFFIXES)}")


def write(path: Path, records: list[dict[str, Any]]) -> None:
    """Write records by the ending of `path`, whole or not at all.

    Raises InputError for an unknown ending, or values that this kind of file cannot hold.
    """
    check_suffix(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.partial")
    try:
        if path.suffix == ".parquet":
            pl.DataFrame(records, infer_schema_length=None).write_parquet(temporary)
        else:
            temporary.write_text(_json(records, lines=path.suffix == ".jsonl"), encoding="utf-8")
    except (TypeError, ValueError, pl.exceptions.PolarsError) as error:
        temporary.unlink(missing_ok=True)
        raise InputError(f"{path}: cannot hold these values ({error}); try .jsonl") from error
    os.replace(temporary, path)


def _json(records: list[dict[str, Any]], lines: bool) -> str:
    if lines:
        return "".join(
            _escaped(json.dumps(r, ensure_ascii=False, default=str)) + "\n" for r in records
        )
    return _escaped(json.dumps(records, ensure_ascii=False, indent=2, default=str)) + "\n"


def _escaped(text: str) -> str:
    """JSON text with lone surrogates, which UTF-8 has no bytes for, as JSON's escapes."""
    return re.sub(r"[\ud800-\udfff]", lambda match: f"\\u{ord(match[0]):04x}", text)


def _saved(path: Path) -> list[dict[str, Any]]:
    from datasets import DatasetDict, load_from_disk

    try:
        loaded = load_from_disk(str(path))
    except (FileNotFoundError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is not a dataset saved with save_to_disk: {error}") from error
    parts = loaded.values() if isinstance(loaded, DatasetDict) else [loaded]
    return [record for part in parts for record in part]


def _parquet(path: Path) -> list[dict[str, Any]]:
    try:
        return pl.read_parquet(path).to_dicts()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InputError(f"{path} is not Parquet: {error}") from error


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(_decode(path).split("\n"), 1):
        if line.strip():
            yield number, line


def _decode(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8: {error}") from error


def _parse(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: not JSON ({error})") from error


def _pair(record: Any, number: int, path: Path) -> dict[str, Any]:
    where = f"{path}, record {number}"
    if not isinstance(record, dict):
        raise InputError(f"{where}: expected an object, found {str(record)[:60]!r}")
    fields = _fields(record, where)
    if not all(isinstance(text, str) for text in fields):
        raise InputError(f"{where}: instruction, input and output must be text")
    clean = [text.encode("utf-8", "replace").decode() for text in fields]
    given: dict[str, Any] = dict.fromkeys(PAIR, "")
    given.update(zip(("instruction", "input", "output"), clean, strict=True))
    given.update(id=digest(number, *clean), kind="answer", start=0, end=0)
    return {**given, "dropped": None, "split": None}


def _fields(record: dict[str, Any], where: str) -> tuple[Any, Any, Any]:
    """Instruction, input and output of a record of any shape."""
    if "instruction" in record and "output" in record:
        return record["instruction"], record.get("input") or "", record["output"]
    turns = record.get("messages") or record.get("conversations")
    if isinstance(turns, list):
        said = {_role(turn): _content(turn) for turn in reversed(turns) if isinstance(turn, dict)}
        if "user" in said and "assistant" in said:
            return said["user"], said.get("system", ""), said["assistant"]
    raise InputError(
        f"{where}: expected instruction and output, or messages, or conversations; "
        f"found {', '.join(map(str, record)) or 'nothing'}"
    )


def _role(turn: dict[str, Any]) -> str:
    role = str(turn.get("role") or turn.get("from"))
    return _ROLES.get(role, role)


def _content(turn: dict[str, Any]) -> Any:
    return turn.get("content", turn.get("value"))
