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

from curate.dedup.find import find
from curate.dedup.options import Dedup
from curate.dedup.parallel import available
from curate.dedup.rows import Rows
from curate.errors import InputError
from curate.progress import Progress, Silent

DUPLICATE = pl.Schema(
    {
        "id": pl.String,  # the row that is a duplicate
        "kept": pl.String,  # the row that stays
        "similarity": pl.Float64,  # their exact Jaccard similarity, 1.0 for identical rows
        "reason": pl.String,  # "duplicate of KEPT 0.91 ≥ 0.80"
    }
)

_FIELDS = ("id", "instruction", "input", "output")


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
    ordered, given = in_order(rows, against)
    fixed = np.arange(ordered.height) < given
    made = Rows.of(ordered, options.ngram)
    matches = find(made, fixed, options, workers or available(), progress or Silent())
    gone = np.flatnonzero(matches.kept >= 0)
    kept = ordered["id"][matches.kept[gone]]
    return reported(ordered["id"][gone], kept, matches.similarity[gone], options.threshold)


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


def in_order(rows: pl.DataFrame, against: pl.DataFrame | None) -> tuple[pl.DataFrame, int]:
    """Id and texts of rows as they are compared: the earlier ones, then these, each best first.

    And how many are earlier ones. Raises InputError where two rows have one id.
    """
    ordered = best_first(rows).select(_FIELDS)
    if against is None:
        return ordered, 0
    earlier = best_first(against).select(_FIELDS)
    return pl.concat([earlier, ordered]), earlier.height


def best_first(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows by quality, then length of the passage, both from above, then id."""
    if rows["id"].n_unique() < rows.height:
        twice = str(rows.filter(pl.col("id").is_duplicated())["id"].min())
        raise InputError(f"Two rows have the id {twice}. Give each row its own id, or none.")
    keys: list[pl.Expr] = []
    if "quality" in rows.columns and rows["quality"].dtype.is_numeric():
        keys.append(-pl.col("quality").cast(pl.Float64).fill_nan(None))
    if {"start", "end"} <= set(rows.columns):
        keys.append(pl.col("start") - pl.col("end"))
    return rows.sort(*keys, "id", nulls_last=True)
