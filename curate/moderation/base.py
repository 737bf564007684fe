"""What a moderation measure is: the shape of a filter.

To add one, write one file in this folder:

    @options
    class Private(Moderation, name="private"):
        def measure(self, rows: pl.DataFrame) -> pl.DataFrame:
            return numbers(private=[certainty(text) for text in texts(rows, "output")])

`measure` must not look at `dropped`, must not reorder rows, and never decides.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar

import polars as pl
from pydantic import Field

from curate.options import options
from curate.progress import Progress
from curate.registry import Named


@options
class Moderation(Named):
    """One measure of what should not be in a data set, and the bound it must keep."""

    max: Annotated[float | None, Field(allow_inf_nan=False)] = None
    """Highest value that is kept; null for no upper bound."""

    needs_passage: ClassVar[bool] = False
    """Whether `measure` reads the column `passage`; without it the measure is absent (null)."""

    version: ClassVar[int] = 1
    """Raised when the meaning of the number changes, so that stored values are measured again."""

    def measure(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The number of each row, in a column named after the measure; parts in `NAME_PART`.

        `rows` has the PAIR columns. A value that cannot be had is null, never a default: it never
        drops a row.
        """
        raise NotImplementedError(f"moderation {self.name} does not say how to measure")

    def told(
        self,
        rows: pl.DataFrame,
        progress: Progress,  # noqa: ARG002
        cache: Path | None = None,  # noqa: ARG002
    ) -> pl.DataFrame:
        """`measure`, telling how far it is, where it takes long; paid answers are kept in the
        folder `cache`.
        """
        return self.measure(rows)
