"""Any OpenAI-compatible endpoint: OpenAI, vLLM, Ollama, llama.cpp.

The key is read from the environment when the teacher opens and is stored nowhere.
"""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

from pydantic import Field

from curate.errors import UsageError
from curate.options import options
from curate.teachers.base import BatchSession, BatchTerms, Limits, Prices, Session, Teacher
from curate.teachers.batch_api import MOST_CALLS, BatchApi
from curate.teachers.chat import ChatSession

if TYPE_CHECKING:
    from httpx2 import AsyncClient

OPENAI_URL = "https://api.openai.com/v1"
Positive = Annotated[int, Field(ge=1)]


@options
class OpenAI(Teacher, name="openai"):
    """An OpenAI-compatible chat endpoint."""

    model: str
    """Name of the model, as the endpoint knows it."""

    base_url: str = OPENAI_URL
    """Address of the endpoint, up to and including `/v1`."""

    key_variable: str = "OPENAI_API_KEY"
    """Environment variable that holds the key. An endpoint other than OpenAI's may need none."""

    reasoning_effort: str = ""
    """How much a reasoning model may think: `minimal`, `low`, …; "" leaves it to the endpoint."""

    concurrency: Positive | None = None
    """Calls under way at once; null finds the level at which more calls bring no more replies."""

    requests_per_minute: Positive | None = None
    """Most calls sent in a minute."""

    tokens_per_minute: Positive | None = None
    """Most tokens in a minute: those read and the most that may be written."""

    timeout: Annotated[float, Field(gt=0)] = 120.0
    """Seconds until an attempt counts as failed."""

    tries: Positive = 10
    """Attempts at a call whose failure may pass: rate limit, overload, lost connection, timeout."""

    input_price: Annotated[float, Field(ge=0)] | None = None
    """USD per million tokens read, for the forecast and for --budget."""

    output_price: Annotated[float, Field(ge=0)] | None = None
    """USD per million tokens written."""

    batch_discount: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Share of the price that the endpoint takes off for calls in a batch (`--batch`)."""

    batch_poll: Annotated[float, Field(gt=0)] = 30.0
    """Seconds between two looks at a batch."""

    batch_size: Annotated[int, Field(ge=1, le=MOST_CALLS)] = MOST_CALLS
    """Most calls in a batch; lower it where the endpoint takes fewer at once."""

    def __post_init__(self) -> None:
        parts = urlsplit(self.base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"base_url {self.base_url!r} is not an http(s) address")
        if parts.username or parts.password or parts.query:
            raise ValueError("base_url must hold no key or password; give it in the environment")
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", self.key_variable):
            raise ValueError("key_variable is the name of an environment variable, never the key")
        if (self.input_price is None) != (self.output_price is None):
            raise ValueError("input_price and output_price belong together; give both")

    @property
    def model_name(self) -> str:
        """What the column `model` says."""
        return self.model

    @property
    def endpoint(self) -> str:
        """What, besides messages and options, shapes a reply."""
        effort = f" {self.reasoning_effort}" if self.reasoning_effort else ""
        return f"{self.base_url.rstrip('/')} {self.model}{effort}"

    @property
    def limits(self) -> Limits:
        """How it may be called."""
        return Limits(
            self.concurrency,
            self.tries,
            self.timeout,
            self.requests_per_minute,
            self.tokens_per_minute,
        )

    @property
    def prices(self) -> Prices | None:
        """What it costs, or None where the recipe does not say."""
        if self.input_price is None or self.output_price is None:
            return None
        return Prices(self.input_price, self.output_price)

    @property
    def seconds(self) -> float:
        """What a call takes, roughly, before any was made."""
        return 5.0

    @property
    def batch_terms(self) -> BatchTerms:
        """How it takes batches."""
        return BatchTerms(self.batch_size, self.batch_poll, 1 - self.batch_discount)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Session]:
        """Open a client. Raises UsageError where OpenAI's own endpoint is meant without a key."""
        async with self._chat() as session:
            yield session

    @asynccontextmanager
    async def open_batches(self) -> AsyncIterator[BatchSession]:
        """Open a client for batches. Raises UsageError like `open`."""
        async with self._chat() as session:
            yield BatchApi(session)

    @asynccontextmanager
    async def _chat(self) -> AsyncIterator[ChatSession]:
        from openai import AsyncOpenAI

        extra = {"reasoning_effort": self.reasoning_effort} if self.reasoning_effort else {}
        async with AsyncOpenAI(
            api_key=self._key() or "none",
            base_url=self.base_url,
            timeout=self.timeout,
            max_retries=0,
            http_client=http_client(self.timeout, direct=_on_loopback(self.base_url)),
        ) as client:
            yield ChatSession(client, self.model, self.base_url, extra)

    def _key(self) -> str:
        key = os.environ.get(self.key_variable, "").strip()
        if not key and self.base_url == OPENAI_URL:
            raise UsageError(
                f"The environment variable {self.key_variable} is not set. Set it to your key, "
                "give teacher.openai.base_url of an endpoint that needs none, "
                "or use the embedded teacher: --set 'teacher={embedded: {}}'"
            )
        if not (key.isascii() and key.isprintable()):
            raise UsageError(
                f"The environment variable {self.key_variable} holds characters that no key has. "
                "Copy the key again."
            )
        return key


def _on_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host == "localhost" or host.startswith("127.") or host == "::1"


def http_client(timeout: float, *, direct: bool) -> AsyncClient:
    """A client on aiohttp, which takes half the processor time of httpx2's own transport.

    `direct`: past any proxy, since one in the environment cannot reach this machine. Redirects are
    not followed: they would carry the documents to a place that the recipe does not name.
    """
    from openai import DefaultAioHttpClient

    return DefaultAioHttpClient(trust_env=not direct, timeout=timeout, follow_redirects=False)
