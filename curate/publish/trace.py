"""One row's whole life, read from a version folder: document, passage, calls, scores, fate."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from curate.errors import InputError
from curate.publish.sound import parquet
from curate.schema import PAIR


@dataclass(frozen=True)
class Life:
    """Everything that a version knows of one row.

    `row` has the PAIR columns, `scores` the measures (null where absent), `passage` the PASSAGE
    columns with the document's path, title and licence, `calls` the messages and replies that the
    row came from. `passage` is empty and `calls` too where the version leaves them out.
    """

    row: dict[str, Any]
    scores: dict[str, float | None]
    passage: dict[str, Any]
    calls: list[dict[str, Any]]

    @property
    def fate(self) -> str:
        """`live, in train`, or `dropped: ` and the reason."""
        if self.row["dropped"] is not None:
            return f"dropped: {self.row['dropped']}"
        return f"live, in {self.row['split']}"

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        parts = {"row": self.row, "scores": self.scores, "passage": self.passage}
        return {**parts, "calls": self.calls, "fate": self.fate}


def read_rows(folder: Path, part: str = "*") -> pl.DataFrame:
    """Rows of a version: `data`, `rejected`, or both."""
    parts = ("data", "rejected") if part == "*" else (part,)
    files = parquet(folder, *(f"{each}/*" for each in parts))
    try:
        return pl.concat([pl.read_parquet(file) for file in files])
    except (ValueError, OSError, pl.exceptions.PolarsError) as error:
        raise InputError(f"{folder} is damaged: its rows cannot be read ({error})") from error


def trace(folder: Path, wanted: str) -> Life:
    """The life of the row whose id begins with `wanted`.

    Raises InputError where none does, or several do.
    """
    rows = read_rows(folder)
    found = rows.filter(pl.col("id").str.starts_with(wanted))
    if found.height != 1:
        examples = (found if found.height else rows)["id"].head(3).to_list()
        count = f"{found.height} rows" if found.height else "No row"
        raise InputError(
            f"{count} of {folder} with an id that begins with {wanted!r}. "
            f"Ids look like: {', '.join(examples)}"
        )
    values = found.to_dicts()[0]
    row = {name: values.pop(name) for name in PAIR}
    return Life(row, values, _passage(folder, row), _calls(folder, row["id"]))


def _passage(folder: Path, row: dict[str, Any]) -> dict[str, Any]:
    place = [pl.col(name) == row[name] for name in ("document", "start", "end")]
    found = _scan(folder, "passages").filter(*place).collect().to_dicts()
    return found[0] if found else {}


def _calls(folder: Path, wanted: str) -> list[dict[str, Any]]:
    found = _scan(folder, "exchanges").filter(pl.col("id") == wanted).collect()
    return json.loads(found["exchange"][0]) if found.height else []


def _scan(folder: Path, name: str) -> pl.LazyFrame:
    files = parquet(folder, f"documents/{name}-*")
    columns = ("id", "document", "start", "end", "exchange")
    return pl.scan_parquet(files) if files else pl.LazyFrame(schema=dict.fromkeys(columns, pl.Null))
