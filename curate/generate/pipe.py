"""The one way to a teacher: through the journal, within limits and budget, tried again.

A call takes a place (`slots`) only while it is under way: those that wait for a rate limit, for
their next attempt (`retry`) or for the journal's disk hold up nobody. This is the only layer that
retries; the client's own is off.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any, ParamSpec, Self, TypeVar

from aiolimiter import AsyncLimiter
from tenacity import AsyncRetrying, retry_if_exception

from curate.errors import TeacherError
from curate.generate.bill import Bill
from curate.generate.journal import Journal
from curate.generate.retry import Patience, passes
from curate.generate.slots import Slots
from curate.generate.spending import Budget, Receipt, Usage, prompt_tokens
from curate.teachers.base import CallOptions, Message, Reply, Session, Teacher

P = ParamSpec("P")
R = TypeVar("R")


class Halted(Exception):
    """The run is stopping: no further call is sent."""


class Deferred(Exception):
    """The reply comes with a batch (`batches`): go on with what does not hang on it."""


class Pipe:
    """Calls to a teacher. Opens it with the first call that the journal cannot answer."""

    def __init__(
        self,
        teacher: Teacher,
        journal: Journal,
        budget: float | None = None,
        opened: Callable[[], AbstractAsyncContextManager[Session]] | None = None,
        bill: Bill | None = None,
    ) -> None:
        self.teacher = teacher
        self._opened = opened or teacher.open
        self.journal = journal
        self.usage = Usage()
        self.budget = Budget(budget, teacher.prices, bill)
        self.limits = teacher.limits
        self.slots = Slots(self.limits.concurrency)
        self.under_way = 0
        self._requests = _per_minute(self.limits.requests_per_minute)
        self._tokens = _per_minute(self.limits.tokens_per_minute)
        self._stack = AsyncExitStack()
        self._opening = asyncio.Lock()
        self._session: Session | None = None
        self._answers = 0
        self._stop = asyncio.Event()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *reason: object) -> None:
        await self._stack.aclose()

    @property
    def halted(self) -> bool:
        """Whether the run is stopping."""
        return self._stop.is_set()

    def halt(self) -> None:
        """Send no further call; those under way are still answered and kept."""
        self._stop.set()

    @property
    def stopping(self) -> str:
        """What to tell those who stop the run."""
        return (
            f"Stopping: waiting for {self.under_way} replies under way, to keep them. "
            "Press Ctrl-C again to drop them."
        )

    async def complete(self, messages: list[Message], options: CallOptions) -> Reply:
        """The stored reply to a call, or the teacher's, stored first.

        Raises TeacherError where no attempt was answered, Halted where the run is stopping, and
        CurateError where the reply cannot be stored.
        """
        key = self.journal.key(messages, options)
        known = self.journal.find(key)
        if known is not None:
            self.usage.reuse(known)
            return known
        if self.halted:
            raise Halted
        return await self.tried(self._attempt, key, messages, options)

    async def tried(
        self, attempt: Callable[P, Awaitable[R]], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """What an attempt gives, made again while its TeacherError says that it may pass."""
        patience = Patience(self.limits.tries, lambda: self._answers)
        attempts = AsyncRetrying(
            retry=retry_if_exception(passes),
            stop=lambda state: self.halted or patience.enough(state),
            wait=patience.pause,
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return await attempts(attempt, *args, **kwargs)
        except TeacherError as error:
            if self.halted:
                raise Halted from error
            tries = attempts.statistics["attempt_number"]
            raise self._final(error, tries) from error

    async def _attempt(self, key: str, messages: list[Message], options: CallOptions) -> Reply:
        if self._tokens is not None:
            amount = prompt_tokens(messages) + options.max_tokens
            await self.until_halted(_take(self._tokens, amount))
        session = await self._open()
        async with self.slots, self.budget.hold(messages, options) as receipt:
            if self._requests is not None:  # in its place, so that turns are not saved up
                await self.until_halted(self._requests.acquire())
            began = time.monotonic()
            reply = await self._send(session, messages, options, receipt)
            seconds = time.monotonic() - began
        await self.journal.append(key, messages, options, reply, seconds)
        self.usage.add(reply, seconds)
        return reply

    async def _send(
        self, session: Session, messages: list[Message], options: CallOptions, receipt: Receipt
    ) -> Reply:
        if self.halted:
            raise Halted
        receipt.sent()
        self.under_way += 1
        try:
            async with asyncio.timeout(self.limits.timeout):
                reply = await session.complete(messages, options)
        except TimeoutError as error:
            self.slots.turned_away()
            what = f"no reply within {self.limits.timeout:g} s"
            raise TeacherError(what, fatal=True, passing=True) from error
        except TeacherError as error:
            if error.limited:
                self.slots.turned_away()
            if not (error.billed or (error.fatal and error.passing)):
                receipt.settle(None)
            raise
        finally:
            self.under_way -= 1
        receipt.settle(reply)
        self._answers += 1
        self.slots.answered()
        return reply

    async def until_halted(self, steps: Coroutine[Any, Any, None]) -> None:
        """Do something that may be cut off anywhere. Raises Halted when the run is stopping."""
        work = asyncio.ensure_future(steps)
        stop = asyncio.ensure_future(self._stop.wait())
        try:
            await asyncio.wait((work, stop), return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                raise Halted
            await work
        finally:
            work.cancel()
            stop.cancel()
            await asyncio.gather(work, stop, return_exceptions=True)

    async def _open(self) -> Session:
        async with self._opening:
            if self._session is None:
                self._session = await self._stack.enter_async_context(self._opened())
        return self._session

    async def _sleep(self, seconds: float) -> None:
        self.usage.retries += 1
        try:
            async with asyncio.timeout(seconds):
                await self._stop.wait()
        except TimeoutError:
            return

    def _final(self, error: TeacherError, tries: int) -> TeacherError:
        """The error of the last attempt, with their number; fatal where nobody is there."""
        what, colon, words = str(error).partition(": ")
        counted = f"{what} after {tries} tries{colon}{words}" if error.passing else str(error)
        reached = self._answers or self.usage.reused
        fatal = error.fatal and not ((error.passing or error.doubtful) and reached)
        return type(error)(counted, fatal=fatal)


async def _take(limiter: AsyncLimiter, amount: float) -> None:
    """Take an amount that may be larger than what a limiter lets through at once."""
    while amount > 0:
        part = min(amount, limiter.max_rate)
        await limiter.acquire(part)
        amount -= part


def _per_minute(most: int | None) -> AsyncLimiter | None:
    """A limiter that lets a second's worth through at once, and no more than `most` in any minute.

    The rate is 60 of 61 parts of the limit, since a minute can begin with that second's worth.
    """
    if most is None:
        return None
    burst = max(1.0, most / 60)
    return AsyncLimiter(burst, burst * 61 / most)
