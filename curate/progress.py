"""How long work tells of itself: the face that stages see. The terminal's is in `cli.terminal`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Advance(Protocol):
    """What a bar gives: call it with each further amount."""

    def __call__(self, amount: int, fresh: bool = True, told: str = "") -> None:
        """Move on; `fresh` is False for what was done before and so tells nothing of the pace.

        `told` is said beside the bar, until something else is.
        """
        ...


class Progress(Protocol):
    """Where stages report."""

    def bar(self, title: str, total: int) -> AbstractContextManager[Advance]:
        """Show a bar while the context is open."""
        ...

    def note(self, text: str) -> None:
        """Say one line."""
        ...


class Silent:
    """Says nothing."""

    @contextmanager
    def bar(self, title: str, total: int) -> Iterator[Advance]:  # noqa: ARG002
        """Show nothing."""
        yield _nothing

    def note(self, text: str) -> None:
        """Say nothing."""


def _nothing(amount: int, fresh: bool = True, told: str = "") -> None:
    """Show nothing."""
