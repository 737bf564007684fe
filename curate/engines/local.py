"""The engine of one machine: this process and its threads. A handle is the value itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import polars as pl

from curate.engines.base import Advance, Handle, Host
from curate.engines.threads import available, mapped


class Local:
    """Runs every call here, as many at once as `workers`, by default one a core.

    `rows` in a partition: None for all in one, whose functions then use the threads themselves.
    """

    def __init__(self, workers: int | None = None, rows: int | None = None) -> None:
        self.cores = workers or available()
        self.threads = self.cores
        self.rows = rows

    def keep(self, value: Any) -> Handle:
        """The value."""
        return value

    def run(
        self,
        function: Callable[..., Any],
        calls: Sequence[tuple[Any, ...]],
        results: int = 1,  # noqa: ARG002 - a list of values is one of handles
        advance: Advance | None = None,
        amounts: Sequence[int] = (),  # noqa: ARG002 - functions tell as they go
    ) -> list[Any]:
        """The results, in the order of the calls."""
        told = {} if advance is None else {"advance": advance}
        return [*mapped(lambda given: function(*given, **told), calls, min(self.cores, len(calls)))]

    def get(self, handles: Iterable[Handle]) -> list[Any]:
        """The values."""
        return [*handles]

    @asynccontextmanager
    async def host(
        self, make: Callable[[], AbstractAsyncContextManager[Any]], method: str
    ) -> AsyncIterator[Host]:
        """The method of what is opened here."""
        async with make() as made:
            yield getattr(made, method)

    def map(
        self, function: Callable[[pl.DataFrame], pl.DataFrame], parts: Iterable[pl.DataFrame]
    ) -> Iterator[pl.DataFrame]:
        """The frames made of frames with rows, in order."""
        return mapped(function, (part for part in parts if part.height), self.cores)
