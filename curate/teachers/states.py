"""Prefixes that a model has evaluated, each once, whichever of its copies needs it first."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from curate.text import digest

_KEPT = 8


class States:
    """Files with the states after prefixes, which all copies restore; the latest are kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._made: dict[str, asyncio.Future[str]] = {}

    async def file(self, prefix: str, make: Callable[[str], Awaitable[None]]) -> tuple[str, bool]:
        """The file of a prefix, and whether `make` has written it just now, which one copy does."""
        made = self._made.pop(prefix, None)
        fresh = made is None or made.cancelled() or (made.done() and made.exception() is not None)
        if made is None or fresh:
            await self._forget()
            made = asyncio.ensure_future(self._make(f"{digest(prefix)}.state", make))
        self._made[prefix] = made  # the latest stands last
        return await asyncio.shield(made), fresh

    async def _make(self, name: str, make: Callable[[str], Awaitable[None]]) -> str:
        await make(name)
        return name

    async def _forget(self, most: int = _KEPT - 1) -> None:
        done = [prefix for prefix, made in self._made.items() if made.done()]
        for prefix in done[: max(0, len(self._made) - most)]:
            made = self._made.pop(prefix)
            if not made.cancelled() and made.exception() is None:
                (self.folder / made.result()).unlink(missing_ok=True)

    async def forget(self) -> None:
        """Drop all states, so that the next call evaluates its prefix again."""
        await self._forget(0)
