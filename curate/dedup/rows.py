"""The texts of the rows, best first, and what is computed from them part by part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from curate.dedup.hashing import I64
from curate.dedup.shingles import Shingles, shingles

_PART = 400_000
"""Bytes of text in a part. Smaller: threads wait for each other. Larger: caches don't hold it."""

_ROW = 8
"""Bytes that a row counts for beside its text, so that a part has less than 2¹⁶ rows."""


@dataclass(frozen=True)
class Rows:
    """Instruction, input and output of each row; a row's number is its place, best first."""

    fields: pl.DataFrame
    ngram: int

    @classmethod
    def of(cls, rows: pl.DataFrame, ngram: int) -> Rows:
        """The rows of `rows`, in that order. Null is empty."""
        fields = rows.select(pl.col("instruction", "input", "output").fill_null(""))
        return cls(fields, ngram)

    def __len__(self) -> int:
        return self.fields.height

    def shingles(self, numbers: I64) -> Shingles:
        """The shingles of the rows with these numbers, one or more, rising."""
        first, last = int(numbers[0]), int(numbers[-1])
        if last - first + 1 == len(numbers):  # all between them: no need to gather
            part = self.fields.slice(first, len(numbers))
        else:
            part = self.fields[numbers]
        instruction, given, output = (part[name].to_list() for name in part.columns)
        return shingles(instruction, given, output, self.ngram)

    def parts(self, numbers: I64) -> list[I64]:
        """`numbers` cut into parts of about as much text each."""
        sizes = self.fields.select(pl.sum_horizontal(pl.all().str.len_bytes())).to_series()
        upto = np.cumsum(sizes.to_numpy()[numbers].astype(np.int64) + _ROW)
        total = int(upto[-1]) if len(upto) else 0
        cuts = np.searchsorted(upto, np.arange(_PART, total, _PART), side="left")
        return [part for part in np.split(numbers, np.unique(cuts)) if len(part)]
