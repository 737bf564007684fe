"""One attempt at one call of an OpenAI-compatible endpoint, through the `openai` client.

What the endpoint does is told as a Reply or as a TeacherError that says whether to try again; who
tries again is `generate.pipe`. Replies are read as plain JSON, since building the client's models
of them costs more than sending the call.
"""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from curate.errors import TeacherError
from curate.teachers.base import CallOptions, Message, Reply

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openai import APIStatusError, AsyncOpenAI

ODD = (ValueError, LookupError, TypeError, AttributeError, RecursionError)  # from reading JSON
_LONGEST = 64  # characters a token
_MOST_TOKENS = 2**53
_PATIENCE = 300.0  # seconds: an endpoint that asks for more will not help this run
_PASSING = (408, 409, 425, 429)  # and everything from 500 on
_UNKNOWN = (400, 404, 422, 501)  # statuses with which servers refuse an option
_LEFT_OUT = ("response_format", "temperature", "max_tokens", "seed")
_STRUCTURED = re.compile(r"response_format|json_schema|structured.?output|guided")
_REFUSED = re.compile(
    r"unsupported|not (?:support|permit|allow)|unrecogni|extra|unknown|unexpected"
)
_ENDS = ("insufficient_quota", "billing_hard_limit_reached", "account_deactivated")


class ChatSession:
    """Calls to one model through one client; shared by every OpenAI-compatible teacher."""

    def __init__(
        self, client: AsyncOpenAI, model: str, where: str, extra: dict[str, Any] | None = None
    ) -> None:
        self.client = client
        self.model = model
        self.where = where
        self.extra = extra or {}
        self.unsupported: set[str] = set()

    async def complete(self, messages: list[Message], options: CallOptions) -> Reply:
        """Answer `messages`. Raises TeacherError."""
        with self.failures("chat completion"):
            return read_reply(await self._adapted(messages, options), options.max_tokens)

    @contextmanager
    def failures(self, wanted: str) -> Iterator[None]:
        """Tell as a TeacherError what goes wrong inside, where something was `wanted`."""
        import aiohttp
        import httpx2
        import openai

        try:
            yield
        except openai.APIConnectionError as error:
            late = isinstance(error.__cause__, httpx2.ReadTimeout | httpx2.WriteTimeout)
            what = f"{self.where} {'timed out' if late else 'not reachable'}"
            raise TeacherError(what, fatal=True, passing=True) from error
        except openai.APIStatusError as error:
            raise self._refused(error) from error
        except openai.OpenAIError as error:
            raise TeacherError(self._words(error)) from error
        except (aiohttp.ClientError, httpx2.HTTPError) as error:
            raise TeacherError(f"{self.where} broke off", fatal=True, passing=True) from error
        except ODD as error:
            what = f"no {wanted}: {self.where} sent something else"
            raise TeacherError(what, passing=True, billed=True) from error

    def request(self, messages: list[Message], options: CallOptions) -> dict[str, Any]:
        """The body of a call, without what this model is known to refuse."""
        return self.body(messages, options, self.unsupported)

    def body(
        self, messages: list[Message], options: CallOptions, left_out: Collection[str]
    ) -> dict[str, Any]:
        """The body of a call without some options."""
        body: dict[str, Any] = {
            "model": self.model,
            "messages": messages,
            "max_tokens": options.max_tokens,
            "temperature": options.temperature,
            "seed": options.seed,
            **self.extra,
        }
        if options.schema is not None:
            form = {"name": "reply", "strict": True, "schema": options.schema}
            body["response_format"] = {"type": "json_schema", "json_schema": form}
        if "max_tokens" in left_out:
            body["max_completion_tokens"] = body["max_tokens"]
        for name in left_out:
            body.pop(name, None)
        return body

    async def _adapted(self, messages: list[Message], options: CallOptions) -> Any:
        import httpx2
        import openai

        while True:
            body = self.request(messages, options)
            try:
                sent = self.client.post("/chat/completions", cast_to=httpx2.Response, body=body)
                return json.loads((await sent).content)
            except openai.APIStatusError as error:
                words = f"{self._words(error)} {error.body}"
                if not self.adapt(error.status_code, error.code, error.param, words, body):
                    raise

    def adapt(self, status: int, code: Any, param: Any, words: str, body: dict[str, Any]) -> bool:
        """Whether an error names an option of `body`, which is left out from now on.

        Reasoning models take no temperature. OpenAI names what it refuses; other servers say it in
        their own words, and with other statuses.
        """
        if status not in _UNKNOWN:
            return False
        named, told = str(param).partition(".")[0], words.lower()
        if code not in ("unsupported_parameter", "unsupported_value") or named not in body:
            named = "response_format" if _STRUCTURED.search(told) else ""
        if not named and _REFUSED.search(told):
            named = next((name for name in _LEFT_OUT if name in told), "")
        if named not in body or named not in _LEFT_OUT:
            return False
        self.unsupported.add(named)
        return True

    def _refused(self, error: APIStatusError) -> TeacherError:
        status, words = error.status_code, self._words(error)
        told = self.refusal(status, error.code, words)
        if told.fatal:
            return told
        wait = retry_after(error.response.headers)
        asks = error.response.headers.get("x-should-retry")
        passing = told.passing or asks == "true"
        if asks == "false" or (wait is not None and wait > _PATIENCE):
            passing = False
        later = f" (it asks to wait {wait:.0f} s)" if wait and wait > _PATIENCE else ""
        limited = status in (429, 503)
        return TeacherError(f"{told}{later}", passing=passing, limited=limited, wait=wait)

    def refusal(self, status: int, code: Any, words: str) -> TeacherError:
        """What an error means by its status, its code and its words."""
        if status in (401, 403, 404) or str(code) in _ENDS:
            what = f"{self.where} refused {self.model}: {words}"
            return TeacherError(what, fatal=True, doubtful=status == 403)
        return TeacherError(f"{status}: {words}", passing=status in _PASSING or status >= 500)

    def _words(self, error: Exception) -> str:
        """The endpoint's own words, on one line, not endless, and without the key."""
        body = getattr(error, "body", None)
        told = body.get("message") or body.get("detail") if isinstance(body, dict) else None
        return self.clean(str(told or error))

    def clean(self, words: str) -> str:
        """Words of the endpoint on one line, not endless, and without the key."""
        plain = words.replace(self.client.api_key, "***").encode("utf-8", "replace").decode()
        return " ".join(plain.split())[:300]


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that an endpoint asks to wait: `retry-after-ms`, or `Retry-After` (RFC 9110 10.2.3).

    None where it does not say, or says nothing that makes sense.
    """
    try:
        if "retry-after-ms" in headers:
            seconds = float(headers["retry-after-ms"]) / 1000
        elif (given := headers.get("retry-after", "")).strip().replace(".", "", 1).isdigit():
            seconds = float(given)
        else:
            seconds = parsedate_to_datetime(given).timestamp() - time.time()
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def read_reply(answer: Any, max_tokens: int) -> Reply:
    """The reply in a chat completion. Raises TypeError or the like where it is something else.

    Token counts that are missing or odd are 0: they are told, but nothing hangs on them.
    """
    choice, usage = answer["choices"][0], answer.get("usage")
    message = choice["message"]
    refusal, text = message.get("refusal"), message.get("content")
    if isinstance(text, list):
        text = "".join(part.get("text", "") for part in text)
    if not isinstance(text, str | None) or not isinstance(refusal, str | None):
        raise TypeError("content is not text")
    counts = usage if isinstance(usage, dict) else {}
    if len(text or "") > _LONGEST * max_tokens:
        what = f"a reply of {len(text or '')} characters, far over max_tokens"
        raise TeacherError(what, billed=True)
    return Reply(
        refusal or text or "",
        count(counts.get("prompt_tokens")),
        count(counts.get("completion_tokens")),
        "refusal" if refusal else str(choice.get("finish_reason") or "stop"),
    )


def count(value: Any) -> int:
    """A number of things that an endpoint tells; 0 where it is none, or absurd."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and 0 <= value < _MOST_TOKENS else 0
