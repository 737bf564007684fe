"""What a stage asks of an engine: few verbs, none of which knows what is computed.

    parts = [engine.keep(frame) for frame in frames]               # handles
    counts = engine.run(count_words, [(part,) for part in parts])  # one call a part, handles again
    total = sum(engine.get(counts))

A function is one of a module, gives the same for the same arguments and changes none of them: it
may run in another process, on another machine, and again where that machine is lost. Arguments that
are handles arrive as what they stand for; handles within a list or an object do not.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

import polars as pl

Handle = Any
"""What stands for a value that may lie elsewhere."""

Advance = Callable[[int], Any]
Host = Callable[..., Awaitable[Any]]


class Engine(Protocol):
    """Runs functions over partitions."""

    threads: int
    """Threads that a function may use inside one call."""

    cores: int
    """Calls that run at once."""

    rows: int | None
    """Rows in a partition; None: all in one, since functions work in this process's memory."""

    def keep(self, value: Any) -> Handle:
        """A handle of a value."""
        ...

    def run(
        self,
        function: Callable[..., Any],
        calls: Sequence[tuple[Any, ...]],
        results: int = 1,
        advance: Advance | None = None,
        amounts: Sequence[int] = (),
    ) -> list[Any]:
        """One call a tuple of arguments: a handle of each result, in their order.

        With `results` over 1 a function gives as many, and there is a list of handles a call. With
        `advance` the calls are waited for, and it is called with the amount of each that is done,
        or, where the function runs in this process, by the function, which takes it as `advance`.
        """
        ...

    def get(self, handles: Iterable[Handle]) -> list[Any]:
        """The values, in order."""
        ...

    def host(
        self, make: Callable[[], AbstractAsyncContextManager[Any]], method: str
    ) -> AbstractAsyncContextManager[Host]:
        """Something that is opened by each worker for itself, and a method of it to be awaited.

        A call is made once. One whose worker is lost raises ConnectionError, and nobody knows
        whether it was done; the next goes to another worker.
        """
        ...

    def map(
        self, function: Callable[[pl.DataFrame], pl.DataFrame], parts: Iterable[pl.DataFrame]
    ) -> Iterator[pl.DataFrame]:
        """The frame made of each frame, in order. A frame without rows is left out."""
        ...
