"""The openai teacher against a server on loopback, through the real client."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from pydantic import ValidationError

from curate.errors import TeacherError, UsageError
from curate.generate.journal import Journal
from curate.generate.pipe import Pipe
from curate.teachers.base import CallOptions, Reply
from curate.teachers.chat import retry_after
from curate.teachers.openai_api import OpenAI

OPTIONS = CallOptions(max_tokens=20, temperature=0.5, seed=7)


def error(message: str, **more: str) -> dict[str, Any]:
    return {"error": {"message": message, **more}}


def ask(teacher: OpenAI, times: int = 1, options: CallOptions = OPTIONS) -> Reply:
    """The reply through the whole way: journal, limits, retries, the real client."""

    async def call(journal: Journal) -> Reply:
        async with Pipe(teacher, journal) as pipe:
            for number in range(times):
                told = replace(options, seed=options.seed + number)
                reply = await pipe.complete([{"role": "user", "content": "ping"}], told)
            return reply

    with TemporaryDirectory() as folder, Journal(Path(folder) / "j", "here") as journal:
        return asyncio.run(call(journal))


def test_a_call_carries_messages_options_and_key(
    endpoint: Any, monkeypatch: pytest.MonkeyPatch
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


def test_what_may_pass_is_tried_again(endpoint: Any) -> None:
    endpoint.script = [(429, error("slow down")), (500, error("oops")), (503, error("busy"))]
    assert ask(OpenAI(model="m", base_url=endpoint.url)).text == "pong"
    assert len(endpoint.seen) == 4


def test_tries_come_to_an_end_with_the_endpoints_words(endpoint: Any) -> None:
    endpoint.script = [(429, error("slow\ndown"))] * 2
    with pytest.raises(TeacherError, match="^429 after 2 tries: slow down$") as caught:
        ask(OpenAI(model="m", base_url=endpoint.url, tries=2))
    assert not caught.value.fatal


@pytest.mark.parametrize(("status", "word"), [(401, "bad key"), (404, "no such model")])
def test_what_cannot_pass_ends_the_run(endpoint: Any, status: int, word: str) -> None:
    endpoint.script = [(status, error(word))] * 9
    with pytest.raises(TeacherError, match=word) as caught:
        ask(OpenAI(model="m", base_url=endpoint.url))
    assert caught.value.fatal
    assert len(endpoint.seen) == 1


def test_options_that_a_reasoning_model_refuses_are_left_out(endpoint: Any) -> None:
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


def test_any_other_bad_request_is_an_error(endpoint: Any) -> None:
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


@pytest.mark.parametrize("key", ["s3cret", " s3cret\n"])
def test_a_key_that_the_endpoint_repeats_is_not_told(
    endpoint: Any, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", key)
    for status in (400, 401):
        endpoint.script = [(status, error("bad key s3cret"))]
        with pytest.raises(TeacherError, match=r"bad key \*\*\*"):
            ask(OpenAI(model="m", base_url=endpoint.url))


def test_a_key_that_is_none_is_named(endpoint: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "\ufeffs3crét")
    with pytest.raises(UsageError, match="OPENAI_API_KEY holds characters that no key has"):
        ask(OpenAI(model="m", base_url=endpoint.url))


def test_a_proxy_is_not_asked_for_this_machine(
    endpoint: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert ask(OpenAI(model="m", base_url=endpoint.url, tries=1)).text == "pong"


def choice(**message: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "finish_reason": "stop", "message": message}]}


@pytest.mark.parametrize(
    "body",
    [
        [1, 2],
        None,
        "text",
        {},
        {"choices": []},
        {"choices": {}},
        {"choices": ["a"]},
        {"choices": [{"message": None}]},
        choice(content=5),
        choice(content=[{"type": "text", "text": 5}]),
        choice(content="x" * 10_000),
        error("200 and yet an error"),
    ],
)
def test_an_odd_answer_costs_that_call_and_no_more(endpoint: Any, body: Any) -> None:
    endpoint.script = [(200, body)]
    with pytest.raises(TeacherError) as caught:
        ask(OpenAI(model="m", base_url=endpoint.url, tries=1))
    assert not caught.value.fatal


def test_what_is_no_chat_completion_is_asked_again(endpoint: Any) -> None:
    endpoint.script = [(200, {"choices": []}), (200, None)]
    assert ask(OpenAI(model="m", base_url=endpoint.url)).text == "pong"


def test_a_schema_is_sent_and_left_out_where_the_endpoint_knows_none(endpoint: Any) -> None:
    wish = replace(OPTIONS, schema={"type": "object"})
    assert ask(OpenAI(model="m", base_url=endpoint.url), options=wish).text == "pong"
    form = endpoint.seen[0]["response_format"]
    assert form["type"] == "json_schema"
    assert form["json_schema"]["schema"] == {"type": "object"}
    endpoint.script = [(400, error("Unknown field: response_format"))]
    assert ask(OpenAI(model="m", base_url=endpoint.url), times=2, options=wish).text == "pong"
    assert ["response_format" in body for body in endpoint.seen[1:]] == [True, False, False]


@pytest.mark.parametrize(
    ("status", "body", "left_out"),
    [
        (422, error("response_format: extra inputs are not permitted"), "response_format"),
        (400, error("This model does not support structured outputs"), "response_format"),
        (501, error("response_format is not implemented"), "response_format"),
        (404, error("No endpoints found that support response_format"), "response_format"),
        (422, {"detail": [{"loc": ["body", "seed"], "msg": "Extra inputs"}]}, "seed"),
        (400, error("'temperature' does not support 0.7 with this model"), "temperature"),
        (400, error("Unsupported parameter: 'max_tokens'"), "max_tokens"),
    ],
)
def test_options_are_left_out_in_whatever_words_they_are_refused(
    endpoint: Any, status: int, body: dict[str, Any], left_out: str
) -> None:
    wish = replace(OPTIONS, schema={"type": "object"})
    endpoint.script = [(status, body)]
    assert ask(OpenAI(model="m", base_url=endpoint.url), options=wish).text == "pong"
    assert left_out in endpoint.seen[0]
    assert left_out not in endpoint.seen[1]


def test_content_in_parts_is_put_together(endpoint: Any) -> None:
    parts = [{"type": "text", "text": "po"}, {"type": "text", "text": "ng"}]
    endpoint.script = [(200, choice(content=parts))]
    assert ask(OpenAI(model="m", base_url=endpoint.url, tries=1)).text == "pong"


def test_an_absurd_token_count_is_none(endpoint: Any) -> None:
    usage = {"prompt_tokens": 10**400, "completion_tokens": 2}
    endpoint.script = [(200, {**choice(content="pong"), "usage": usage})]
    assert ask(OpenAI(model="m", base_url=endpoint.url)) == Reply("pong", 0, 2, "stop")


def test_an_answer_nested_without_end_is_asked_again(endpoint: Any) -> None:
    endpoint.raw = [b"[" * 100_000]
    assert ask(OpenAI(model="m", base_url=endpoint.url)).text == "pong"


def test_headers_without_end_cost_that_call_alone(endpoint: Any) -> None:
    endpoint.headers["X-Long"] = "x" * 20_000
    with pytest.raises(TeacherError, match="broke off"):
        ask(OpenAI(model="m", base_url=endpoint.url, tries=1))


def test_half_a_character_in_an_error_can_be_written_down(endpoint: Any) -> None:
    endpoint.script = [(400, error("bad \ud800"))]
    with pytest.raises(TeacherError, match="400: bad") as caught:
        ask(OpenAI(model="m", base_url=endpoint.url))
    str(caught.value).encode()


@pytest.mark.parametrize("key", ["sk-MYREALKEY99", "", "A B", "1A"])
def test_a_key_in_place_of_its_variable_is_refused(key: str) -> None:
    with pytest.raises(ValidationError, match="never the key"):
        OpenAI(model="m", key_variable=key)


def test_a_refusal_is_marked_as_one(endpoint: Any) -> None:
    endpoint.script = [(200, choice(content=None, refusal="I will not."))]
    reply = ask(OpenAI(model="m", base_url=endpoint.url))
    assert (reply.text, reply.finish_reason) == ("I will not.", "refusal")


def test_no_quota_left_ends_the_run_at_once(endpoint: Any) -> None:
    endpoint.script = [(429, error("You exceeded your quota", code="insufficient_quota"))]
    with pytest.raises(TeacherError, match="exceeded your quota") as caught:
        ask(OpenAI(model="m", base_url=endpoint.url))
    assert caught.value.fatal
    assert len(endpoint.seen) == 1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "2"}, 2),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0),  # long past
        ({"retry-after": "Fri, 21 Oct 9999 07:28:00 GMT"}, pytest.approx(2.5e11, rel=0.1)),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after-ms": "nan"}, None),
        ({}, None),
    ],
)
def test_waiting_times_are_read_as_the_standard_has_them(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert retry_after(headers) == seconds


def test_an_endpoint_that_asks_for_an_hour_is_not_waited_for(endpoint: Any) -> None:
    endpoint.headers = {"Retry-After": "3600"}
    endpoint.script = [(429, error("daily limit"))]
    with pytest.raises(TeacherError, match=r"429: daily limit \(it asks to wait 3600 s\)"):
        ask(OpenAI(model="m", base_url=endpoint.url))


@pytest.mark.parametrize("usage", [None, {}, {"prompt_tokens": "3"}, {"total_tokens": 3}, 7])
def test_token_counts_that_are_missing_are_0(endpoint: Any, usage: Any) -> None:
    endpoint.script = [(200, {**choice(content="pong"), "usage": usage})]
    assert ask(OpenAI(model="m", base_url=endpoint.url)) == Reply("pong", 0, 0, "stop")


def test_a_reply_that_trickles_is_given_up(endpoint: Any) -> None:
    endpoint.trickle = 0.1
    with pytest.raises(TeacherError, match="no reply within"):
        ask(OpenAI(model="m", base_url=endpoint.url, timeout=0.4, tries=1))


def test_documents_do_not_follow_a_redirect(endpoint: Any) -> None:
    endpoint.headers["Location"] = f"{endpoint.url}/elsewhere"
    endpoint.script = [(307, error("over there"))]
    with pytest.raises(TeacherError, match="307: over there"):
        ask(OpenAI(model="m", base_url=endpoint.url, tries=1))
    assert len(endpoint.seen) == 1
