"""One number for how good a pair is, from parts that each can spoil it.

    quality = sqrt(min(parts) * mean(parts)),  parts: form, fit, standalone, grounding

The weakest part counts as much as all together: with the others at 1, a part of 0.5 leaves 0.66, of
0.4 leaves 0.58, of 0.1 leaves 0.28. A part that cannot be measured is left out.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Annotated, ClassVar

import polars as pl
from pydantic import Field

from curate.filters.base import Filter, numbers, passages, texts
from curate.filters.fit import fit
from curate.filters.form import forms
from curate.filters.gap import gap
from curate.filters.grounding import grounded
from curate.filters.reading.texts import reading
from curate.filters.standalone import standalones
from curate.options import options

_FRAME = re.compile(
    r"\AIn [^,.?!;:\n]{1,80}, (?=(?:describe|explain|how|what|when|where|which|who|why)\b)"
)
"""What a question is about, said before it: an answer need not say it again."""

PARTS = ("form", "fit", "standalone", "grounding")
"""The parts of `quality`, in the order of their columns."""


@options
class Quality(Filter, name="quality"):
    """How good a pair is, from 0 to 1: well formed, fitting, understandable alone, grounded."""

    version: ClassVar[int] = 3

    min: Annotated[float | None, Field(allow_inf_nan=False)] = 0.6
    """Lowest quality that is kept; null for no lower bound."""

    def measure(self, rows: pl.DataFrame) -> pl.DataFrame:
        """`quality` and its parts `quality_form`, `_fit`, `_standalone` and `_grounding`.

        Fit and grounding are null for a refusal, grounding also where no passage is known.
        """
        refusals = [kind == "refusal" for kind in texts(rows, "kind")]
        asked, given, said = (texts(rows, name) for name in ("instruction", "input", "output"))
        about = passages(rows)
        rows_of = zip(asked, given, said, about, refusals, strict=True)
        meant = [(None, None) if row[-1] else _meant(*row[:-1]) for row in rows_of]
        parts: dict[str, Sequence[float | None]] = {
            "form": forms(asked, given, said, refusals),
            "fit": [fits for fits, _ in meant],
            "standalone": standalones(asked, given, said),
            "grounding": [supported for _, supported in meant],
        }
        columns = {f"quality_{name}": parts[name] for name in PARTS}
        return numbers(quality=map(_combined, *(parts[name] for name in PARTS)), **columns)


def _meant(
    instruction: str, given: str, output: str, passage: str | None
) -> tuple[float, float | None]:
    fits = fit(_FRAME.sub("", instruction), given, output, passage)
    fits *= gap(reading(instruction), reading(output), passage)
    return fits, grounded(instruction, output, passage)


def _combined(*parts: float | None) -> float:
    known = [part for part in parts if part is not None]
    return math.sqrt(min(known) * sum(known) / len(known))
