"""What a moderation measure is: the shape of a filter.

To add one, write one file in this folder:

    @options
    class Private(Moderation, name="private"):
        def measure(self, rows: pl.DataFrame) -> pl.DataFrame:
            return numbers(private=[certainty(text) for text in texts(rows, "output")])

`Measure` says what `measure` gives.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from curate.measure import Measure
from curate.options import options


@options
class Moderation(Measure):
    """One measure of what should not be in a data set, and the bound it must keep."""

    max: Annotated[float | None, Field(allow_inf_nan=False)] = None
    """Highest value that is kept; null for no upper bound."""
