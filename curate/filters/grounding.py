"""How much of an answer the passage supports: its words, their company, its names and numbers.

grounding = share * 0.4 ** clashes

share    mean over the answer's sentences of: words of the sentence that one stretch of the
         passage has, times neighbours among them that stand near each other there too
clashes  names and numbers of the answer that neither passage nor question has, and sentences
         that deny what the passage affirms, or the other way round
"""

from __future__ import annotations

from typing import Annotated, ClassVar

import polars as pl
from pydantic import Field

from curate.filters.base import Filter, numbers, passages, texts
from curate.filters.reading.support import support
from curate.filters.reading.texts import reading
from curate.options import options

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
        fields = (texts(rows, "instruction"), texts(rows, "output"), passages(rows))
        return numbers(grounding=[grounded(*row) for row in zip(*fields, strict=True)])


def grounded(instruction: str, output: str, passage: str | None) -> float | None:
    """Support of `output` by `passage`; None where there is nothing to compare."""
    if passage is None:
        return None
    found = support(output, passage)
    if found is None:
        return None
    if not found.lacking and not found.denials:
        return found.share
    asked = frozenset(reading(instruction).stems)
    unknown = sum(not asked.issuperset(reading(name).stems) for name in found.lacking)
    return found.share * CLASH ** (unknown + found.denials)
