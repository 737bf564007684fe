"""One number for how good a pair is, from parts that each can spoil it.

    quality = sqrt(min(parts) * mean(parts)),  parts: form, fit, standalone, grounding

The weakest part counts as much as all together: with the others at 1, a part of 0.5 leaves 0.66, of
0.4 leaves 0.58, of 0.1 leaves 0.28. A part that cannot be measured is left out.
"""

from __future__ import annotations

import math
from typing import Annotated

import polars as pl
from pydantic import Field

from curate.filters.base import Filter, numbers, passages, texts
from curate.filters.fit import fit
from curate.filters.form import form
from curate.filters.grounding import grounded
from curate.filters.standalone import standalone
from curate.options import options


@options
class Quality(Filter, name="quality"):
    """How good a pair is, from 0 to 1: well formed, fitting, understandable alone, grounded."""

    min: Annotated[float | None, Field(allow_inf_nan=False)] = 0.6
    """Lowest quality that is kept; null for no lower bound."""

    def measure(self, rows: pl.DataFrame) -> pl.DataFrame:
        """`quality` and its parts `quality_form`, `_fit`, `_standalone` and `_grounding`.

        Fit and grounding are null for a refusal, grounding also where no passage is known.
        """
        refusals = [kind == "refusal" for kind in texts(rows, "kind")]
        fields = (texts(rows, "instruction"), texts(rows, "input"), texts(rows, "output"))
        parts = [_parts(*row) for row in zip(*fields, passages(rows), refusals, strict=True)]
        columns = {f"quality_{name}": [row[name] for row in parts] for name in PARTS}
        return numbers(quality=[_combined(row) for row in parts], **columns)


PARTS = ("form", "fit", "standalone", "grounding")
"""The parts of `quality`, in the order of their columns."""


def _parts(
    instruction: str, given: str, output: str, passage: str | None, refusal: bool
) -> dict[str, float | None]:
    return {
        "form": form(instruction, given, output, refusal),
        "fit": None if refusal else fit(instruction, given, output, passage),
        "standalone": standalone(instruction, given, output),
        "grounding": None if refusal else grounded(output, passage),
    }


def _combined(parts: dict[str, float | None]) -> float:
    known = [part for part in parts.values() if part is not None]
    return math.sqrt(min(known) * sum(known) / len(known))
