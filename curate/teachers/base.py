"""What a teacher is: a language model that answers chat messages, one call at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any, BinaryIO, Literal, Protocol, TypedDict

from pydantic import Field

from curate.errors import TeacherError
from curate.options import options
from curate.registry import Named


class Message(TypedDict):
    """One chat message, in OpenAI's shape."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True)
class CallOptions:
    """What a call may set besides its messages. Same messages and options: same journal key.

    `schema` is a JSON schema that the reply should follow, where the teacher can be held to one.
    """

    max_tokens: int
    temperature: float
    seed: int
    schema: dict[str, Any] | None = None


@dataclass(frozen=True)
class Reply:
    """One answer. Token counts are the endpoint's own.

    `finish_reason` is `stop`, `length`, `content_filter`, or `refusal` where the endpoint marks the
    text as one.
    """

    text: str
    prompt_tokens: int
    completion_tokens: int
    finish_reason: str


@dataclass(frozen=True)
class Prices:
    """What a teacher costs, in USD per million tokens."""

    input: float
    output: float

    def cost(self, prompt_tokens: int, completion_tokens: int) -> float:
        """USD for some tokens read and written."""
        return (prompt_tokens * self.input + completion_tokens * self.output) / 1e6


@dataclass(frozen=True)
class Limits:
    """How a teacher may be called. None: no such limit, or for `concurrency` one to be found."""

    concurrency: int | None = 1
    tries: int = 1
    timeout: float | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None


class Session(Protocol):
    """An open teacher."""

    async def complete(self, messages: list[Message], options: CallOptions) -> Reply:
        """Answer `messages`, in one attempt. Raises TeacherError where that gives no answer."""
        ...


@dataclass(frozen=True)
class BatchTerms:
    """How a teacher takes batches: most calls in one, seconds between looks, share of the price."""

    size: int
    poll: float
    price: float


@dataclass(frozen=True)
class Batch:
    """Where a batch stands at its endpoint.

    `files` hold its results, `reason` says why it failed as a whole. `ended`: it changes no more.
    """

    id: str
    status: str
    done: int
    files: tuple[str, ...]
    reason: str

    @property
    def ended(self) -> bool:
        """Whether it changes no more."""
        return self.status in ("completed", "failed", "expired", "cancelled")


@dataclass(frozen=True)
class BatchCall:
    """A call in a batch."""

    messages: list[Message]
    options: CallOptions


class BatchSession(Protocol):
    """An open teacher that answers many calls in a batch, later and for less.

    Calls and their results are known by keys of the caller's. Its methods make one attempt, and
    raise TeacherError where that fails.
    """

    left_out: set[str]
    """Options that the model is known to refuse, and that calls are sent without."""

    def line(self, key: str, call: BatchCall) -> bytes:
        """A call as a line of a batch."""
        ...

    async def find(self, name: str, known: Collection[str]) -> Batch | None:
        """The batch of a name among the latest, with none of the `known` ids; not a failed one."""
        ...

    async def submit(self, name: str, lines: bytes, known: Collection[str]) -> Batch:
        """Find the batch of a name, or else make it. Made again after a failure, it makes none
        twice.
        """
        ...

    async def look(self, batch: str) -> Batch | None:
        """Where a batch stands; None where the endpoint does not know it."""
        ...

    async def download(self, file: str, most: int, copy: BinaryIO) -> None:
        """Write a file of results, up to a size, to `copy`; nothing where it is gone."""
        ...

    def results(
        self, copy: BinaryIO, calls: Mapping[str, BatchCall], left_out: Collection[str]
    ) -> Iterator[tuple[str, Reply | TeacherError | None]]:
        """Key and result of the calls in a file, sent without `left_out`; no key comes twice.

        None: to be sent anew, since the model refused an option that is left out from now on.
        """
        ...


@options
class Teacher(Named):
    """A back end that answers chat messages."""

    concurrency: Annotated[int, Field(ge=1)] | None = 1
    """Calls under way at once."""

    @property
    def model_name(self) -> str:
        """What the column `model` says."""
        raise NotImplementedError(f"teacher {self.name} does not say its model")

    @property
    def endpoint(self) -> str:
        """What, besides messages and options, shapes a reply; part of the journal's key."""
        return self.name

    @property
    def limits(self) -> Limits:
        """How it may be called."""
        return Limits(self.concurrency)

    @property
    def prices(self) -> Prices | None:
        """What it costs, or None where that is not known."""
        return Prices(0, 0)

    @property
    def seconds(self) -> float:
        """What a call takes, roughly, before any was made: for a first forecast."""
        return 0.001

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Session]:
        """Make the teacher ready for calls. Raises TeacherError or MissingExtra."""
        raise NotImplementedError(f"teacher {self.name} does not say how to open")
        yield

    @property
    def batch_terms(self) -> BatchTerms | None:
        """How it takes batches, or None where it takes none."""
        return None

    @asynccontextmanager
    async def open_batches(self) -> AsyncIterator[BatchSession]:
        """Make the teacher ready for batches, where it takes any."""
        raise NotImplementedError(f"teacher {self.name} takes no batches")
        yield
