"""Train and test, by document, so that no test question comes from a document trained on."""

from __future__ import annotations

import polars as pl

from curate.text import digest


def split(rows: pl.DataFrame, share: float, seed: int) -> pl.DataFrame:
    """Rows with `split` set. A document is on the test side when its digest falls under `share`.

    So a document never changes sides as others come and go. Where that leaves one side empty and
    there are two documents or more, the document with the lowest digest (for test) or the highest
    (for train) goes there.
    """
    documents = sorted(rows["document"].unique(), key=lambda name: _place(name, seed))
    test = {name for name in documents if _place(name, seed) < share}
    if share > 0 and len(documents) > 1:
        test = (test or {documents[0]}) - (
            {documents[-1]} if len(test) == len(documents) else set()
        )
    side = pl.when(pl.col("document").is_in(list(test))).then(pl.lit("test"))
    return rows.with_columns(split=side.otherwise(pl.lit("train")))


def _place(document: str, seed: int) -> float:
    return int(digest("split", seed, document), 16) / 16**16
