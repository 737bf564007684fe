"""How many calls are under way where the number is free: in a simulated time, so nothing waits."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest

from curate.generate.slots import MOST, START, Slots

Serve = Callable[["Clock", random.Random], Awaitable[bool]]


class Clock(asyncio.SelectorEventLoop):
    """An event loop whose time jumps to the next thing that is to happen."""

    now = 0.0

    def time(self) -> float:
        return self.now

    def _run_once(self) -> None:
        if not self._ready and self._scheduled:  # type: ignore[attr-defined]
            self.now = max(self.now, self._scheduled[0]._when)  # type: ignore[attr-defined]
        super()._run_once()  # type: ignore[misc]


def sizes(serve: Serve, calls: int, fixed: int | None = None) -> tuple[list[int], float]:
    """The size after each call, and the time that all of them took."""
    loop, chance = Clock(), random.Random(1)
    slots = Slots(fixed, loop.time)
    found: list[int] = []
    waiting = iter(range(calls))

    async def work() -> None:
        for _ in waiting:
            while True:
                async with slots:
                    served = await serve(loop, chance)
                if served:
                    break
                slots.turned_away()
                await asyncio.sleep(0.2)
            slots.answered()
            found.append(slots.size)

    async def all_of_them() -> None:
        await asyncio.gather(*(work() for _ in range(2 * MOST)))

    try:
        loop.run_until_complete(all_of_them())
    finally:
        loop.close()
    return found, loop.now


async def free(loop: Clock, chance: random.Random) -> bool:
    """As many calls at once as one likes."""
    await asyncio.sleep(chance.lognormvariate(-0.7, 0.8))
    return True


def only(places: int) -> Serve:
    """An endpoint that works on so many calls at once and lets the others wait."""
    busy = asyncio.Semaphore(places)

    async def serve(loop: Clock, chance: random.Random) -> bool:
        async with busy:
            return await free(loop, chance)

    return serve


async def fickle(loop: Clock, chance: random.Random) -> bool:
    """A fifth of the calls is turned away, by chance."""
    return chance.random() > 0.2 and await free(loop, chance)


def strict(most: int) -> Serve:
    """Turns away all calls over so many at once."""
    under_way = 0

    async def serve(loop: Clock, chance: random.Random) -> bool:
        nonlocal under_way
        if under_way >= most:
            return False
        under_way += 1
        await free(loop, chance)
        under_way -= 1
        return True

    return serve


async def moody(loop: Clock, chance: random.Random) -> bool:
    """More than half of the calls are turned away, by chance."""
    return chance.random() > 0.6 and await free(loop, chance)


@pytest.mark.parametrize("serve", [free, fickle])
def test_where_more_calls_bring_more_answers_there_are_more(serve: Serve) -> None:
    found, _ = sizes(serve, 3000)
    assert found[0] == START
    assert found[-1] == MOST


@pytest.mark.parametrize("places", [8, 40])
def test_where_they_bring_no_more_it_settles(places: int) -> None:
    found, spent = sizes(only(places), 3000)
    settled = sum(found[1500:]) / len(found[1500:])
    assert settled < max(2.5 * places, START + 2)
    assert spent < 1.15 * sizes(only(places), 3000, fixed=places)[1]


def test_where_most_are_turned_away_there_are_fewer() -> None:
    found, _ = sizes(strict(4), 1000)
    assert sum(found[500:]) / 500 < 12


def test_where_most_are_turned_away_by_chance_there_are_not() -> None:
    found, spent = sizes(moody, 1000, fixed=64)
    assert sum(found) / len(found) > 40
    assert spent < 2 * sizes(free, 1000, fixed=64)[1]


def test_a_fixed_number_shrinks_for_a_while_and_comes_back() -> None:
    full = strict(10)

    async def serve(loop: Clock, chance: random.Random) -> bool:
        return await full(loop, chance) if loop.now < 20 else await free(loop, chance)

    found, _ = sizes(serve, 3000, fixed=64)
    assert min(found) < 24
    assert found[-1] == 64
    assert max(found) == 64
