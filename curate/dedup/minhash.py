"""MinHash signatures (Broder 1997), bit for bit those of `datasketch`'s scheme "affine32".

Rows agree in each number of their signatures with a chance of their Jaccard similarity. Made with
numpy for many rows at once, and without `datasketch`, whose import alone takes longer than ten
thousand rows; a test holds the equality.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from curate.dedup.hashing import I64, U64

U32 = npt.NDArray[np.uint32]

SEED = 1
_BLOCK = 16  # permutations at a time: with the shingles of a chunk of rows they fit the L2 cache
_EMPTY = np.uint32(0xFFFFFFFF)


@dataclass(frozen=True)
class Permutations:
    """The first permutations of `datasketch.MinHash(num_perm, SEED)`: h → a·h + b modulo 2³²."""

    a: U32
    b: U32


def permutations(num_perm: int, count: int) -> Permutations:
    """The first `count` of `num_perm` permutations."""
    draws = np.random.RandomState(SEED)
    a = draws.randint(0, 1 << 31, num_perm, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    b = draws.randint(0, 1 << 32, num_perm, dtype=np.uint32)
    return Permutations(a[:count], b[:count])


def signatures(hashes: U64, begins: I64, chosen: Permutations) -> U32:
    """(permutations, rows) The signature of each row, as a column.

    A row is `hashes[begins[row]:begins[row + 1]]`. Of each hash the low 32 bits count. A row
    without any has the largest number throughout.
    """
    filled = np.flatnonzero(np.diff(begins))
    found = np.full((len(chosen.a), len(begins) - 1), _EMPTY)
    if not len(filled):
        return found
    inputs = _premixed(hashes.astype(np.uint32))  # the low half
    size = len(inputs)
    # as one long row: numpy lets other threads run while it reduces one of one dimension, only
    starts = (np.arange(_BLOCK)[:, None] * size + begins[filled]).ravel()
    values = np.empty((_BLOCK, size), np.uint32)
    for first in range(0, len(chosen.a), _BLOCK):
        block = slice(first, first + _BLOCK)
        a, b = chosen.a[block, None], chosen.b[block, None]
        part = np.multiply(a, inputs, out=values[: len(a)])
        part += b
        least = np.minimum.reduceat(part.ravel(), starts[: len(a) * len(filled)])
        found[block, filled] = least.reshape(len(a), -1)
    return found


def _premixed(hashes: U32) -> U32:
    """MurmurHash3's 32-bit finalizer, by which `datasketch` spreads its input, in place."""
    hashes ^= hashes >> np.uint32(16)
    hashes *= np.uint32(0x85EBCA6B)
    hashes ^= hashes >> np.uint32(13)
    hashes *= np.uint32(0xC2B2AE35)
    hashes ^= hashes >> np.uint32(16)
    return hashes
