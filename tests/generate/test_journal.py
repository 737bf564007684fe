"""The journal: what was answered once is never asked again, whatever was cut off."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self

import pytest

from curate.errors import CurateError
from curate.generate.journal import Journal
from curate.generate.pipe import Pipe
from curate.teachers.base import CallOptions, Limits, Message, Reply

HELLO: list[Message] = [{"role": "user", "content": "hello"}]
OTHER: list[Message] = [{"role": "system", "content": "be kind"}, *HELLO]
OPTIONS = CallOptions(max_tokens=10, temperature=0.5, seed=1)


class Counting:
    """A teacher, and its session, that answers with the number of the call."""

    limits, prices = Limits(), None

    def __init__(self) -> None:
        self.calls = 0

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Self]:
        yield self

    async def complete(self, messages: list[Message], options: CallOptions) -> Reply:
        self.calls += 1
        return Reply(f"reply {self.calls} \ud800", 5, 2, "stop")


def ask(
    path: Path, teacher: Counting, messages: list[Message], options: CallOptions = OPTIONS,
    endpoint: str = "here",
) -> Reply:  # fmt: skip
    async def call() -> Reply:
        async with Pipe(teacher, journal) as pipe:  # type: ignore[arg-type]
            return await pipe.complete(messages, options)

    with Journal(path, endpoint) as journal:
        return asyncio.run(call())


def test_the_same_call_is_sent_once(tmp_path: Path) -> None:
    session = Counting()
    first = ask(tmp_path / "j", session, HELLO)
    assert ask(tmp_path / "j", session, HELLO) == first
    assert session.calls == 1


def test_whatever_shapes_a_reply_makes_another_call(tmp_path: Path) -> None:
    session = Counting()
    ask(tmp_path / "j", session, HELLO)
    ask(tmp_path / "j", session, OTHER)
    ask(tmp_path / "j", session, HELLO, CallOptions(10, 0.5, seed=2))
    ask(tmp_path / "j", session, HELLO, CallOptions(11, 0.5, seed=1))
    ask(tmp_path / "j", session, HELLO, CallOptions(10, 0.6, seed=1))
    ask(tmp_path / "j", session, HELLO, CallOptions(10, 0.5, seed=1, schema={"type": "object"}))
    ask(tmp_path / "j", session, HELLO, endpoint="elsewhere")
    assert session.calls == 7


@pytest.mark.parametrize("lost", [1, 2, 30])
def test_a_torn_last_line_costs_that_reply_alone(tmp_path: Path, lost: int) -> None:
    session = Counting()
    ask(tmp_path / "j", session, HELLO)
    ask(tmp_path / "j", session, OTHER)
    os.truncate(tmp_path / "j", (tmp_path / "j").stat().st_size - lost)
    ask(tmp_path / "j", session, HELLO)
    assert session.calls == 2
    ask(tmp_path / "j", session, OTHER)
    assert session.calls == 3
    assert (tmp_path / "j").read_bytes().count(b"\n") == 2


@pytest.mark.parametrize(
    "damage",
    [b"{oops", b"[]", b"[" * 100_000, b'{"key": "k", "reply": {"text": 5, "prompt_tokens": 1, '
     b'"completion_tokens": 1, "finish_reason": "stop"}}'],
)  # fmt: skip
def test_a_damaged_line_is_named_and_nothing_is_overwritten(tmp_path: Path, damage: bytes) -> None:
    session = Counting()
    ask(tmp_path / "j", session, HELLO)
    whole = (tmp_path / "j").read_bytes()
    (tmp_path / "j").write_bytes(damage + b"\n" + whole)
    with pytest.raises(CurateError, match="j:1 is damaged"):
        ask(tmp_path / "j", session, HELLO)
    assert (tmp_path / "j").read_bytes() == damage + b"\n" + whole


def test_a_full_disk_is_told_and_leaves_whole_lines(tmp_path: Path) -> None:
    session = Counting()
    ask(tmp_path / "j", session, HELLO)
    size = (tmp_path / "j").stat().st_size
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 50, limit[1]))
        with pytest.raises(CurateError, match="make room and run the same command again"):
            ask(tmp_path / "j", session, OTHER)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, handler)
    assert (tmp_path / "j").stat().st_size == size
    ask(tmp_path / "j", session, OTHER)
    assert (tmp_path / "j").read_bytes().count(b"\n") == 2


def test_replies_that_come_together_are_all_kept(tmp_path: Path) -> None:
    """They share a flush to the disk; each of them waits for it."""
    session = Counting()

    async def all_at_once() -> list[Reply]:
        async with Pipe(session, journal) as pipe:  # type: ignore[arg-type]
            calls = (
                pipe.complete([{"role": "user", "content": f"{number}"}], OPTIONS)
                for number in range(50)
            )
            return await asyncio.gather(*calls)

    with Journal(tmp_path / "j", "here") as journal:
        replies = asyncio.run(all_at_once())
    with Journal(tmp_path / "j", "here") as journal:
        assert asyncio.run(all_at_once()) == replies
    assert session.calls == 50
