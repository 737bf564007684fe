"""Documents that must be on one side of the split, since what they say is nearly the same.

Two documents are tied where their texts are near-duplicates, or where live rows of theirs are. The
second happens only where the recipe's dedup leaves near-duplicates in: from a higher threshold than
ALIKE on, and among the refusals, which come in after it.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from curate.dedup.alike import similar
from curate.dedup.options import Dedup
from curate.engines.base import Engine
from curate.progress import Progress
from curate.schema import ADDED, live
from curate.workspace import Checkpoint, Workspace

ALIKE = 0.8
"""Jaccard similarity from which on texts of two documents are not to be on two sides."""

TIE = pl.Schema(
    {
        "document": pl.String,
        "other": pl.String,
        "row": pl.String,  # a row of `document`; null where the documents' texts are alike
        "other_row": pl.String,
        "similarity": pl.Float64,
    }
)


def tie(
    rows: pl.DataFrame,
    options: Dedup,
    workspace: Workspace,
    candidates: str,
    engine: Engine,
    progress: Progress,
) -> pl.DataFrame:
    """The ties (TIE) between documents of decided rows.

    Those of texts are kept in the workspace under the key of its `candidates`, so that moving a
    bound costs nothing here.
    """
    stay = live(rows)
    left = stay if options.threshold > ALIKE else stay.filter(ADDED)
    options = replace(options, threshold=min(ALIKE, options.threshold))
    known = workspace.load("alike")
    if known is None or known.key != candidates:
        passages = workspace.require("passages", candidates).frame
        known = Checkpoint(_of_texts(passages, options, engine, progress), candidates)
        workspace.save("alike", known)
    return pl.concat([known.frame, _of_rows(left, options, engine, progress)])


def _of_texts(
    passages: pl.DataFrame, options: Dedup, engine: Engine, progress: Progress
) -> pl.DataFrame:
    """Ties of documents whose passages, taken together, are near-duplicates."""
    texts = passages.sort("start").group_by("document").agg(pl.col("text").str.join("\n"))
    whole = texts.select("document", id="document", output="text", instruction=pl.lit(""))
    found = similar(whole.with_columns(input=pl.lit("")), options, engine, progress)
    none = pl.lit(None, pl.String)
    return found.select(
        "similarity", document="one", other="other", row=none, other_row=none
    ).select(TIE.names())


def _of_rows(
    stay: pl.DataFrame, options: Dedup, engine: Engine, progress: Progress
) -> pl.DataFrame:
    """Ties of documents of which live rows are near-duplicates."""
    found = similar(stay, options, engine, progress)
    source = stay.select("id", "document")
    named = found.join(source, left_on="one", right_on="id").join(
        source.rename({"document": "other_document"}), left_on="other", right_on="id"
    )
    return named.select(
        "document", other="other_document", row="one", other_row="other", similarity="similarity"
    ).select(TIE.names())
