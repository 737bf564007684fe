"""What became of each row from one version to the next: added, removed, changed, moved, measured
anew; and why the removed ones went. Joins of frames: a million rows take seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from curate.errors import InputError
from curate.publish.sides import paths_of
from curate.publish.sound import parquet
from curate.schema import ADDED, PAIR

CHANGE = pl.Schema(
    {
        "id": pl.String,
        "change": pl.String,  # "added", "removed", "changed", "moved" or "rescored"
        "path": pl.String,  # of its document; "" for a refusal that was added
        "document": pl.String,
        "before": pl.String,  # its side, null for an added row
        "after": pl.String,  # its side, null for a removed row
        "reason": pl.String,  # of a removed row, why it went; else null
    }
)
KINDS = ("added", "removed", "changed", "moved", "rescored")

_TEXTS = ("instruction", "input", "output")
_PLACE = ["document", "start", "end"]
GONE_DOCUMENT = "document no longer there"
GONE_PASSAGE = "passage no longer there"
NOT_ASKED = "not asked any more"
NOT_TOLD = "passage no longer there, or not asked any more: the version leaves passages out"
NO_REFUSAL = "refusal no longer added"
OTHER_ID = "same text under another id"


@dataclass(frozen=True)
class Side:
    """A version as it is compared."""

    rows: pl.DataFrame
    """Live rows: id, task, document, start, end, split; `text` and `scores` are hashes."""

    rejected: pl.DataFrame
    """Dropped rows: id, dropped."""

    passages: pl.DataFrame | None
    """document, start, end of what was asked about; None where the version leaves that out."""

    documents: pl.DataFrame
    """document, path."""

    schema: dict[str, str]
    """Columns of the rows and their types."""


def side(
    rows: pl.LazyFrame,
    rejected: pl.LazyFrame,
    passages: pl.LazyFrame | None,
    documents: pl.DataFrame,
) -> Side:
    """A version from the frames that it is, or will be, made of."""
    schema = rows.collect_schema()
    scores = sorted(measures(schema))
    numbers = [pl.col(name).round_sig_figs(9) for name in scores] or [pl.lit(0)]
    chosen = rows.select(
        "id", "task", *_PLACE, "split",
        text=pl.struct(_TEXTS).hash(), scores=pl.struct(numbers).hash(),
    )  # fmt: skip
    return Side(
        chosen.collect(engine="streaming"),
        rejected.select("id", "dropped").collect(),
        passages.select(_PLACE).collect() if passages is not None else None,
        documents,
        {name: str(kind) for name, kind in schema.items()},
    )


def read_side(folder: Path, facts: dict[str, Any]) -> Side:
    """A version from its folder. Raises InputError where it is damaged."""
    files = parquet(folder, "data/*", "rejected/*", "documents/passages-*")
    passages = [file for file in files if file.parent.name == "documents"]
    try:
        return side(
            scan(folder),
            scan(folder, "rejected"),
            pl.scan_parquet(passages) if passages else None,
            paths_of(facts),
        )
    except (OSError, pl.exceptions.PolarsError, KeyError) as error:
        raise InputError(f"{folder} is damaged: {error}. See: curate verify {folder}") from error


def scan(folder: Path, part: str = "data") -> pl.LazyFrame:
    """The rows of a version, live or rejected, once `read_side` has checked it; not read yet."""
    files = sorted(folder.glob(f"{part}/*.parquet"))
    return pl.scan_parquet(files) if files else pl.LazyFrame(schema=PAIR)


def measures(schema: pl.Schema) -> list[str]:
    """The columns of rows that are measures."""
    return [name for name, kind in schema.items() if kind.is_float() and name not in PAIR]


def changes(before: Side, after: Side) -> pl.DataFrame:
    """CHANGE rows, one for each thing that became of a row; sorted by kind and id."""
    both = before.rows.join(after.rows, on="id")
    removed = before.rows.join(after.rows, on="id", how="anti")
    added = after.rows.join(before.rows, on="id", how="anti")
    alike = pl.col("scores") == pl.col("scores_right")
    found = [
        _told(added, "added", after, after_="split"),
        _told(_with_reasons(removed, added, after), "removed", before, before_="split"),
        _told(both.filter(pl.col("text") != pl.col("text_right")), "changed", after),
        _told(both.filter(pl.col("split") != pl.col("split_right")), "moved", after),
        _told(
            both.filter(~alike) if _comparable(before, after) else both.clear(), "rescored", after
        ),
    ]
    return pl.concat(found).sort("change", "id")


def _comparable(before: Side, after: Side) -> bool:
    return before.schema == after.schema


def _told(
    rows: pl.DataFrame, change: str, named: Side, before_: str = "", after_: str = ""
) -> pl.DataFrame:
    """CHANGE rows of these."""
    none = pl.lit(None, pl.String)
    both = not (before_ or after_)
    paths = named.documents.unique("document")
    joined = rows.join(paths, on="document", how="left")
    return joined.select(
        "id",
        pl.lit(change).alias("change"),
        pl.col("path").fill_null(""),
        "document",
        (pl.col("split") if both or before_ else none).alias("before"),
        (pl.col("split_right") if both else pl.col("split") if after_ else none).alias("after"),
        (pl.col("reason") if "reason" in rows.columns else none).alias("reason"),
    )


def _with_reasons(removed: pl.DataFrame, added: pl.DataFrame, after: Side) -> pl.DataFrame:
    """Removed rows with `reason`: what dropped it there, or why it is no candidate there."""
    dropped = after.rejected.unique("id")
    twin = added.group_by("text").agg(twin=pl.col("id").min())
    joined = removed.join(dropped, on="id", how="left").join(twin, on="text", how="left")
    known = pl.col("document").is_in(after.documents["document"].implode())
    if after.passages is None:
        told = NOT_TOLD
    else:
        there = after.passages.unique().with_columns(there=pl.lit(True))
        joined = joined.join(there, on=_PLACE, how="left")
        told = NOT_ASKED
    present = pl.col("there").fill_null(False) if after.passages is not None else pl.lit(True)
    return joined.with_columns(
        reason=pl.when(pl.col("dropped").is_not_null())
        .then("dropped")
        .when(pl.col("twin").is_not_null())
        .then(pl.format(OTHER_ID + ": {}", "twin"))
        .when(ADDED)
        .then(pl.lit(NO_REFUSAL))
        .when(~known)
        .then(pl.lit(GONE_DOCUMENT))
        .when(~present)
        .then(pl.lit(GONE_PASSAGE))
        .otherwise(pl.lit(told))
    )


def counts(found: pl.DataFrame) -> dict[str, int]:
    """How many rows were added, removed, changed, moved and rescored."""
    there = dict(found.group_by("change").len().iter_rows())
    return {kind: there.get(kind, 0) for kind in KINDS}


def reasons(found: pl.DataFrame) -> dict[str, int]:
    """How many rows went for which kind of reason, most first: a rule's name, or one told here."""
    told = pl.col("reason").is_in([GONE_DOCUMENT, GONE_PASSAGE, NOT_ASKED, NOT_TOLD, NO_REFUSAL])
    twin = pl.col("reason").str.starts_with(OTHER_ID)
    word = pl.col("reason").str.extract(r"^(\w+)")
    rule = pl.when(told).then("reason").when(twin).then(pl.lit(OTHER_ID)).otherwise(word)
    removed = found.filter(change="removed").group_by(rule=rule).len()
    return dict(removed.sort("len", "rule", descending=[True, False]).iter_rows())


def per_document(found: pl.DataFrame) -> pl.DataFrame:
    """How many rows of each document were what: columns `path` and KINDS, most changes first."""
    name = pl.when(pl.col("path") == "").then("document").otherwise("path")
    each = {kind: (pl.col("change") == kind).sum().cast(pl.Int64) for kind in KINDS}
    table = found.group_by(path=name).agg(**each)
    return table.sort(pl.sum_horizontal(KINDS), "path", descending=[True, False])
