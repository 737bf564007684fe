"""What a teacher is: a language model that answers chat messages, one call at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Literal, Protocol, TypedDict

from pydantic import Field

from curate.options import options
from curate.registry import Named


class Message(TypedDict):
    """One chat message, in OpenAI's shape."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True)
class CallOptions:
    """What a call may set besides its messages. Same messages and options: same journal key."""

    max_tokens: int
    temperature: float
    seed: int


@dataclass(frozen=True)
class Reply:
    """One answer. Token counts are the endpoint's own; `finish_reason` is `stop`, `length`, …"""

    text: str
    prompt_tokens: int
    completion_tokens: int
    finish_reason: str


class Session(Protocol):
    """An open teacher."""

    async def complete(self, messages: list[Message], options: CallOptions) -> Reply:
        """Answer `messages`. Raises TeacherError when there will be no answer."""
        ...


@options
class Teacher(Named):
    """A back end that answers chat messages."""

    concurrency: Annotated[int, Field(ge=1)] = 1
    """Calls under way at once."""

    @property
    def model_name(self) -> str:
        """What the column `model` says."""
        raise NotImplementedError(f"teacher {self.name} does not say its model")

    @property
    def endpoint(self) -> str:
        """What, besides messages and options, shapes a reply; part of the journal's key."""
        return self.name

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Session]:
        """Make the teacher ready for calls. Raises TeacherError or MissingExtra."""
        raise NotImplementedError(f"teacher {self.name} does not say how to open")
        yield
