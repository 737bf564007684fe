"""Work on parts of the rows, several at a time. numpy lets other threads run while it computes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Part = TypeVar("Part")
Result = TypeVar("Result")


def available() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def mapped(
    function: Callable[[Part], Result], parts: Iterable[Part], workers: int
) -> Iterator[Result]:
    """`function` of each part, in order, whatever the number of workers."""
    if workers <= 1:
        yield from map(function, parts)
        return
    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(function, parts)
