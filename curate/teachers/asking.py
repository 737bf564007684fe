"""Many calls at once, each tried again while its failure may pass.

For measures and embeddings that ask an endpoint by the way. Generation has a pipe of its own, with
a budget and rate limits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_attempt,
    wait_random_exponential,
)

T = TypeVar("T")
R = TypeVar("R")

_BACK_OFF = wait_random_exponential(multiplier=0.5, max=20)


async def each(work: Callable[[T], Awaitable[None]], cases: Sequence[T], at_once: int) -> None:
    """Do `work` for every case, so many at once. After a failure no further one is begun, those
    under way are ended, and the first failure is raised.
    """
    waiting = iter(cases)
    failed: list[Exception] = []

    async def go_on() -> None:
        for case in waiting:
            if failed:
                return
            try:
                await work(case)
            except Exception as error:  # whatever it is, what is under way is kept
                failed.append(error)

    await asyncio.gather(*(go_on() for _ in range(at_once)))
    if failed:
        raise failed[0]


async def tried(attempt: Callable[..., Awaitable[R]], *given: Any, tries: int) -> R:
    """What `attempt(*given)` gives, made up to `tries` times while a TeacherError may pass.

    Raises the last failure.
    """
    attempts = AsyncRetrying(
        retry=retry_if_exception(lambda error: getattr(error, "passing", False)),
        stop=stop_after_attempt(tries),
        wait=_pause,
        reraise=True,
    )
    return await attempts(attempt, *given)


def _pause(state: RetryCallState) -> float:
    """Seconds to wait: those that the endpoint asks for, or more with each failure."""
    error = state.outcome.exception() if state.outcome else None
    asked = getattr(error, "wait", None)
    return float(asked if asked is not None else _BACK_OFF(state))
