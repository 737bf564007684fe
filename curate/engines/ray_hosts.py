"""Actors on the nodes of a Ray cluster, each of which opens something and answers calls to it.

A call is never repeated here: it may be one that is paid for. An actor that is lost is replaced.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any

_AT_ONCE = 1_000  # calls under way in an actor


class Hosts:
    """One actor for each node there is when it begins."""

    def __init__(self, make: Callable[[], AbstractAsyncContextManager[Any]], method: str) -> None:
        import ray

        self._ray = ray
        self._given = (make, method, os.getcwd())
        nodes = ray.nodes()  # type: ignore[no-untyped-call]
        count = sum(bool(node["Alive"]) for node in nodes)
        self._actors = [self._actor() for _ in range(max(1, count))]
        self._under_way = [0] * len(self._actors)

    async def call(self, *given: Any) -> Any:
        """Call the method at the actor with the fewest calls under way.

        Raises ConnectionError where it is lost meanwhile, and what the method raises.
        """
        from ray.exceptions import RayError, RayTaskError

        place = min(range(len(self._actors)), key=self._under_way.__getitem__)
        actor = self._actors[place]
        self._under_way[place] += 1
        reference = actor.call.remote(*given)
        try:
            return await reference
        except asyncio.CancelledError:
            self._ray.cancel(reference)
            raise
        except RayTaskError as error:
            raise (error.cause if isinstance(error.cause, Exception) else error) from None
        except RayError as error:
            if self._actors[place] is actor:
                self._actors[place] = self._actor()
            raise ConnectionError("the worker that made the call was lost") from error
        finally:
            self._under_way[place] -= 1

    def close(self) -> None:
        """End the actors."""
        for actor in self._actors:
            self._ray.kill(actor)

    def _actor(self) -> Any:
        options = {"num_cpus": 0, "max_restarts": 0, "max_task_retries": 0}
        spread = {"scheduling_strategy": "SPREAD", "max_concurrency": _AT_ONCE}
        return self._ray.remote(_Actor).options(**options, **spread).remote(*self._given)


class _Actor:
    """The side of a node: opens with the first call, and answers."""

    def __init__(
        self, make: Callable[[], AbstractAsyncContextManager[Any]], method: str, folder: str
    ) -> None:
        self._make, self._method = make, method
        if os.path.isdir(folder):  # so that relative paths mean the same on this machine
            os.chdir(folder)
        self._stack = AsyncExitStack()
        self._opening = asyncio.Lock()
        self._made: Any = None

    async def call(self, *given: Any) -> Any:
        """What the method gives."""
        async with self._opening:
            if self._made is None:
                self._made = await self._stack.enter_async_context(self._make())
        return await getattr(self._made, self._method)(*given)
