"""Near-duplicates: which rows are copies of which better row. Decides nothing but that.

Rows are taken best first, and each is compared with the rows kept so far: it is kept itself, or a
duplicate of one that is. So no chain of small steps drops a row that differs from all that stay,
the result does not depend on the order of the rows, and a second run finds nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import polars as pl

from curate.dedup.options import Dedup
from curate.dedup.shingles import Row, compared, jaccard
from curate.dedup.signatures import KeptRows, signatures
from curate.errors import InputError

DUPLICATE = pl.Schema(
    {
        "id": pl.String,  # the row that is a duplicate
        "kept": pl.String,  # the row that stays
        "similarity": pl.Float64,  # their exact Jaccard similarity, 1.0 for identical rows
        "reason": pl.String,  # "duplicate of KEPT 0.91 ≥ 0.80"
    }
)

FIELD_SHARE = 0.5
"""Overlap that questions (by words) and answers (by shingles) each must have beside the row's.

So the same question answered otherwise, and one stock answer to other questions, are no duplicates.
"""

_CACHED = 4096


@dataclass(frozen=True)
class Match:
    """The kept row (its number, best first) that a row is a duplicate of."""

    kept: int
    similarity: float


def near_duplicates(rows: pl.DataFrame, options: Dedup) -> pl.DataFrame:
    """The duplicates among `rows`, one DUPLICATE row each, sorted by id.

    Of similar rows the one with the higher `quality` stays (where that column is there), then the
    one from the longer passage, then the one with the lower id. Raises InputError where two rows
    have one id.
    """
    ordered = best_first(rows)
    ids = ordered["id"].to_list()
    matches = find(_rows(ordered), options)
    duplicates = [
        (ids[number], ids[match.kept], match.similarity) for number, match in matches.items()
    ]
    named = [
        (*row, f"duplicate of {row[1]} {row[2]:.2f} ≥ {options.threshold:.2f}")
        for row in sorted(duplicates)
    ]
    return pl.DataFrame(named, schema=DUPLICATE, orient="row")


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


def find(rows: Sequence[Row], options: Dedup) -> dict[int, Match]:
    """For the number of each row that is a duplicate, its match. `rows` are best first."""
    first: dict[str, int] = {}
    leaders = [first.setdefault(row.key, number) for number, row in enumerate(rows)]
    matches = _near(list(first.values()), rows, options)
    copies = {
        number: matches.get(leader, Match(leader, 1.0))
        for number, leader in enumerate(leaders)
        if number != leader
    }
    return matches | copies


def _near(numbers: list[int], rows: Sequence[Row], options: Dedup) -> dict[int, Match]:
    """The rows among `numbers` that are near a kept one; of several, the most similar."""
    filled = [number for number in numbers if not rows[number].empty]
    sets = (rows[number].shingles(options.ngram) for number in filled)
    comparison = _Comparison(rows, options)
    kept = KeptRows(options.threshold, options.num_perm)
    matches: dict[int, Match] = {}
    for number, signature in zip(filled, signatures(sets, options.num_perm), strict=True):
        found = [
            Match(other, similarity)
            for other in kept.candidates(signature)
            if (similarity := comparison.similarity(number, other)) >= options.threshold
        ]
        if found:
            matches[number] = max(found, key=lambda match: match.similarity)
        else:
            kept.add(number, signature)
    return matches


class _Comparison:
    """Exact similarity of two rows; shingles of rows that were compared lately are at hand."""

    def __init__(self, rows: Sequence[Row], options: Dedup) -> None:
        self._rows = rows
        self._ngram = options.ngram
        self._least = min(FIELD_SHARE, options.threshold)
        self._whole = lru_cache(_CACHED)(lambda number: rows[number].shingles(self._ngram))

    def similarity(self, one: int, other: int) -> float:
        """Jaccard similarity of the rows' shingles; 0 where their questions or answers differ."""
        first, second = self._rows[one], self._rows[other]
        apart = (
            jaccard(first.question(), second.question()) < self._least
            or jaccard(first.answer(self._ngram), second.answer(self._ngram)) < self._least
        )
        return 0.0 if apart else jaccard(self._whole(one), self._whole(other))


def _rows(rows: pl.DataFrame) -> list[Row]:
    fields = rows.select(pl.col("instruction", "input", "output").fill_null(""))
    return [compared(*row) for row in fields.iter_rows()]
