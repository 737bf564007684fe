"""What a page tells of a version, as plain values: `curate report --json` prints them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from curate.embeddings.lexical import Lexical
from curate.errors import InputError
from curate.filters.variety.topics import breadth
from curate.progress import Progress
from curate.publish.trace import read_rows
from curate.publish.version import manifest
from curate.schema import live

_EXAMPLES = 3  # rows for each reason
_READ = 20  # live rows to read
_MOST = 100_000  # rows that topics are found in
_SHOWN = ["id", "instruction", "input", "output", "dropped"]


def overview(folder: Path, progress: Progress) -> dict[str, Any]:
    """All that the page of a version folder shows.

    `facts` is the manifest; `topics` has `terms`, `rows` and `kept` of each, `verbs` how many
    verb–object pairs the instructions have and those of live rows, `documents` the live and all
    rows of each, `reasons` examples of what each rule dropped, `rows` live rows to read.
    Raises InputError where the version is damaged.
    """
    rows, facts = read_rows(folder), manifest(folder)
    sample = rows if rows.height <= _MOST else rows.sample(_MOST, seed=0)
    found = breadth(sample, sample["dropped"].is_null().to_list(), Lexical(), progress)
    return {
        "facts": facts,
        "folder": str(folder),
        "topics": found.topics.to_dicts(),
        "verbs": {"all": found.verbs, "kept": found.verbs_kept},
        "documents": _documents(rows, facts["documents"]),
        "reasons": _reasons(rows),
        "rows": _to_read(live(rows)),
        "uncovered": _uncovered(folder / "uncovered.jsonl"),
    }


def _documents(rows: pl.DataFrame, known: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each document's `path`, rows that are `live`, and `all` of them; the least used first."""
    counted = (
        rows.filter(pl.col("document") != "")
        .group_by("document")
        .agg(live=pl.col("dropped").is_null().sum(), all=pl.len())
    )
    named = pl.DataFrame(known, schema={"document": pl.String, "path": pl.String})
    joined = counted.join(named, on="document", how="left", maintain_order="left")
    return (
        joined.select(path=pl.coalesce("path", "document"), live="live", all="all")
        .sort("live", "path")
        .to_dicts()
    )


def _reasons(rows: pl.DataFrame) -> list[dict[str, Any]]:
    """Of each rule how many rows it dropped, and the first ones by id."""
    gone = rows.filter(pl.col("dropped").is_not_null()).with_columns(
        rule=pl.col("dropped").str.extract(r"^(\w+)")
    )
    return [
        {"rule": str(rule), "count": part.height, "rows": _by_id(part, _EXAMPLES)}
        for (rule,), part in sorted(gone.group_by("rule"), key=lambda each: -each[1].height)
    ]


def _to_read(rows: pl.DataFrame) -> list[dict[str, Any]]:
    """Some of the rows, by chance but always the same ones: ids are digests."""
    return _by_id(rows, _READ)


def _by_id(rows: pl.DataFrame, most: int) -> list[dict[str, Any]]:
    return rows.sort("id").head(most).select(_SHOWN).to_dicts()


def _uncovered(path: Path) -> list[dict[str, Any]]:
    if not path.is_file() or not path.stat().st_size:
        return []
    try:
        gaps = pl.read_ndjson(path, infer_schema_length=None)
        return gaps.select("path", "heading", "reason").to_dicts()
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(f"{path} is damaged: {error}") from error
