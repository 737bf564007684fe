"""Train and test, by document, so that no test question comes from a document trained on."""

from __future__ import annotations

import polars as pl

from curate.text import digest


def split(rows: pl.DataFrame, share: float, seed: int) -> pl.DataFrame:
    """Rows with `split` set. A document is on the test side when its digest falls under `share`.

    So a document never changes sides as others come and go. Where that leaves one side empty, the
    document with the lowest digest goes to the test side, or that with the highest to the training
    side, which comes first: a single document is trained on.
    """
    documents = sorted(rows["document"].unique(), key=lambda name: _place(name, seed))
    test = {name for name in documents if _place(name, seed) < share}
    if share > 0 and not test:
        test = {documents[0]}
    if len(test) == len(documents):
        test.discard(documents[-1])
    side = pl.when(pl.col("document").is_in(list(test))).then(pl.lit("test"))
    return rows.with_columns(split=side.otherwise(pl.lit("train")))


def _place(document: str, seed: int) -> float:
    return int(digest("split", seed, document), 16) / 16**16
