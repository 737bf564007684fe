"""How much of an answer the passage supports: its words, their company, its names and numbers.

    grounding = words ** 0.5 * pairs ** 0.5 * 0.5 ** strangers

A small teacher's invented answers are often made of the passage's own words put together anew, so
words alone say little: `pairs` asks whether words that stand next to each other in the answer also
stand near each other in the passage. `strangers` are names and numbers that the passage lacks.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from itertools import pairwise
from typing import Annotated, ClassVar

import polars as pl
from pydantic import Field

from curate.filters.base import Filter, numbers, passages, texts
from curate.filters.wording import content_stems, names, stems
from curate.options import options
from curate.text import units

NEAR = 8
"""Words of the passage within which two words count as standing near each other."""

STRANGER = 0.5
"""What each name or number that the passage lacks leaves of the grounding."""


@options
class Grounding(Filter, name="grounding"):
    """How much of the output the passage supports, from 0 to 1; null without a passage."""

    needs_passage: ClassVar[bool] = True

    min: Annotated[float | None, Field(allow_inf_nan=False)] = 0.5
    """Lowest support that is kept; null for no lower bound."""

    def measure(self, rows: pl.DataFrame) -> pl.DataFrame:
        """0 to 1; null without a passage, or where the output has no word that carries meaning."""
        pairs = zip(texts(rows, "output"), passages(rows), strict=True)
        return numbers(grounding=[grounded(output, passage) for output, passage in pairs])


def grounded(output: str, passage: str | None) -> float | None:
    """Support of `output` by `passage`; None where there is nothing to compare."""
    said = content_stems(output)
    if passage is None or not said:
        return None
    places = _places(passage)
    words = set(said)
    known = sum(word in places for word in words) / len(words)
    company = [(one, other) for one, other in pairwise(said) if one != other]
    near = sum(_near(places, one, other) for one, other in company)
    together = near / len(company) if company else known
    return float(known**0.5 * together**0.5 * STRANGER ** len(strangers(output, passage)))


def strangers(output: str, passage: str) -> set[str]:
    """Names and numbers in `output` that `passage` does not have."""
    here = set(units(passage)) | names(passage)
    there = set(stems(passage))
    return {
        name
        for name in names(output)
        if name not in here and not all(part in here or part in there for part in stems(name))
    }


def _places(passage: str) -> dict[str, list[int]]:
    """Where each stem stands in the passage."""
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place, word in enumerate(stems(passage)):
        places[word].append(place)
    return dict(places)


def _near(places: dict[str, list[int]], one: str, other: str) -> bool:
    """Whether the two stems stand within NEAR words of each other somewhere."""
    second = places.get(other, [])
    for here in places.get(one, []):
        nearest = bisect_left(second, here - NEAR)
        if nearest < len(second) and second[nearest] <= here + NEAR:
            return True
    return False
