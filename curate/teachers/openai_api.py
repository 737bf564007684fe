"""Any OpenAI-compatible endpoint: OpenAI, vLLM, Ollama, llama.cpp. The one importer of `openai`.

The key is read from the environment when the teacher opens and is stored nowhere.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field

from curate.errors import TeacherError, UsageError
from curate.options import options
from curate.teachers.base import CallOptions, Message, Reply, Session, Teacher

if TYPE_CHECKING:
    from httpx2 import AsyncClient
    from openai import AsyncOpenAI, BadRequestError

OPENAI_URL = "https://api.openai.com/v1"
_LONGEST = 64  # characters a token


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

    concurrency: Annotated[int, Field(ge=1)] = 16
    """Calls under way at once."""

    timeout: Annotated[float, Field(gt=0)] = 120.0
    """Seconds until an attempt counts as failed; a call with all its attempts has `tries` times
    as long."""

    tries: Annotated[int, Field(ge=1)] = 6
    """Attempts at a call whose failure may pass: rate limit, overload, lost connection."""

    def __post_init__(self) -> None:
        parts = urlsplit(self.base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"base_url {self.base_url!r} is not an http(s) address")
        if parts.username or parts.password or parts.query:
            raise ValueError("base_url must hold no key or password; give it in the environment")

    @property
    def model_name(self) -> str:
        """What the column `model` says."""
        return self.model

    @property
    def endpoint(self) -> str:
        """What, besides messages and options, shapes a reply."""
        effort = f" {self.reasoning_effort}" if self.reasoning_effort else ""
        return f"{self.base_url.rstrip('/')} {self.model}{effort}"

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Session]:
        """Open a client. Raises UsageError where OpenAI's own endpoint is meant without a key."""
        from openai import AsyncOpenAI

        extra = {"reasoning_effort": self.reasoning_effort} if self.reasoning_effort else {}
        async with AsyncOpenAI(
            api_key=self._key() or "none",
            base_url=self.base_url,
            timeout=self.timeout,
            max_retries=self.tries - 1,
            http_client=direct_client(self.timeout) if _on_loopback(self.base_url) else None,
        ) as client:
            deadline = self.timeout * self.tries
            yield ChatSession(client, self.model, self.base_url, extra, deadline)

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


def direct_client(timeout: float) -> AsyncClient:
    """A client that goes past any proxy: one in the environment cannot reach this machine."""
    from httpx2 import AsyncClient

    return AsyncClient(trust_env=False, timeout=timeout)


class ChatSession:
    """Calls to one model through one client; shared by every OpenAI-compatible teacher."""

    def __init__(
        self,
        client: AsyncOpenAI,
        model: str,
        where: str,
        extra: dict[str, Any] | None = None,
        deadline: float | None = None,
    ) -> None:
        self.client = client
        self.model = model
        self.where = where
        self.extra = extra or {}
        self.deadline = deadline  # seconds for all tries of a call together
        self.answered = False
        self.unsupported: set[str] = set()

    async def complete(self, messages: list[Message], options: CallOptions) -> Reply:
        """Answer `messages`. Raises TeacherError, fatal where no further call could succeed."""
        import openai

        refusals = openai.AuthenticationError, openai.PermissionDeniedError, openai.NotFoundError
        try:
            async with asyncio.timeout(self.deadline):
                return await self._adapted(messages, options)
        except refusals as error:
            what = f"{self.where} refused {self.model}: {self._words(error)}"
            raise TeacherError(what, fatal=True) from error
        except (openai.APITimeoutError, TimeoutError) as error:
            raise TeacherError(f"{self.where} timed out", fatal=not self.answered) from error
        except openai.APIConnectionError as error:
            # Nothing was ever answered: the address is wrong or nobody listens there.
            raise TeacherError(f"{self.where} not reachable", fatal=not self.answered) from error
        except openai.APIStatusError as error:
            raise TeacherError(f"{error.status_code}: {self._words(error)}") from error
        except openai.OpenAIError as error:
            raise TeacherError(self._words(error)) from error

    async def _adapted(self, messages: list[Message], options: CallOptions) -> Reply:
        import openai

        while True:
            try:
                return await self._call(messages, options)
            except openai.BadRequestError as error:
                self._adapt(error)

    async def _call(self, messages: list[Message], options: CallOptions) -> Reply:
        request: dict[str, Any] = {
            "max_tokens": options.max_tokens,
            "temperature": options.temperature,
            "seed": options.seed,
        }
        if "max_tokens" in self.unsupported:
            request["max_completion_tokens"] = request["max_tokens"]
        for name in self.unsupported:
            request.pop(name, None)
        try:
            answer = await self.client.chat.completions.create(
                model=self.model,
                messages=messages,  # type: ignore[arg-type]
                extra_body=self.extra,
                **request,
            )
            reply = read_reply(answer)
        except (ValueError, AttributeError, KeyError, TypeError, IndexError) as error:
            raise TeacherError(f"{self.where} sent what is no chat completion") from error
        self.answered = True
        if len(reply.text) > _LONGEST * options.max_tokens:
            raise TeacherError(f"a reply of {len(reply.text)} characters, far over max_tokens")
        return reply

    def _words(self, error: Exception) -> str:
        """The endpoint's own words, on one line, not endless, and without the key."""
        body = getattr(error, "body", None)
        message = body.get("message") if isinstance(body, dict) else None
        return " ".join(str(message or error).replace(self.client.api_key, "***").split())[:300]

    def _adapt(self, error: BadRequestError) -> None:
        """Leave out an option that this model refuses (reasoning models take no temperature)."""
        name = str(error.param)
        refused = error.code in ("unsupported_parameter", "unsupported_value")
        if not refused or name in self.unsupported or name not in ("max_tokens", "temperature"):
            raise error
        self.unsupported.add(name)


def read_reply(answer: Any) -> Reply:
    """The reply in a chat completion. Raises TypeError or the like where it is something else.

    Token counts that are missing or odd are 0: they are told, but nothing hangs on them.
    """
    choice = answer.choices[0]
    text = choice.message.content
    if not isinstance(text, str | None):
        raise TypeError("content is not text")
    return Reply(
        text or "",
        _count(getattr(answer.usage, "prompt_tokens", 0)),
        _count(getattr(answer.usage, "completion_tokens", 0)),
        str(choice.finish_reason or "stop"),
    )


def _count(value: Any) -> int:
    return value if isinstance(value, int) else 0
