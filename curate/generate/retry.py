"""When a call is made again, and after how long: the policy that `pipe` follows.

What may pass is tried as often as the teacher's `tries` says. A call that is turned away for coming
too fast, while others are answered, does not count: the endpoint is there, and its turn will come.

Waits are those that the endpoint asks for, or grow exponentially, by chance ("full jitter"). While
others are answered they stay short: what fails by chance must not become the run's long tail.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tenacity import RetryCallState, wait_random

_BASE = 0.5  # seconds; the longest first wait
_LONGEST, _LONGEST_ALONE = 2.0, 20.0  # seconds: while others are answered; while nobody is
_JITTER = 0.25  # of what an endpoint asks to wait, on top of it, so that not all come at once
_FIRST = 3  # attempts where nothing was ever answered and nobody seems to be there
_MOST = 10  # times `tries`, all attempts together


def passes(error: BaseException) -> bool:
    """Whether the same call may succeed later."""
    return bool(getattr(error, "passing", False))


class Patience:
    """One call's failures. `answers` counts the replies that the teacher gave to any call."""

    def __init__(self, tries: int, answers: Callable[[], int]) -> None:
        self._tries = tries
        self._answers = answers
        self._seen = answers()
        self._counted = 0
        self._backed_off = 0

    def pause(self, state: RetryCallState) -> float:
        """Count the attempt that just failed; the seconds until the next."""
        error, answers = _error(state), self._answers()
        alone = answers == self._seen
        self._seen = answers
        self._counted += alone or not error.limited
        if error.wait:
            return float(error.wait + wait_random(0, _JITTER * error.wait)(state))
        longest = min(_BASE * 2**self._backed_off, _LONGEST_ALONE if alone else _LONGEST)
        self._backed_off += 1
        return float(wait_random(0, longest)(state))

    def enough(self, state: RetryCallState) -> bool:
        """Whether the attempt that `pause` has counted was the last."""
        nobody = _error(state).fatal and not self._seen
        most = min(_FIRST, self._tries) if nobody else self._tries
        return self._counted >= most or state.attempt_number >= _MOST * self._tries


def _error(state: RetryCallState) -> Any:
    if state.outcome is None:
        raise RuntimeError("nothing has failed")
    return state.outcome.exception()
