"""The three kinds of row: DOCUMENT, PASSAGE, PAIR. Every column, its type, its meaning.

Rows live in Polars frames with exactly these columns in this order. A filter adds one Float64
column to PAIR, named after itself, and further Float64 columns for its parts, named
`FILTER_PART`. Offsets count characters (Unicode code points) of the document's text.
"""

from __future__ import annotations

import polars as pl

DOCUMENT = pl.Schema(
    {
        "id": pl.String,  # digest of the text
        "path": pl.String,  # where it was read, relative to the source
        "title": pl.String,
        "text": pl.String,
        "licence": pl.String,  # SPDX id or "" where unknown
    }
)

PASSAGE = pl.Schema(
    {
        "id": pl.String,  # digest of document and span
        "document": pl.String,  # DOCUMENT.id
        "start": pl.Int64,  # text == document.text[start:end]
        "end": pl.Int64,
        "text": pl.String,
        "heading": pl.String,  # the headings above it, outermost first, joined by " > "
    }
)

PAIR = pl.Schema(
    {
        "id": pl.String,  # digest of document, span, prompt, model and ordinal
        "instruction": pl.String,
        "input": pl.String,  # "" where there is none, never null
        "output": pl.String,
        "kind": pl.String,  # "answer" or "refusal"
        "task": pl.String,  # what the prompt asked for: "question", "extraction", …
        "document": pl.String,  # DOCUMENT.id
        "start": pl.Int64,  # the passage it was made from
        "end": pl.Int64,
        "prompt": pl.String,  # NAME@DIGEST
        "model": pl.String,
        "run": pl.String,  # id of the run that made it
        "dropped": pl.String,  # null: live; else the reason
        "split": pl.String,  # "train" or "test", set by document when published
    }
)

LOSS = pl.Schema(
    {
        "stage": pl.String,  # "source" or "generate"
        "path": pl.String,  # the document
        "passage": pl.String,  # PASSAGE.id, or "" for a whole document
        "asked": pl.Int64,  # pairs asked for; 0 where nobody was asked
        "got": pl.Int64,  # pairs that came back, rejected ones included
        "reason": pl.String,
    }
)


ADDED = pl.col("task") == "refusal"
"""Of rows: those that moderation added, which no passage gave."""


def live(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows that nothing has dropped."""
    return rows.filter(pl.col("dropped").is_null())
