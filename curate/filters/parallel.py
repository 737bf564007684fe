"""Several filters over many rows at once: part by part, and from some thousands on in processes.

    numbers = measured(recipe.filters, rows, workers=2)

All filters see a part before the next part is read, so that what one has read out of a text the
others find ready, and memory does not grow with the rows. The numbers are those of
`filter.measure(rows)`, whatever the parts and the workers.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from queue import SimpleQueue

import polars as pl

from curate.engines.base import Engine
from curate.filters.base import Filter
from curate.filters.processes import Process
from curate.filters.reading.part import slices
from curate.progress import Progress, Silent

MANY = 5_000
"""Rows from which on processes are worth their start of about a second."""

SPREAD = 10_000
"""Rows in a partition that an engine moves."""

IN_PARTS = frozenset(["injection", "length", "language", "repetition", "grounding", "quality"])
"""Filters that look at each row alone and need nothing but it; the others measure here, at once."""

_FIELDS = ("instruction", "input", "output", "kind", "passage")


def measured(
    filters: Sequence[Filter],
    rows: pl.DataFrame,
    workers: int | None = None,
    progress: Progress | None = None,
    cache: Path | None = None,
    engine: Engine | None = None,
) -> pl.DataFrame:
    """The columns of all filters for all rows, in the order of both.

    `workers`: processes, None for as many as there are cores. `cache`: folder for paid answers.
    `engine`: where to measure, if not in processes of this machine.
    Raises RuntimeError where a process ends before its work.
    """
    fields = rows.select(name for name in _FIELDS if name in rows.columns)
    spread = [each for each in filters if _in_parts(each)]
    parts: list[pl.DataFrame] = []
    progress = progress or Silent()
    if spread:
        with progress.bar("measure", rows.height) as advance:
            for part in _parts(spread, fields, workers, engine):
                parts.append(part)
                advance(part.height)
    together = pl.concat(parts) if parts else pl.DataFrame()
    columns = [
        together.select(pl.col(f"^{each.name}(_.*)?$"))
        if each in spread
        else each.told(rows, progress, cache)
        for each in filters
    ]
    return pl.concat(columns, how="horizontal")


def _in_parts(which: Filter) -> bool:
    """Whether another process would make the same filter of its name."""
    return which.name in IN_PARTS and type(which).__module__ == f"curate.filters.{which.name}"


def measure_parts(filters: Sequence[Filter], rows: pl.DataFrame) -> pl.DataFrame:
    """The columns of some filters for many rows."""
    return pl.concat([measure_part(filters, part) for part in slices(rows)])


def measure_part(filters: Sequence[Filter], rows: pl.DataFrame) -> pl.DataFrame:
    """The columns of some filters for a few rows."""
    return pl.concat([each.measure(rows) for each in filters], how="horizontal")


def _parts(
    filters: Sequence[Filter], rows: pl.DataFrame, workers: int | None, engine: Engine | None
) -> Iterator[pl.DataFrame]:
    """The columns part by part, in order; at least one part, so that no rows have columns, too."""
    if engine is not None and engine.rows is not None and rows.height:
        yield from engine.map(partial(measure_parts, filters), rows.iter_slices(SPREAD))
        return
    parts = list(slices(rows))
    free = engine.cores if engine is not None else _cores()
    count = min(free if workers is None else workers, len(parts))
    if count < 2 or rows.height < MANY:
        yield from (measure_part(filters, part) for part in parts)
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
        yield from pool.map(on_one, parts)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
