"""Texts → hashes of their pieces, thousands of texts at a time, without one string a piece.

A piece is what `text.pieces` gives: a word, a run of signs, or a character of a script written
without spaces. Punctuation is left out, signs of code are not: `a += 1` is not `a -= 1`, but "a."
is "a"; a sign in quotes (`.`) is what is spoken of. A text of nothing but punctuation keeps it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from curate.dedup.characters import (
    CLOSING,
    MARK,
    SIGN,
    SPACE,
    UNSPACED_LETTER,
    WORD,
    Codes,
    classes,
    prose,
)
from curate.dedup.hashing import I64, U64, mixed, run_sums
from curate.runs import offsets, ragged
from curate.text import folded

_APOSTROPHE = ord("'")

Flags = npt.NDArray[np.bool_]
Kinds = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Tokens:
    """The pieces of some texts, text after text."""

    codes: Codes
    """Code points of all texts, folded, white space between them."""

    starts: I64
    """Where in `codes` each piece begins, …"""

    ends: I64
    """… and ends."""

    signs: Flags
    """(pieces) Whether it is a run of signs."""

    offsets: I64
    """(texts + 1) Where the pieces of each text begin, and where those of the last one end."""

    sums: U64
    """(pieces) Sums of characters by place: a hash that is not spread yet (`hashing.mixed`)."""

    @property
    def counts(self) -> I64:
        """(texts) Pieces of each text."""
        return np.diff(self.offsets)

    @property
    def words(self) -> I64:
        """(texts) Pieces that are not signs."""
        return np.diff(offsets(~self.signs)[self.offsets])


def tokenise(texts: Sequence[str]) -> Tokens:
    """The pieces of each text."""
    codes, begins = _joined(texts)
    kinds = _kinds(codes)
    starts, ends = _runs(kinds)
    signs = kinds.take(starts) == SIGN
    silent = _punctuation(codes, starts, ends, np.flatnonzero(signs))
    if len(silent):
        keep = np.ones(len(starts), np.bool_)
        keep[silent] = False
        _keep_bare(keep, starts, begins)
        starts, ends, signs = starts[keep], ends[keep], signs[keep]
    at = np.searchsorted(starts, begins)
    return Tokens(codes, starts, ends, signs, at, run_sums(codes, starts, ends))


def plain_hashes(texts: Sequence[str]) -> U64:
    """A hash of each text, equal for texts that differ in case, width and white space at most."""
    codes, begins = _joined(texts)
    kinds = (classes(codes) != SPACE).astype(np.uint8)
    starts, ends = _runs(kinds)
    at = np.searchsorted(starts, begins)
    return mixed(run_sums(mixed(run_sums(codes, starts, ends)), at[:-1], at[1:]))


def _joined(texts: Sequence[str]) -> tuple[Codes, I64]:
    """The code points of the folded texts, white space around each; where each begins, and the end.

    As ASCII where all are, which takes a quarter of the memory.
    """
    whole = "\n".join(texts)
    if whole.isascii():
        text, parts = whole.casefold(), texts
    else:
        parts = [folded(text) for text in texts]
        text = "\n".join(parts)
    begins = offsets(np.fromiter(map(len, parts), np.int64, len(parts)) + 1) + 1
    text = f"\n{text}\n"
    if text.isascii():
        return np.frombuffer(text.encode("ascii"), np.uint8), begins
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32), begins


def _kinds(codes: Codes) -> Kinds:
    """The class of each character, but marks and apostrophes that of what they belong to.

    A mark on a character of a script without spaces gets a class of its own (MARK), since it ends
    nothing and begins nothing.
    """
    kinds = classes(codes)
    marks = (kinds & MARK).astype(np.bool_)
    if codes.dtype != np.uint8 and marks.any():
        kinds &= ~np.uint8(MARK)
        places = np.arange(len(kinds))
        bearer = np.maximum.accumulate(np.where(marks, 0, places))
        kinds[marks & (kinds[bearer] == UNSPACED_LETTER)] = MARK
    at = np.flatnonzero(codes == _APOSTROPHE)  # never the first or last, which are white space
    kinds[at[(kinds[at - 1] == WORD) & (kinds[at + 1] == WORD)]] = WORD
    return kinds


def _runs(kinds: Kinds) -> tuple[I64, I64]:
    """Starts and ends of the pieces: runs of one class; a character without spaces by itself."""
    before, after = kinds[:-1], kinds[1:]
    edge = before != after
    if kinds.max(initial=0) >= UNSPACED_LETTER:
        edge &= after != MARK
        edge |= after == UNSPACED_LETTER
    edges = np.flatnonzero(edge)
    edges += 1
    pieces = kinds.take(edges) != SPACE
    starts = np.flatnonzero(pieces)
    return edges.take(starts), edges.take(starts + 1)


def _punctuation(codes: Codes, starts: I64, ends: I64, signs: I64) -> I64:
    """Which of the runs of signs, given by number, are only punctuation.

    Of a quoted sign, `starts` and `ends` move within the quotes.
    """
    silent = prose(codes.take(starts.take(signs)))
    long = np.flatnonzero(ends.take(signs) - starts.take(signs) > 1)
    if len(long):
        run = signs[long]
        lengths = ends[run] - starts[run]
        other = ~prose(codes.take(ragged(starts[run], lengths)))
        silent[long] = ~np.logical_or.reduceat(other, offsets(lengths)[:-1])
        quoted = long[silent[long] & (ends[run] - starts[run] > 2)]
        run = signs[quoted]
        inner = CLOSING[codes[starts[run]]] == codes[ends[run] - 1]
        silent[quoted[inner]] = False
        starts[run[inner]] += 1
        ends[run[inner]] -= 1
    return signs[silent]


def _keep_bare(keep: Flags, starts: I64, begins: I64) -> None:
    """Keep all pieces of texts that would have none left."""
    at = np.searchsorted(starts, begins)
    before = offsets(keep)[at]
    bare = (before[1:] == before[:-1]) & (at[1:] > at[:-1])
    if bare.any():
        keep |= np.repeat(bare, np.diff(at))
