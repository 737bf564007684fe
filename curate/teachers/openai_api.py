"""Any OpenAI-compatible endpoint: OpenAI, vLLM, Ollama, llama.cpp. The one importer of `openai`.

The key is read from the environment when the teacher opens and is stored nowhere.
"""

from __future__ import annotations

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
    from openai import AsyncOpenAI, BadRequestError

OPENAI_URL = "https://api.openai.com/v1"


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
    """Seconds until a call counts as failed."""

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

        key = os.environ.get(self.key_variable, "")
        if not key and self.base_url == OPENAI_URL:
            raise UsageError(
                f"The environment variable {self.key_variable} is not set. Set it to your key, "
                "give teacher.openai.base_url of an endpoint that needs none, "
                "or use the embedded teacher: --set 'teacher={embedded: {}}'"
            )
        async with AsyncOpenAI(
            api_key=key or "none",
            base_url=self.base_url,
            timeout=self.timeout,
            max_retries=self.tries - 1,
        ) as client:
            extra = {"reasoning_effort": self.reasoning_effort} if self.reasoning_effort else {}
            yield ChatSession(client, self.model, self.base_url, extra)


class ChatSession:
    """Calls to one model through one client; shared by every OpenAI-compatible teacher."""

    def __init__(
        self, client: AsyncOpenAI, model: str, where: str, extra: dict[str, Any] | None = None
    ) -> None:
        self.client = client
        self.model = model
        self.where = where
        self.extra = extra or {}
        self.answered = False
        self.unsupported: set[str] = set()

    async def complete(self, messages: list[Message], options: CallOptions) -> Reply:
        """Answer `messages`. Raises TeacherError, fatal where no further call could succeed."""
        import openai

        try:
            while True:
                try:
                    return await self._call(messages, options)
                except openai.BadRequestError as error:
                    self._adapt(error)
        except (
            openai.AuthenticationError,
            openai.PermissionDeniedError,
            openai.NotFoundError,
        ) as e:
            raise TeacherError(
                f"{self.where} refused {self.model}: {_reason(e)}", fatal=True
            ) from e
        except openai.APIConnectionError as error:
            # Nothing was ever answered: the address is wrong or nobody listens there.
            what = "timed out" if isinstance(error, openai.APITimeoutError) else "not reachable"
            raise TeacherError(f"{self.where} {what}", fatal=not self.answered) from error
        except openai.APIStatusError as error:
            raise TeacherError(f"{error.status_code}: {_reason(error)}") from error
        except openai.OpenAIError as error:
            raise TeacherError(_reason(error)) from error

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
        answer = await self.client.chat.completions.create(
            model=self.model,
            messages=messages,  # type: ignore[arg-type]
            extra_body=self.extra,
            **request,
        )
        self.answered = True
        if not answer.choices:
            raise TeacherError("the endpoint answered without a choice")
        choice, usage = answer.choices[0], answer.usage
        return Reply(
            text=choice.message.content or "",
            prompt_tokens=usage.prompt_tokens if usage else 0,
            completion_tokens=usage.completion_tokens if usage else 0,
            finish_reason=choice.finish_reason or "stop",
        )

    def _adapt(self, error: BadRequestError) -> None:
        """Leave out an option that this model refuses (reasoning models take no temperature)."""
        name = str(error.param)
        refused = error.code in ("unsupported_parameter", "unsupported_value")
        if not refused or name in self.unsupported or name not in ("max_tokens", "temperature"):
            raise error
        self.unsupported.add(name)


def _reason(error: Exception) -> str:
    """The endpoint's own words, on one line and not endless."""
    body = getattr(error, "body", None)
    message = body.get("message") if isinstance(body, dict) else None
    return " ".join(str(message or error).split())[:300]
