"""Places for calls under way: a fixed number, or one that finds its own level.

Where the number is free, it doubles while that brings more answers a second, and settles where it
does not: past that point an endpoint only answers each call later. Where more than half of the
calls are turned away for coming too fast, half as many are tried: that stays where it brings as
many answers a second, as with a limit of calls a minute, and is taken back where it brings half, as
with an endpoint that fails by chance.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

START = 16
MOST = 256
_BETTER = 1.15  # times as many answers a second make a larger number worth it
_CAREFUL = 1.25  # growth after the first number that was not worth it
_REST = 4  # windows until another number is tried again; doubles each time it is not worth it
_AS_MANY = 0.75  # times the answers a second with twice the calls: halving them costs nothing


class Slots:
    """A semaphore whose size follows what comes of the calls.

    Use `async with slots:` around a call, and tell by `answered` and `turned_away` what came of it.
    """

    def __init__(self, fixed: int | None, clock: Callable[[], float] = time.monotonic) -> None:
        self.size = fixed or START
        self.taken = 0
        self._most = fixed or MOST
        self._free = fixed is None
        self._clock = clock
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._level = Level(self.size)
        self._window = _Window(clock())
        self._halved: _Before | None = None
        self._deaf, self._rest = 0, _REST  # windows in which calls that are turned away say nothing

    async def __aenter__(self) -> None:
        """Take a place; those who wait get one in their order."""
        if self.taken < self.size and not self._waiting:
            self.taken += 1
            return
        place = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        self._window.full = True
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self._give_back()
            raise

    async def __aexit__(self, *reason: object) -> None:
        """Give the place to the next."""
        self._give_back()

    def answered(self) -> None:
        """Note a call that was answered."""
        self._window.answered += 1
        self._look()

    def turned_away(self) -> None:
        """Note a call that was told to come later."""
        self._window.turned_away += 1
        self._look()

    def _give_back(self) -> None:
        self.taken -= 1
        while self._waiting and self.taken < self.size:
            place = self._waiting.popleft()
            if not place.done():
                self.taken += 1
                place.set_result(None)

    def _look(self) -> None:
        """At the end of a window, set the size anew."""
        window = self._window
        seen = window.answered + window.turned_away
        if seen < (max(START, 2 * self.size) if window.settled else self.size):
            return
        now = self._clock()
        if window.settled and now > window.began:
            self._resize(window, window.answered / (now - window.began))
        self._window = _Window(now, not window.settled, full=bool(self._waiting))
        self._fill()

    def _resize(self, window: _Window, rate: float) -> None:
        refused = window.turned_away > window.answered
        self._deaf -= 1
        if self._halved is not None and rate < _AS_MANY * self._halved.rate:
            self.size = self._halved.size
            self._deaf, self._rest = self._rest, 2 * self._rest
            self._halved = None
        elif refused and self._deaf < 0 and self.size > 1:
            self._halved = _Before(self.size, rate)
            self.size //= 2
            self._level = Level(self.size)
        else:
            self._halved = None
            self._grow(window, rate)

    def _grow(self, window: _Window, rate: float) -> None:
        if not self._free:
            self.size = min(self._most, self.size + max(1, self.size // 4))
        elif window.full:
            self.size = min(self._most, self._level.next(rate))

    def _fill(self) -> None:
        self.taken += 1
        self._give_back()


@dataclass
class _Window:
    """What came of the calls since `began`, a time.

    `settled`: the size had been the same for as many calls before, so that their rate tells of it.
    `full`: at some time there were more calls than places.
    """

    began: float
    settled: bool = False
    full: bool = False
    answered: int = 0
    turned_away: int = 0


@dataclass(frozen=True)
class _Before:
    """The size that was halved, and its answers a second."""

    size: int
    rate: float


class Level:
    """Climbs to the smallest size that brings the most answers a second."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._good, self._rate = size, 0.0
        self._factor, self._rest, self._left = 2.0, _REST, 0

    def next(self, rate: float) -> int:
        """The size to go on with, after `rate` answers a second at the present one."""
        if self._left:
            self._left -= 1
            self._rate = rate if not self._rate else 0.7 * self._rate + 0.3 * rate
            if self._left:
                return self.size
        elif rate > _BETTER * self._rate:
            self._good, self._rate = self.size, rate
        else:
            self.size, self._factor = self._good, _CAREFUL
            self._left, self._rest = self._rest, 2 * self._rest
            return self.size
        self.size = max(self.size + 1, round(self.size * self._factor))
        return self.size
