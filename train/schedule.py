"""The learning rate of each step, as a share of the highest.

Transformers' own schedules begin at nothing, so that the first step, and a run of one step, would
learn nothing. Here the warmup begins at its first part.
"""

from __future__ import annotations

import math
from collections.abc import Callable

SHAPES: dict[str, Callable[[float], float]] = {
    "cosine": lambda done: (1 + math.cos(math.pi * done)) / 2,
    "linear": lambda done: 1 - done,
    "constant": lambda _: 1.0,
}


def share(step: int, schedule: str, warmup: int, steps: int) -> float:
    """The share at a step, counted from 0: up for `warmup` of the `steps`, then the schedule."""
    if step < warmup:
        return (step + 1) / warmup
    done = (step - warmup) / max(1, steps - warmup)
    return SHAPES[schedule](min(1.0, done))
