"""The openai teacher against a server on loopback, through the real client."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pydantic import ValidationError

from curate.errors import TeacherError, UsageError
from curate.teachers.base import CallOptions, Reply
from curate.teachers.openai_api import OpenAI

OPTIONS = CallOptions(max_tokens=20, temperature=0.5, seed=7)


class Endpoint(ThreadingHTTPServer):
    """Answers with what `script` holds, then with pong; keeps the requests."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script: list[tuple[int, dict[str, Any]]] = []
        self.seen: list[dict[str, Any]] = []
        self.keys: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class Handler(BaseHTTPRequestHandler):
    server: Endpoint

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.seen.append(body)
        self.server.keys.append(self.headers["Authorization"])
        status, answer = self.server.script.pop(0) if self.server.script else (200, PONG)
        text = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.send_header("Retry-After-Ms", "1")
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *args: object) -> None:
        pass


PONG = {
    "id": "1", "object": "chat.completion", "created": 1, "model": "m",
    "choices": [{"index": 0, "finish_reason": "stop",
                 "message": {"role": "assistant", "content": "pong"}}],
    "usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4},
}  # fmt: skip


def error(message: str, **more: str) -> dict[str, Any]:
    return {"error": {"message": message, **more}}


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def ask(teacher: OpenAI, times: int = 1) -> Reply:
    async def call() -> Reply:
        async with teacher.open() as session:
            for _ in range(times):
                reply = await session.complete([{"role": "user", "content": "ping"}], OPTIONS)
            return reply

    return asyncio.run(call())


def test_a_call_carries_messages_options_and_key(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", "s3cret")
    reply = ask(OpenAI(model="m", base_url=endpoint.url, key_variable="MY_KEY"))
    assert reply == Reply("pong", 3, 1, "stop")
    assert endpoint.keys == ["Bearer s3cret"]
    assert endpoint.seen == [
        {
            "model": "m",
            "messages": [{"role": "user", "content": "ping"}],
            "max_tokens": 20,
            "temperature": 0.5,
            "seed": 7,
        }
    ]


def test_what_may_pass_is_tried_again(endpoint: Endpoint) -> None:
    endpoint.script = [(429, error("slow down")), (500, error("oops")), (503, error("busy"))]
    assert ask(OpenAI(model="m", base_url=endpoint.url)).text == "pong"
    assert len(endpoint.seen) == 4


def test_tries_come_to_an_end_with_the_endpoints_words(endpoint: Endpoint) -> None:
    endpoint.script = [(429, error("slow\ndown"))] * 2
    with pytest.raises(TeacherError, match="^429: slow down$") as caught:
        ask(OpenAI(model="m", base_url=endpoint.url, tries=2))
    assert not caught.value.fatal


@pytest.mark.parametrize(("status", "word"), [(401, "bad key"), (404, "no such model")])
def test_what_cannot_pass_ends_the_run(endpoint: Endpoint, status: int, word: str) -> None:
    endpoint.script = [(status, error(word))] * 9
    with pytest.raises(TeacherError, match=word) as caught:
        ask(OpenAI(model="m", base_url=endpoint.url))
    assert caught.value.fatal
    assert len(endpoint.seen) == 1


def test_options_that_a_reasoning_model_refuses_are_left_out(endpoint: Endpoint) -> None:
    endpoint.script = [
        (400, error("use max_completion_tokens", code="unsupported_parameter", param="max_tokens")),
        (400, error("only 1 is allowed", code="unsupported_value", param="temperature")),
    ]
    teacher = OpenAI(model="m", base_url=endpoint.url, reasoning_effort="low")
    assert ask(teacher, times=2).text == "pong"
    assert len(endpoint.seen) == 4  # what was refused once is not sent again
    last = endpoint.seen[-1]
    assert (last["max_completion_tokens"], last["reasoning_effort"]) == (20, "low")
    assert not {"max_tokens", "temperature"} & set(last)


def test_any_other_bad_request_is_an_error(endpoint: Endpoint) -> None:
    endpoint.script = [(400, error("context length exceeded"))]
    with pytest.raises(TeacherError, match="400: context length exceeded"):
        ask(OpenAI(model="m", base_url=endpoint.url))


def test_an_endpoint_that_nobody_serves_is_named() -> None:
    with pytest.raises(TeacherError, match=r"127\.0\.0\.1:9/v1 not reachable") as caught:
        ask(OpenAI(model="m", base_url="http://127.0.0.1:9/v1", tries=1))
    assert caught.value.fatal


def test_openais_own_endpoint_needs_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(UsageError, match="OPENAI_API_KEY is not set"):
        ask(OpenAI(model="m"))


@pytest.mark.parametrize("url", ["ftp://x/v1", "http://k@x/v1", "http://x/v1?key=1", "x"])
def test_an_address_is_an_address_and_holds_no_key(url: str) -> None:
    with pytest.raises(ValidationError, match="base_url"):
        OpenAI(model="m", base_url=url)
