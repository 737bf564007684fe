"""Counts, reasons and gaps as frames: what `run`, `filter`, `show` and the card tell."""

from __future__ import annotations

import polars as pl

from curate.schema import live


def funnel(rows: pl.DataFrame) -> pl.DataFrame:
    """How many rows each rule dropped: columns `rule`, `dropped`, `example` (a reason), most first.

    The rule is the first word of the reason: a filter's name, `duplicate` or `parse`.
    """
    return (
        rows.filter(pl.col("dropped").is_not_null())
        .group_by(rule=pl.col("dropped").str.extract(r"^(\w+)"))
        .agg(dropped=pl.len(), example=pl.col("dropped").sort().first())
        .sort("dropped", "rule", descending=[True, False])
        .cast({"dropped": pl.Int64})
    )


def uncovered(rows: pl.DataFrame, passages: pl.DataFrame, losses: pl.DataFrame) -> pl.DataFrame:
    """The passages that gave no live row, and why: one row each, in the order of `passages`.

    Columns `path`, `heading`, `passage` (its id), `document`, `candidates` (how many rows were
    dropped), `reason`: the rules that dropped them, or what the ledger says. `passages` has the
    PASSAGE columns and `path`; `losses` is the ledger.
    """
    place = ["document", "start", "end"]
    dropped = rows.filter(pl.col("dropped").is_not_null()).group_by(place)
    rules = pl.col("dropped").str.extract(r"^(\w+)").unique().sort().str.join(", ")
    why = dropped.agg(candidates=pl.len().cast(pl.Int64), rules=rules)
    told = losses.filter(stage="generate", got=0).group_by("passage").agg(pl.first("reason"))
    bare = passages.join(live(rows).select(place), on=place, how="anti", maintain_order="left")
    named = bare.join(why, on=place, how="left", maintain_order="left").join(
        told, left_on="id", right_on="passage", how="left", maintain_order="left"
    )
    return named.select(
        "path",
        "heading",
        "document",
        pl.col("candidates").fill_null(0),
        passage="id",
        reason=pl.coalesce("rules", "reason", pl.lit("no candidate")),
    )


def coverage(passages: pl.DataFrame, gaps: pl.DataFrame) -> dict[str, int]:
    """How many passages and documents there are, and how many have a live row.

    `gaps` is what `uncovered` gave for `passages`.
    """
    bare = passages.join(gaps.select("passage"), left_on="id", right_on="passage", how="anti")
    return {
        "passages": passages.height,
        "passages_covered": bare.height,
        "documents": passages["document"].n_unique(),
        "documents_covered": bare["document"].n_unique(),
    }
