"""64-bit hashes of runs of numbers, many at once. Wrap-around of uint64 is the arithmetic meant.

Not seeded and not taken from a library, so that a row has the same hashes on every machine and
with every version of anything.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]

BASE = 0x9E3779B97F4A7C15
"""What the polynomials are taken at: odd, so that it has an inverse modulo 2⁶⁴."""

_MULTIPLIERS = (np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53))
_SHIFT = np.uint64(33)


def mixed(values: U64) -> U64:
    """`values`, each spread over all 64 bits by MurmurHash3's finalizer (one to one), in place."""
    for multiplier in _MULTIPLIERS:
        values ^= values >> _SHIFT
        values *= multiplier
    values ^= values >> _SHIFT
    return values


def factors(count: int) -> list[np.uint64]:
    """`count` odd numbers with nothing in common with each other or powers of BASE.

    Factors for the places of a short run whose numbers are sums by BASE themselves.
    """
    found = mixed(np.arange(1, count + 1, dtype=np.uint64))
    return list(found | np.uint64(1))


class _Powers:
    """Powers of BASE and of its inverse from 0 on, made once and longer when needed."""

    def __init__(self) -> None:
        self._known = self._made(1 << 16)

    @staticmethod
    def _made(count: int) -> tuple[U64, U64]:
        def of(base: int) -> U64:
            factors = np.full(count, base, np.uint64)
            factors[0] = 1
            return np.multiply.accumulate(factors)

        return of(BASE), of(pow(BASE, -1, 1 << 64))

    def upto(self, count: int) -> tuple[U64, U64]:
        """At least `count` powers of each. Threads may make them twice, to the same numbers."""
        known = self._known
        if len(known[0]) < count:
            known = self._known = self._made(1 << count.bit_length())
        return known


_POWERS = _Powers()


def run_sums(values: npt.NDArray[np.unsignedinteger], starts: I64, ends: I64) -> U64:
    """Of each run `values[start:end]`, Σ valueⱼ · BASEʲ⁻ˢᵗᵃʳᵗ: different for different runs.

    As a difference of two prefix sums: the time depends on the length of `values` and the number of
    runs only.
    """
    up, down = _POWERS.upto(len(values) + 1)
    terms = np.zeros(len(values) + 1, np.uint64)
    np.multiply(values, up[: len(values)], out=terms[1:])
    sums = np.cumsum(terms)  # in place, numpy would not let other threads run
    found = sums.take(ends)
    found -= sums.take(starts)
    found *= down.take(starts)
    return found
