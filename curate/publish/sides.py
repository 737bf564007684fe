"""What earlier versions say of the sides that documents are on: `sides.jsonl` of a version.

Every version carries the sides of all documents that any version before it had placed, so one that
is gone for a while comes back to where it was. A document's id is a digest of its text, so one that
was edited is found by its path.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from curate.errors import InputError
from curate.publish.trace import read_rows

FILE = "sides.jsonl"
SIDE = pl.Schema({"document": pl.String, "path": pl.String, "split": pl.String})
_SPLITS = ("train", "test")


@dataclass(frozen=True)
class Sides:
    """The side, `train` or `test`, of documents that were placed before."""

    by_id: Mapping[str, str] = field(default_factory=dict)
    by_path: Mapping[str, str] = field(default_factory=dict)

    def of(self, document: str, path: str | None) -> str | None:
        """The side that a document has; None for a new one. Its text tells more than its path."""
        return self.by_id.get(document) or (self.by_path.get(path) if path else None)


def read_sides(folder: Path, facts: dict[str, Any]) -> pl.DataFrame:
    """SIDE rows of a version; those of its rows where it has no such file.

    Raises InputError where the file is damaged.
    """
    path = folder / FILE
    if not path.is_file():
        return sides_of(read_rows(folder, "data"), paths_of(facts))
    try:
        found = pl.read_ndjson(path, schema=SIDE) if path.stat().st_size else SIDE.to_frame()
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(f"{path} is damaged: {error}. See: curate verify") from error
    return found.filter(pl.col("split").is_in(_SPLITS), pl.col("document").is_not_null())


def known(sides: pl.DataFrame) -> Sides:
    """SIDE rows, to be asked; of several documents of one path the last one counts."""
    by_id = dict(sides.select("document", "split").iter_rows())
    named = sides.filter(pl.col("path").fill_null("") != "")
    return Sides(by_id, dict(named.select("path", "split").iter_rows()))


def sides_of(rows: pl.DataFrame, paths: pl.DataFrame) -> pl.DataFrame:
    """SIDE rows of the documents that placed rows come from. `paths`: columns document, path."""
    placed = rows.select("document", "split").unique("document")
    joined = placed.join(paths.unique("document"), on="document", how="left")
    return joined.select(SIDE.names()).with_columns(pl.col("path").fill_null("")).sort("document")


def carried(before: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """SIDE rows of now, after those of before that are not of now."""
    gone = before.join(now, on="document", how="anti", maintain_order="left")
    return pl.concat([gone, now])


def paths_of(facts: dict[str, Any]) -> pl.DataFrame:
    """The documents of a manifest: columns document, path."""
    listed = [{"document": each["id"], "path": each["path"]} for each in facts["documents"]]
    return pl.DataFrame(listed, schema={"document": pl.String, "path": pl.String})
