"""Several filters over many rows at once: part by part, and from some thousands on in processes.

    numbers = measured(recipe.filters, rows, workers=2)

All filters see a part before the next part is read, so that what one has read out of a text the
others find ready, and memory does not grow with the rows. The numbers are those of
`filter.measure(rows)`, whatever the parts and the workers.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from queue import SimpleQueue
from typing import Any

import polars as pl

from curate.filters.base import Filter
from curate.filters.processes import Process

PART = 1_000
"""Rows in a part: the passages of one fit what `reading` keeps."""

MANY = 5_000
"""Rows from which on processes are worth their start of about a second."""

IN_PARTS = frozenset(["injection", "length", "language", "repetition", "grounding", "quality"])
"""Filters that look at each row alone and need nothing but it; the others measure here, at once."""

_FIELDS = ("instruction", "input", "output", "kind", "passage")

Advance = Callable[[int], Any]


def measured(
    filters: Sequence[Filter],
    rows: pl.DataFrame,
    workers: int | None = None,
    advance: Advance = lambda _rows: None,
) -> pl.DataFrame:
    """The columns of all filters for all rows, in the order of both.

    `workers`: processes, None for as many as there are cores. `advance` is called with the number
    of rows of each part that is done. Raises RuntimeError where a process ends before its work.
    """
    fields = rows.select(name for name in _FIELDS if name in rows.columns)
    spread = [each for each in filters if _in_parts(each)]
    parts: list[pl.DataFrame] = []
    if spread:
        for part in _parts(spread, fields, workers):
            parts.append(part)
            advance(part.height)
    together = pl.concat(parts) if parts else pl.DataFrame()
    columns = [
        together.select(pl.col(f"^{each.name}(_.*)?$")) if each in spread else each.measure(rows)
        for each in filters
    ]
    return pl.concat(columns, how="horizontal")


def _in_parts(which: Filter) -> bool:
    """Whether another process would make the same filter of its name."""
    return which.name in IN_PARTS and type(which).__module__ == f"curate.filters.{which.name}"


def measure_part(filters: Sequence[Filter], rows: pl.DataFrame) -> pl.DataFrame:
    """The columns of some filters for a few rows."""
    return pl.concat([each.measure(rows) for each in filters], how="horizontal")


def _parts(
    filters: Sequence[Filter], rows: pl.DataFrame, workers: int | None
) -> Iterator[pl.DataFrame]:
    """The columns part by part, in order; at least one part, so that no rows have columns, too."""
    slices = list(rows.iter_slices(PART)) or [rows]
    count = min(_cores() if workers is None else workers, len(slices))
    if count < 2 or rows.height < MANY:
        yield from (measure_part(filters, part) for part in slices)
        return
    with ExitStack() as stack:
        idle: SimpleQueue[Process] = SimpleQueue()
        for _ in range(count):
            idle.put(stack.enter_context(closing(Process(filters))))

        def on_one(part: pl.DataFrame) -> pl.DataFrame:
            process = idle.get()
            try:
                return process.measure(part)
            finally:
                idle.put(process)

        pool = ThreadPoolExecutor(count)
        stack.callback(pool.shutdown, cancel_futures=True)
        yield from pool.map(on_one, slices)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
