"""One number for how good a pair is, from parts that each can spoil it.

    quality = sqrt(min(parts) * mean(parts)),  parts: form, fit, standalone, grounding

The weakest part counts as much as all together: with the others at 1, a part of 0.5 leaves 0.66, of
0.4 leaves 0.58, of 0.1 leaves 0.28. A part that cannot be measured is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

import numpy as np
import polars as pl
from pydantic import Field

from curate.filters.base import Filter, numbers
from curate.filters.fit import fits
from curate.filters.form import forms
from curate.filters.gap import gaps
from curate.filters.grounding import grounded
from curate.filters.reading.part import Part, by_part
from curate.filters.standalone import standalones
from curate.options import options
from curate.runs import Floats

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
        return by_part(rows, _measured)


def _measured(part: Part) -> pl.DataFrame:
    refusals = np.array([kind == "refusal" for kind in part.column("kind")], np.bool_)
    parts = {
        "form": forms(part),
        "fit": np.where(refusals, np.nan, fits(part) * gaps(part)),
        "standalone": standalones(part),
        "grounding": np.where(refusals, np.nan, grounded(part)),
    }
    columns = {f"quality_{name}": parts[name] for name in PARTS}
    return numbers(quality=_combined([parts[name] for name in PARTS]), **columns)


def _combined(parts: Sequence[Floats]) -> Floats:
    known = np.count_nonzero(~np.isnan(parts), axis=0)
    found: Floats = np.sqrt(np.fmin.reduce(parts) * np.nansum(parts, axis=0) / known)
    return found
