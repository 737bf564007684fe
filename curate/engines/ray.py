"""The engine of many machines: Ray tasks over its object store, and Ray Data for maps.

A task whose node is lost runs again elsewhere, and so does what had made its input. Values given by
this process stay on this process's node. Workers must have curate and its dependencies installed as
here: nothing is shipped but functions by name, and values.
"""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Self

import polars as pl
import pyarrow as pa

from curate.engines.base import Advance, Handle, Host
from curate.engines.ray_hosts import Hosts
from curate.errors import MissingExtra

ROWS = 100_000
"""Rows in a partition of a shuffle: some tens of MB of text."""

_STORE = 2 << 30  # bytes of objects that a cluster of its own holds in memory; the rest on disk
_RETRIES = 20  # of a task, each for a worker or node lost
_ONE = ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")


class Ray:
    """A connection to a Ray cluster; use as a context manager.

    `address` is that of a running cluster, as `ray.init` takes it; without one, a cluster of this
    machine is started on loopback with `workers` processes, by default one a core, and stopped at
    the end. Raises MissingExtra where Ray is not installed.
    """

    threads = 1

    def __init__(
        self, address: str | None = None, workers: int | None = None, rows: int = ROWS
    ) -> None:
        self.rows: int | None = rows
        self._address, self._workers = address, workers
        self._remote: dict[tuple[Callable[..., Any], int], Any] = {}
        self.cores = 1

    def __enter__(self) -> Self:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        os.environ.setdefault("RAY_DATA_LOG_LEVEL", "ERROR")
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        try:
            import ray
        except ImportError as error:
            raise MissingExtra("--engine ray", "ray") from error
        own: dict[str, Any] = {
            "num_cpus": self._workers,
            "object_store_memory": _STORE,
            "include_dashboard": False,
            "_node_ip_address": "127.0.0.1",
        }
        ray.init(
            address=self._address or "local",
            log_to_driver=False,
            logging_level=logging.ERROR,
            runtime_env={"env_vars": dict.fromkeys(_ONE, "1")},
            **({} if self._address else own),
        )
        self._ray = ray
        total: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
        self.cores = max(1, int(total.get("CPU", 1)))
        return self

    def __exit__(self, *reason: object) -> None:
        self._ray.shutdown()

    def keep(self, value: Any) -> Handle:
        """A reference to a copy of the value in the object store."""
        return self._ray.put(value)

    def run(
        self,
        function: Callable[..., Any],
        calls: Sequence[tuple[Any, ...]],
        results: int = 1,
        advance: Advance | None = None,
        amounts: Sequence[int] = (),
    ) -> list[Any]:
        """References to the results, one task a call."""
        task = self._task(function, results)
        made = [task.remote(*given) for given in calls]
        if advance is not None:
            firsts = [each[0] if results > 1 else each for each in made]
            left = dict(zip(firsts, amounts or [1] * len(made), strict=True))
            while left:
                for done in self._ray.wait([*left], fetch_local=False)[0]:
                    advance(left.pop(done))
        return made

    def get(self, handles: Iterable[Handle]) -> list[Any]:
        """The values, brought here. Raises what their tasks raised."""
        from ray.exceptions import RayTaskError

        try:
            found: list[Any] = self._ray.get([*handles])
        except RayTaskError as error:
            raise (error.cause if isinstance(error.cause, Exception) else error) from None
        return found

    @asynccontextmanager
    async def host(
        self, make: Callable[[], AbstractAsyncContextManager[Any]], method: str
    ) -> AsyncIterator[Host]:
        """The method of what an actor on each node opens for itself."""
        hosts = Hosts(make, method)
        try:
            yield hosts.call
        finally:
            hosts.close()

    def map(
        self, function: Callable[[pl.DataFrame], pl.DataFrame], parts: Iterable[pl.DataFrame]
    ) -> Iterator[pl.DataFrame]:
        """The frames made of frames, by Ray Data's `map_batches`, a block each, in order."""
        import ray.data

        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        context.execution_options.preserve_order = True
        blocks = [_table(part) for part in parts if part.height]
        if not blocks:
            return

        def of(table: pa.Table) -> pa.Table:
            return _table(function(_frame(table)))

        made = ray.data.from_arrow(blocks).map_batches(
            of,
            batch_format="pyarrow",
            batch_size=None,
            zero_copy_batch=True,
        )
        for batch in made.iter_batches(batch_format="pyarrow", batch_size=None):
            yield _frame(batch)

    def _task(self, function: Callable[..., Any], results: int) -> Any:
        known = self._remote.get((function, results))
        if known is None:
            options = {"num_returns": results, "max_retries": _RETRIES, "num_cpus": 1}
            known = self._ray.remote(function).options(**options)
            self._remote[function, results] = known
        return known


def _table(frame: pl.DataFrame) -> pa.Table:
    return frame.to_arrow(compat_level=pl.CompatLevel.oldest())


def _frame(table: pa.Table) -> pl.DataFrame:
    found = pl.from_arrow(table)
    if not isinstance(found, pl.DataFrame):
        raise TypeError("a partition must be a table")
    return found
