"""How much of an answer the passage supports: its words, their company, its names and numbers.

grounding = share * 0.4 ** clashes

share    mean over the answer's sentences of: words of the sentence that one stretch of the
         passage has, times neighbours among them that stand near each other there too
clashes  names and numbers of the answer that neither passage nor question has, and sentences
         that deny what the passage affirms, or the other way round
"""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
import polars as pl
from pydantic import Field

from curate.filters.base import Filter, numbers
from curate.filters.reading.part import Part, by_part
from curate.filters.reading.words import stem, words_of
from curate.options import options
from curate.runs import Floats

CLASH = 0.4
"""What each clash leaves of an answer's support."""


@options
class Grounding(Filter, name="grounding"):
    """How much of the output the passage supports, from 0 to 1; null without a passage."""

    needs_passage: ClassVar[bool] = True

    version: ClassVar[int] = 2

    min: Annotated[float | None, Field(allow_inf_nan=False)] = 0.5
    """Lowest support that is kept; null for no lower bound."""

    def measure(self, rows: pl.DataFrame) -> pl.DataFrame:
        """0 to 1; null without a passage, or where the output has no word that carries meaning."""
        return by_part(rows, lambda part: numbers(grounding=grounded(part)))


def grounded(part: Part) -> Floats:
    """(rows) Support of the output by the passage; NaN where there is nothing to compare."""
    found = part.support
    clashes = found.denials.copy()
    for at, names in found.lacking.items():
        asked = part.asked[at].stems
        clashes[at] += sum(not asked.issuperset(map(stem, words_of(name))) for name in names)
    share = np.where(found.known, found.share, np.nan)
    return np.where(clashes > 0, share * CLASH**clashes, share)
