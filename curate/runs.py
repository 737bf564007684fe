"""Runs of numbers laid end to end, one a text, and what is asked of each run at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Marks = npt.NDArray[np.bool_]

_BITS = 32

NONE = np.zeros(0, np.int64)


def offsets(counts: npt.NDArray[np.integer | np.bool_]) -> Ints:
    """Where each of some runs, laid end to end, begins, and where the last one ends."""
    found = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=found[1:])
    return found


def ragged(starts: Ints, counts: Ints) -> Ints:
    """start, start + 1, … (count of them) of each run, end to end: what to gather runs by."""
    begins = offsets(counts)
    steps = np.arange(begins[-1], dtype=np.int64)
    steps += np.repeat(starts - begins[:-1], counts)
    return steps


def owners(counts: Ints) -> Ints:
    """The number of the run that each member is of."""
    return np.repeat(np.arange(len(counts)), counts)


def starts(owner: Ints) -> Ints:
    """Where a new owner's members begin, for members in the order of their owners."""
    new = np.empty(len(owner), np.bool_)
    new[:1] = True
    np.not_equal(owner[1:], owner[:-1], out=new[1:])
    return np.flatnonzero(new)


def distinct(keys: Ints) -> Ints:
    """The different keys, rising: `np.unique` without what it does besides."""
    keys = np.sort(keys)
    return keys[starts(keys)]


def among(keys: Ints, known: Ints) -> Marks:
    """Which keys are among the `known` ones, which rise."""
    if not len(known):
        return np.zeros(len(keys), np.bool_)
    found: Marks = known.take(np.searchsorted(known, keys), mode="clip") == keys
    return found


def keys(texts: Ints, stems: Ints) -> Ints:
    """A text's number and a stem's in one."""
    found: Ints = texts << _BITS | stems
    return found


def texts_of(keys: Ints) -> Ints:
    """The texts that `keys` were made of."""
    found: Ints = keys >> _BITS
    return found


def stems_of(keys: Ints) -> Ints:
    """The stems that `keys` were made of."""
    found: Ints = keys & ((1 << _BITS) - 1)
    return found


def totals(owner: Ints, weights: npt.NDArray[Any], count: int) -> Floats:
    """The sum of the weights of each of `count` owners, in the order in which they come."""
    found: Floats = np.bincount(owner, weights=weights, minlength=count).astype(np.float64)
    return found
