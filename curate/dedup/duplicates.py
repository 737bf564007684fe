"""Near-duplicates: which rows are copies of which better row. Decides nothing but that.

Rows are taken best first, and each is compared with the rows kept so far: it is kept itself, or a
duplicate of one that is. So no chain of small steps drops a row that differs from all that stay,
the result does not depend on the order of the rows, and a second run finds nothing.

    texts → shingles → MinHash bands → candidates → exact similarity → greedy, best first
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.dedup.corpus import Spread
from curate.dedup.find import find
from curate.dedup.options import Dedup
from curate.engines.local import Local
from curate.progress import Progress, Silent

DUPLICATE = pl.Schema(
    {
        "id": pl.String,  # the row that is a duplicate
        "kept": pl.String,  # the row that stays
        "similarity": pl.Float64,  # their exact Jaccard similarity, 1.0 for identical rows
        "reason": pl.String,  # "duplicate of KEPT 0.91 ≥ 0.80"
    }
)


def near_duplicates(
    rows: pl.DataFrame,
    options: Dedup,
    against: pl.DataFrame | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> pl.DataFrame:
    """The duplicates among `rows`, one DUPLICATE row each, sorted by id.

    Of similar rows the one with the higher `quality` stays (where that column is there), then the
    one from the longer passage, then the one with the lower id. Rows of `against` (same columns;
    `id` is what the reason names) all stay, and drop what is like them. The result is the same for
    any number of `workers`, by default one a core. Raises InputError where two rows have one id.
    """
    engine = Local(workers)
    earlier = None if against is None else Spread.of(against, engine)
    return duplicates_among(Spread.of(rows, engine), options, earlier, progress)


def duplicates_among(
    rows: Spread,
    options: Dedup,
    against: Spread | None = None,
    progress: Progress | None = None,
) -> pl.DataFrame:
    """As `near_duplicates`, of rows in partitions. The same for any partitions and engine."""
    corpus, given = rows.corpus(options.ngram, against)
    fixed = np.arange(len(corpus)) < given
    matches = find(corpus, fixed, options, progress or Silent())
    gone = np.flatnonzero(matches.kept >= 0)
    kept = corpus.ids[matches.kept[gone]]
    return reported(corpus.ids[gone], kept, matches.similarity[gone], options.threshold)


def reported(
    ids: pl.Series, kept: pl.Series, similarity: npt.NDArray[np.float64], threshold: float
) -> pl.DataFrame:
    """DUPLICATE rows of these ids, what each is a duplicate of, and how alike; sorted by id."""
    found = pl.DataFrame({"id": ids, "kept": kept, "similarity": similarity})
    reasons = [
        f"duplicate of {name} {share:.2f} ≥ {threshold:.2f}"
        for name, share in found.select("kept", "similarity").iter_rows()
    ]
    return found.with_columns(pl.Series("reason", reasons, pl.String)).sort("id").cast(DUPLICATE)
