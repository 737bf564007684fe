"""What a measure is: it adds a number to each row. Bounds and decisions are others' matter."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import polars as pl

from curate.options import options
from curate.progress import Progress
from curate.registry import Named


@options
class Measure(Named):
    """One measure of a row. It must not look at `dropped`, must not reorder rows, never decides."""

    needs_passage: ClassVar[bool] = False
    """Whether `measure` reads the column `passage`; without it the measure is absent (null)."""

    version: ClassVar[int] = 1
    """Raised when the meaning of the number changes, so that stored values are measured again."""

    def measure(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The number of each row, in a column named after the measure; parts in `NAME_PART`.

        `rows` has the PAIR columns and `passage`, the text each row was made from.
        A value that cannot be had is null, never a default: a null never drops a row.
        """
        raise NotImplementedError(f"{self.name} does not say how to measure")

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
