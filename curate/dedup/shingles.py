"""What rows are compared by: hashes of the shingles of instruction and output.

    piece    a word, a sign of code, or a character of a script written without spaces
    shingle  `ngram` pieces in a row; of a text with fewer, three characters in a row
    row      the shingles of both fields, each tagged with its field

A row's `input` gives no shingles: rows made from one passage share it and still ask different
things. But where a row says too little without its input ("Summarise this."), its shingles are
tagged with the input too (`scope.py`), so that it has none in common with a row on another input.

Resemblance of documents as the Jaccard similarity of their shingles is Broder's (1997).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from curate.dedup.hashing import I64, U64, factors, mixed, run_sums
from curate.dedup.scope import scopes
from curate.dedup.tokens import Flags, Tokens, tokenise
from curate.runs import offsets, ragged

FIELDS = 2
"""Texts of a row that give shingles: instruction, then output."""

_TAGS = np.array([0x2545F4914F6CDD1D, 0xD1342543DE82EF95], np.uint64)
_CHARACTERS = 3
_OF_CHARACTERS = np.uint64(0xA0761D6478BD642F)  # so that no shingle of words equals one of these
_ENDS = 2  # stands at both ends of a short text, so that "a" and "aa" differ
_SPACE = ord(" ")


@dataclass(frozen=True)
class Shingles:
    """The tagged shingles of some rows: row after row, the instruction's, then the output's."""

    hashes: U64
    """(shingles) As they come in the text, with repetitions."""

    counts: I64
    """(rows, FIELDS)"""

    keys: U64
    """(rows) Equal for rows with the same shingles in the same order, on the same input."""

    tokens: Tokens
    """The pieces of instruction and output by turns."""

    ngram: int

    silent: Flags
    """(pieces) Whether it weighs nothing, being within a shingle that was left out."""

    @property
    def begins(self) -> I64:
        """(rows + 1) Where those of each row begin, and where those of the last one end."""
        return offsets(self.counts.sum(axis=1))

    def asked(self, but: U64) -> tuple[U64, I64]:
        """Hashes of the pieces of the instructions that say something; how many of each row.

        Those are neither silent nor one of `but`; all, where a row has no others.
        """
        counts = self.tokens.counts[::FIELDS]
        piece = ragged(self.tokens.offsets[:-1:FIELDS], counts)
        hashes = mixed(self.tokens.sums[piece])
        keep = ~self.silent[piece] & ~np.isin(hashes, but)
        left = np.diff(offsets(keep)[offsets(counts)])
        keep |= np.repeat(left == 0, counts)
        return hashes[keep], np.where(left == 0, counts, left)

    def pieces_within(self, chosen: Flags) -> Flags:
        """(pieces) Which are within the chosen ones of these shingles, if those are of pieces."""
        texts = self.counts.ravel()
        pieces = self.tokens.counts
        of_pieces = np.repeat(pieces >= self.ngram, texts)
        first = ragged(self.tokens.offsets[:-1], texts)[chosen & of_pieces]
        total = int(pieces.sum()) + 1
        begun = np.bincount(first, minlength=total)
        ended = np.bincount(first + self.ngram, minlength=total)
        return np.cumsum(begun - ended)[:-1] > 0


def shingles(
    instructions: Sequence[str], inputs: Sequence[str], outputs: Sequence[str], ngram: int
) -> Shingles:
    """The shingles of rows with these fields."""
    texts = [""] * (FIELDS * len(instructions))
    texts[0::FIELDS], texts[1::FIELDS] = instructions, outputs
    tokens = tokenise(texts)
    scope = scopes(instructions, inputs, tokens)
    hashes, counts = _of_texts(tokens, ngram)
    hashes += np.repeat((scope[:, None] + _TAGS).ravel(), counts)
    mixed(hashes)
    begins = offsets(counts)[::FIELDS]
    keys = mixed(run_sums(hashes, begins[:-1], begins[1:]) + scope)
    silent = np.zeros(len(tokens.starts), np.bool_)
    return Shingles(hashes, counts.reshape(-1, FIELDS), keys, tokens, ngram, silent)


def _of_texts(tokens: Tokens, ngram: int) -> tuple[U64, I64]:
    """The shingles of each text, untagged, and how many each has."""
    pieces = tokens.counts
    counts = np.maximum(pieces - ngram + 1, 0)
    hashes = windows(tokens.sums, tokens.offsets, ngram)
    short = (pieces > 0) & (pieces < ngram)
    if not short.any():
        return hashes, counts
    further, counts[short] = _of_characters(tokens, np.flatnonzero(short))
    merged = np.empty(counts.sum(), np.uint64)
    by_characters = np.repeat(short, counts)
    merged[by_characters] = further
    merged[~by_characters] = hashes
    return merged, counts


def windows(sums: U64, begins: I64, ngram: int) -> U64:
    """Hashes of `ngram` pieces in a row, of all texts with as many, not spread yet (`mixed`).

    `sums` are of the pieces, text after text; `begins` (texts + 1) has where each text begins,
    as `Tokens.offsets` does. A text of n pieces has max(n - ngram + 1, 0), with repetitions.
    """
    count = max(len(sums) - ngram + 1, 0)
    hashes = np.zeros(count, np.uint64)
    for place, factor in enumerate(factors(ngram)):
        hashes += sums[place : place + count] * factor
    across = np.zeros(count, np.bool_)  # begins in one text and ends in another
    last = begins[1:]
    for back in range(1, ngram):
        at = last - back
        across[at[(at >= 0) & (at < count)]] = True
    return hashes[~across]


def _of_characters(tokens: Tokens, texts: I64) -> tuple[U64, I64]:
    """Shingles of characters of these texts, which have pieces; how many each has.

    A text is spelt as its pieces with a space between, within marks for its ends.
    """
    pieces = tokens.counts[texts]
    piece = ragged(tokens.offsets[texts], pieces)
    width = tokens.ends[piece] - tokens.starts[piece]
    first = offsets(pieces)
    # each piece takes a place more, for the space or mark before it, and each text one for its end
    lengths = np.diff(offsets(width + 1)[first]) + 1
    begins = offsets(lengths)
    before = offsets(width + 1)[:-1] + np.repeat(np.arange(len(texts)), pieces)
    spelt = np.full(begins[-1], _SPACE, np.uint64)
    spelt[begins[:-1]] = _ENDS
    spelt[begins[1:] - 1] = _ENDS
    spelt[ragged(before + 1, width)] = tokens.codes[ragged(tokens.starts[piece], width)]
    hashes = np.full(len(spelt) - _CHARACTERS + 1, _OF_CHARACTERS)
    for place, factor in enumerate(factors(_CHARACTERS)):
        hashes += spelt[place : place + len(hashes)] * factor
    counts = lengths - _CHARACTERS + 1
    return hashes[ragged(begins[:-1], counts)], counts
