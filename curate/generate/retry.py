"""When a call is made again, and after how long: the policy that `pipe` follows.

What may pass is tried as often as the teacher's `tries` says. A call that is turned away for coming
too fast, while others are answered, does not count: the endpoint is there, and its turn will come.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tenacity import RetryCallState, wait_random, wait_random_exponential

_BACK_OFF = wait_random_exponential(multiplier=0.5, max=20)  # seconds; "full jitter"
_JITTER = 0.25  # of what an endpoint asks to wait, on top of it, so that not all come at once
_FIRST = 3  # attempts where nothing was ever answered and nobody seems to be there
_MOST = 10  # times `tries`, all attempts together


def passes(error: BaseException) -> bool:
    """Whether the same call may succeed later."""
    return bool(getattr(error, "passing", False))


class Patience:
    """Says when a call has been tried enough. `answers` counts those that the teacher gave."""

    def __init__(self, tries: int, answers: Callable[[], int]) -> None:
        self._tries = tries
        self._answers = answers
        self._before = answers()
        self._counted = 0

    def __call__(self, state: RetryCallState) -> bool:
        """Whether the attempt that just failed was the last."""
        error: Any = state.outcome.exception() if state.outcome else None
        answers = self._answers()
        self._counted += not (error.limited and answers > self._before)
        self._before = answers
        nobody = error.fatal and not answers
        most = min(_FIRST, self._tries) if nobody else self._tries
        return self._counted >= most or state.attempt_number >= _MOST * self._tries


def pause(state: RetryCallState) -> float:
    """Seconds until the next attempt: what the endpoint asks for, or exponential back-off."""
    asked = getattr(state.outcome.exception(), "wait", None) if state.outcome else None
    if asked is None:
        return _BACK_OFF(state)
    return float(asked + wait_random(0, _JITTER * asked)(state))
