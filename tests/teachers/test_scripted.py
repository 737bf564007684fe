"""The scripted teacher: which line answers which call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from curate.errors import InputError, TeacherError
from curate.teachers.base import CallOptions, Message, Reply
from curate.teachers.scripted import Scripted


def ask(text: str, seed: int = 0) -> Reply:
    async def run() -> Reply:
        async with Scripted(replies="replies.jsonl").open() as session:
            messages: list[Message] = [{"role": "user", "content": text}]
            return await session.complete(messages, CallOptions(9, 0.0, seed))

    return asyncio.run(run())


def test_the_most_specific_line_answers(script: Callable[[list[dict]], None]) -> None:
    script(
        [
            {"text": "anything"},
            {"when": "cat", "text": "meow"},
            {"messages": [{"role": "user", "content": "cat?"}], "reply": {"text": "exactly"}},
        ]
    )
    assert [ask(text).text for text in ("dog?", "a cat?", "cat?")] == [
        "anything",
        "meow",
        "exactly",
    ]


def test_of_several_lines_the_seed_picks(script: Callable[[list[dict]], None]) -> None:
    script([{"text": "a"}, {"text": "b", "finish_reason": "length"}])
    assert [ask("x", seed).text for seed in (0, 1, 2)] == ["a", "b", "a"]
    assert ask("x", 1).finish_reason == "length"


def test_calls_can_fail(script: Callable[[list[dict]], None]) -> None:
    script([{"when": "cat", "error": "429: slow down"}])
    with pytest.raises(TeacherError, match="429: slow down"):
        ask("cat")
    with pytest.raises(TeacherError, match="no reply to 'dog'"):
        ask("dog")


def test_a_broken_script_is_named(small: Path) -> None:
    (small / "replies.jsonl").write_text('{"text": "a"}\n{oops\n')
    with pytest.raises(InputError, match=r"replies\.jsonl:2: not JSON"):
        ask("x")
    (small / "replies.jsonl").unlink()
    with pytest.raises(InputError, match="No such file"):
        ask("x")


@pytest.mark.parametrize(
    "line",
    ["{}", "5", "[1]", '{"text": null}', '{"text": "x", "prompt_tokens": "a"}', '{"when": 5}'],
)
def test_a_line_that_answers_nothing_is_named(small: Path, line: str) -> None:
    (small / "replies.jsonl").write_text(line + "\n")
    with pytest.raises(InputError, match=r"replies\.jsonl:1: not a line of a script"):
        ask("x")
