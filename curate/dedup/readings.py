"""A row as it is read for whether it holds a given text: its fields one after another.

A question stands in one field and its answer in the next. So a row is read as instruction, input
and output in a row; one with an input also without it, since a question and its answer stand
around the passage that they are about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from curate.dedup.hashing import I64, U64, mixed, run_sums
from curate.dedup.shingles import windows
from curate.dedup.tokens import Tokens, tokenise
from curate.runs import offsets, ragged

_FIELDS = 3
_RUNS = [(first, last) for first in range(_FIELDS) for last in range(first + 1, _FIELDS + 1)]


@dataclass(frozen=True)
class Readings:
    """The pieces of some rows, reading after reading."""

    row: I64
    """(readings) Whose each is."""

    sums: U64
    """(pieces) As in `Tokens`."""

    fields: I64
    """(3 · readings + 1) Where the pieces of each field begin, and where those of the last end."""

    def shingles(self, ngram: int) -> tuple[I64, U64]:
        """Row and hash of each shingle of `ngram` pieces, with repetitions."""
        begins = self.fields[::_FIELDS]
        counts = np.maximum(np.diff(begins) - ngram + 1, 0)
        return np.repeat(self.row, counts), mixed(windows(self.sums, begins, ngram))

    def runs(self, longest: int) -> tuple[I64, U64]:
        """Row and key of each field, and of fields in a row, of 1 to `longest` pieces."""
        places = [(self.fields[first:-1:_FIELDS], last) for first, last in _RUNS]
        starts = np.concatenate([start for start, _ in places])
        ends = np.concatenate([self.fields[last::_FIELDS] for _, last in places])
        size = ends - starts
        few = np.flatnonzero((size > 0) & (size <= longest))
        keys = run_keys(self.sums, starts[few], ends[few])
        return np.tile(self.row, len(_RUNS))[few], keys


def read(instructions: Sequence[str], inputs: Sequence[str], outputs: Sequence[str]) -> Readings:
    """The readings of rows with these fields; a row's number is its place."""
    texts = [""] * (_FIELDS * len(instructions))
    texts[0::_FIELDS], texts[1::_FIELDS], texts[2::_FIELDS] = instructions, inputs, outputs
    tokens = tokenise(texts)
    counts = tokens.counts.reshape(-1, _FIELDS)
    rows = np.arange(len(instructions))
    given = np.flatnonzero(counts[:, 1])
    around = counts[given]
    around[:, 1] = 0
    gathered = ragged(tokens.offsets[:-1].reshape(-1, _FIELDS)[given].ravel(), around.ravel())
    return Readings(
        np.concatenate([rows, given]),
        np.concatenate([tokens.sums, tokens.sums[gathered]]),
        offsets(np.concatenate([counts.ravel(), around.ravel()])),
    )


def text_keys(tokens: Tokens) -> U64:
    """A key of each text, equal for texts with the same pieces."""
    return run_keys(tokens.sums, tokens.offsets[:-1], tokens.offsets[1:])


def run_keys(sums: U64, starts: I64, ends: I64) -> U64:
    """A key of each run of pieces, equal for equal runs."""
    return mixed(run_sums(mixed(sums.copy()), starts, ends))
