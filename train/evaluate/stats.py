"""Means with standard errors, paired differences, and how sure a difference is.

One formula serves all: a mean weighted by `weights` (1 each, or the tokens of a row), whose
standard error adds up the deviations of each cluster first, as rows of one document are alike
(Miller 2024, "Adding Error Bars to Evals", arXiv:2411.00640). With rows that stand alone and no
weights it is the standard error of the textbook.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

FEWEST_CLUSTERS = 10
"With fewer documents than this their standard error is itself too uncertain; rows count alone."
SURE = 0.975
"Of Student's t, from which a difference is told: 95%, both sides."


@dataclass(frozen=True)
class Mean:
    """A mean of `items`, with its standard error; None where one item tells no spread.

    `freedom`: the items, or their clusters, less one.
    """

    value: float
    error: float | None
    items: int
    freedom: int

    @property
    def margin(self) -> float:
        """How far the true mean may be off, at 95%, by Student's t; any far for one item."""
        from scipy.stats import t

        if self.error is None:
            return math.inf
        return float(t.ppf(SURE, self.freedom)) * self.error


@dataclass(frozen=True)
class Difference:
    """Tuned less base over the same items. `up` and `down` count items that went so.

    `p` is of the exact sign test over those; with right and wrong answers that is McNemar's.
    """

    mean: Mean
    up: int
    down: int
    p: float

    @property
    def shown(self) -> bool:
        """Whether it is more than its margin."""
        return abs(self.mean.value) > self.mean.margin


def mean(
    values: Sequence[float],
    weights: Sequence[float] | None = None,
    clusters: Sequence[str] | None = None,
) -> Mean:
    """The weighted mean and its standard error. Raises ValueError where there are no values."""
    if not len(values):
        raise ValueError("no values to take a mean of")
    x = np.asarray(values, dtype=float)
    w = np.ones_like(x) if weights is None else np.asarray(weights, dtype=float)
    value = float((w * x).sum() / w.sum())
    residuals = w * (x - value) / w.mean()
    sums = _sums(residuals, clusters)
    if len(sums) < 2:
        return Mean(value, None, len(x), 0)
    spread = float((sums**2).sum()) * len(sums) / (len(sums) - 1)
    return Mean(value, math.sqrt(spread) / len(x), len(x), len(sums) - 1)


def _sums(residuals: np.ndarray, clusters: Sequence[str] | None) -> np.ndarray:
    """The residuals added up by cluster, where there are enough of those."""
    if clusters is None:
        return residuals
    _, place = np.unique(np.asarray(clusters), return_inverse=True)
    sums = np.bincount(place, weights=residuals)
    return sums if len(sums) >= FEWEST_CLUSTERS else residuals


def difference(
    base: Sequence[float],
    tuned: Sequence[float],
    weights: Sequence[float] | None = None,
    clusters: Sequence[str] | None = None,
) -> Difference:
    """How much higher the tuned model's values are, item by item."""
    change = np.asarray(tuned, dtype=float) - np.asarray(base, dtype=float)
    shift = mean(change.tolist(), weights, clusters)
    up, down = int((change > 0).sum()), int((change < 0).sum())
    return Difference(shift, up, down, sign_test(up, down))


def sign_test(up: int, down: int) -> float:
    """The chance of so uneven a split, either way, if both sides were as likely."""
    from scipy.stats import binomtest

    return float(binomtest(up, up + down).pvalue) if up + down else 1.0


def share_interval(count: int, total: int) -> tuple[float, float]:
    """The 95% confidence interval of a share, by Clopper and Pearson; for none of none, all."""
    from scipy.stats import binomtest

    if not total:
        return 0.0, 1.0
    interval = binomtest(count, total).proportion_ci(0.95)
    return float(interval.low), float(interval.high)


def at_chance(result: Mean, chance: float) -> bool:
    """Whether a score is not surely above what guessing gives."""
    return result.value - result.margin <= chance
