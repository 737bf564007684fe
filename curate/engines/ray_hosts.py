"""Actors on the nodes of a Ray cluster, each of which opens something and answers calls to it.

A call is never repeated here: it may be one that is paid for. An actor that is lost is replaced
while its node is there; it gets calls from when it has said that it is ready.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any

_AT_ONCE = 10_000  # calls under way in an actor


class Hosts:
    """One actor for each node there is when it begins, within a running event loop."""

    def __init__(self, make: Callable[[], AbstractAsyncContextManager[Any]], method: str) -> None:
        import ray

        self._ray = ray
        self._given = (make, method, os.getcwd())
        self._under_way: dict[Any, int] = {}  # of the actors that are ready
        self._nodes: dict[Any, str] = {}
        self._why: list[str] = []  # of each worker that could not be started
        nodes = ray.nodes()  # type: ignore[no-untyped-call]
        alive = [node["NodeID"] for node in nodes if node["Alive"]]
        self._starting = {asyncio.create_task(self._start(node)) for node in alive}

    async def call(self, *given: Any) -> Any:
        """Call the method at the actor with the fewest calls under way.

        Raises ConnectionError where it is lost meanwhile, ConnectionRefusedError where none could
        be started, and what the method raises.
        """
        from ray.exceptions import RayError, RayTaskError

        actor = await self._ready()
        self._under_way[actor] += 1
        reference = actor.call.remote(*given)
        try:
            return await reference
        except asyncio.CancelledError:
            self._ray.cancel(reference)
            raise
        except RayTaskError as error:
            raise (error.cause if isinstance(error.cause, Exception) else error) from None
        except RayError as error:
            self._replace(actor)
            raise ConnectionError("the worker that made the call was lost") from error
        finally:
            if actor in self._under_way:
                self._under_way[actor] -= 1

    def close(self) -> None:
        """End the actors."""
        for task in self._starting:
            task.cancel()
        for actor in self._nodes:
            self._ray.kill(actor)

    async def _ready(self) -> Any:
        """The actor with the fewest calls under way, once there is one."""
        while not self._under_way:
            if not self._starting:
                raise ConnectionRefusedError(f"no worker could be started: {'; '.join(self._why)}")
            await asyncio.wait(self._starting, return_when=asyncio.FIRST_COMPLETED)
        return min(self._under_way, key=self._under_way.__getitem__)

    def _replace(self, actor: Any) -> None:
        if self._under_way.pop(actor, None) is not None:
            self._starting.add(asyncio.create_task(self._start(self._nodes.pop(actor))))

    async def _start(self, node: str) -> None:
        """Have an actor on a node; where the node is gone, or nothing can start there, have none.

        A soft affinity would put several on one node.
        """
        from ray.exceptions import RayError
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        options = {"num_cpus": 0, "max_restarts": 0, "max_task_retries": 0}
        place = NodeAffinitySchedulingStrategy(node, soft=False)
        placed = {"scheduling_strategy": place, "max_concurrency": _AT_ONCE}
        actor: Any = self._ray.remote(_Actor).options(**options, **placed).remote(*self._given)
        self._nodes[actor] = node
        try:
            await actor.ready.remote()
            self._under_way[actor] = 0
        except RayError as error:
            del self._nodes[actor]
            self._why.append(str(error))
        finally:
            self._starting.discard(asyncio.current_task())


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

    async def ready(self) -> None:
        """Tell that it is there."""

    async def call(self, *given: Any) -> Any:
        """What the method gives."""
        async with self._opening:
            if self._made is None:
                self._made = await self._stack.enter_async_context(self._make())
        return await getattr(self._made, self._method)(*given)
