"""The order in which rows are best chosen, so that few stand for all.

Facility location: the rows chosen so far stand for a row as well as the nearest of them does, and
the next row is the one that adds most to the sum of that over all rows, times its weight. Greedy
choice is within 1 - 1/e of the best possible for equal weights (Nemhauser, Wolsey, Fisher 1978);
for data, Lin and Bilmes (2011). What a row adds only ever falls, so a row whose old number is below
another's new one need not be looked at (Minoux 1978). Here rows are looked at in blocks, with one
matrix product each.

Farthest-first traversal (Gonzalez 1985) was measured too: it leaves no row very far, but its 1,000
rows stand for the others worse on average than rows drawn by chance (`benchmarks/diversity.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from curate.embeddings.base import F32

SUMMED = 4_096
"""Rows that the sum goes over: all, or this many drawn by chance where there are more."""

CHOSEN = 2_000
"""Rows that are chosen by what they add; the others follow, best first."""

_BLOCK = 256  # rows looked at together
_PART = 1 << 23  # cosines in memory at a time
_NOTHING = 1e-4  # what a row adds that is no more than rounding

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Order:
    """Rows in the order of choice, and each row's distance to the nearest one before it."""

    chosen: Ints
    """(rows) Positions, the first choice first."""

    distance: F32
    """(rows) By position: 1 - cosine, from 0 to 1; 1 for the first choice."""


def order(vectors: F32, weights: npt.ArrayLike) -> Order:
    """The order of choice of rows with these unit vectors and positive weights.

    Ties go to the row that stands first. A row of zeros is like other rows of zeros and like
    nothing else. After `CHOSEN` rows, or where no row adds anything, the others follow by weight.
    Memory: the vectors twice, and at most 0.2 GB.
    """
    points = _with_zeros_alike(vectors)
    heavy = np.asarray(weights, np.float32)
    first = _greedy(points, heavy)
    left = np.setdiff1d(np.arange(len(points)), first)
    chosen = np.concatenate([first, left[np.argsort(-heavy[left], kind="stable")]])
    distance = np.empty(len(points), np.float32)
    distance[chosen] = _to_nearest_before(points[chosen])
    return Order(chosen, distance)


def cosines(some: F32, others: F32) -> F32:
    """(some × others) Cosines of unit vectors, opposite ones as 0."""
    return np.asarray(np.clip(some @ others.T, 0, 1), np.float32)


def _with_zeros_alike(vectors: F32) -> F32:
    """With one dimension more, in which rows of zeros are 1."""
    empty = ~vectors.any(axis=1, keepdims=True)
    return np.ascontiguousarray(np.hstack([vectors, empty.astype(np.float32)]), np.float32)


def _greedy(points: F32, weights: F32) -> Ints:
    """Positions in the order of what they add: `CHOSEN`, or fewer where no other adds anything."""
    all_ = points
    if len(points) > SUMMED:
        drawn = np.random.default_rng(0).choice(len(points), SUMMED, replace=False)
        all_ = points[np.sort(drawn)]
    adds = _alone(points, all_) * weights
    best = np.zeros(len(all_), np.float32)  # how well each row is stood for
    chosen: list[int] = []
    while len(chosen) < min(CHOSEN, len(points)) and adds.max() > _NOTHING:
        block = _top(adds, _BLOCK)
        old = adds[block].copy()
        adds[block] = -1
        bar = float(adds.max())  # what a row outside the block may still add
        adds[block] = old
        _choose_within(block, cosines(points[block], all_), bar, weights, adds, best, chosen)
    return np.array(chosen, np.int64)


def _alone(points: F32, all_: F32) -> F32:
    """What each row adds where none is chosen."""
    step = max(1, _PART // max(1, len(all_)))
    parts = [cosines(points[at : at + step], all_).sum(1) for at in range(0, len(points), step)]
    return np.concatenate([np.zeros(0, np.float32), *parts])


def _top(adds: F32, most: int) -> Ints:
    """Positions of the highest numbers, the highest first, and of equal ones the first."""
    if len(adds) > most:
        edge = np.partition(adds, -most)[-most]
        found = np.flatnonzero(adds >= edge)
    else:
        found = np.arange(len(adds))
    return np.asarray(found[np.argsort(-adds[found], kind="stable")][:most])


def _choose_within(
    block: Ints, likeness: F32, bar: float, weights: F32, adds: F32, best: F32, chosen: list[int]
) -> None:
    """Choose rows of the block while no row outside may add more. Writes adds, best, chosen."""
    helped = [np.flatnonzero(row > best) for row in likeness]  # only these can gain, from now on
    gain = [row[at] for row, at in zip(likeness, helped, strict=True)]
    mine = np.empty(len(block), np.float32)

    def look(number: int) -> None:
        more = np.maximum(gain[number] - best[helped[number]], 0)
        mine[number] = more.sum() * weights[block[number]]

    for number in range(len(block)):
        look(number)
    fresh = np.ones(len(block), bool)
    while True:
        number = int(mine.argmax())
        if not fresh[number]:
            look(number)
            fresh[number] = True
            continue
        if mine[number] < bar or mine[number] <= _NOTHING or len(chosen) == CHOSEN:
            break
        chosen.append(int(block[number]))
        at = helped[number]
        best[at] = np.maximum(best[at], gain[number])
        mine[number] = -1
        fresh[:] = False
    adds[block] = mine


def _to_nearest_before(points: F32) -> F32:
    """(rows) Each row's distance to the nearest one before it; 1 for the first."""
    found = np.ones(len(points), np.float32)
    step = max(1, min(1024, 2 * _PART // max(1, len(points))))
    for start in range(0, len(points), step):
        part = points[start : start + step]
        end = start + len(part)
        likeness = part @ points[:end].T
        likeness[:, start:][np.triu_indices(len(part))] = 0  # itself, and those after it
        found[start:end] = 1 - np.clip(likeness.max(axis=1), 0, 1)
    return found
