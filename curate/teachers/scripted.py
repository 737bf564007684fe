"""Replies from a file: for demonstrations, tests and replaying a recorded run.

The file is JSON Lines. A line says what it answers, and how:

    {"messages": [...], "reply": {"text": "…"}}   exactly these messages: a line of a journal
    {"when": "with statement", "text": "…"}       the last message holds these words
    {"text": "…", "finish_reason": "length"}      anything
    {"when": "async", "error": "429: slow down"}  the call fails

The first kind that has a line for a call decides; of several such lines, the call's seed picks
one, so that the same call always gets the same reply.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curate.errors import InputError, TeacherError
from curate.options import options
from curate.teachers.base import CallOptions, Message, Reply, Session, Teacher
from curate.text import digest
from curate.tokens import count_tokens


@options
class Scripted(Teacher, name="scripted"):
    """Replays replies from a JSON Lines file."""

    replies: str
    """Path of the file."""

    model: str = "scripted"
    """What the column `model` says."""

    @property
    def model_name(self) -> str:
        """What the column `model` says."""
        return self.model

    @property
    def endpoint(self) -> str:
        """What, besides messages and options, shapes a reply."""
        return f"scripted {self.model} {digest(_read(self.replies))}"

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Session]:
        """Read the file. Raises InputError where it is missing or a line is not JSON."""
        yield Script(_read(self.replies))


def _read(path: str) -> list[dict[str, Any]]:
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"teacher.scripted.replies {path}: {error}") from error
    lines = []
    for number, line in enumerate(text.splitlines(), 1):
        try:
            value = json.loads(line) if line.strip() else None
        except ValueError as error:
            raise InputError(f"{path}:{number}: not JSON ({error})") from error
        if value is not None:
            if not _answers(value):
                raise InputError(f"{path}:{number}: not a line of a script: {line[:80]}")
            lines.append(value)
    return lines


def _answers(line: Any) -> bool:
    """Whether a line says how to answer, with values of the right types."""
    if not isinstance(line, dict) or not isinstance(line.get("when", ""), str):
        return False
    reply = line.get("reply", line)
    counts = ("prompt_tokens", "completion_tokens")
    return "error" in line or (
        isinstance(reply, dict)
        and isinstance(reply.get("text"), str)
        and isinstance(reply.get("finish_reason", ""), str)
        and all(isinstance(reply.get(name, 0), int) for name in counts)
    )


@dataclass(frozen=True)
class Script:
    """The lines of a script, ready to answer."""

    lines: list[dict[str, Any]]

    async def complete(self, messages: list[Message], options: CallOptions) -> Reply:
        """The reply that the script has for `messages`. Raises TeacherError where it has none."""
        last = messages[-1]["content"]
        exact = [x for x in self.lines if x.get("messages") == messages]
        worded = [x for x in self.lines if "when" in x and x["when"] in last]
        other = [x for x in self.lines if "messages" not in x and "when" not in x]
        choice = exact or worded or other
        line = choice[options.seed % len(choice)] if choice else None
        if line is None:
            raise TeacherError(f"the script has no reply to {last[:80]!r}")
        if "error" in line:
            raise TeacherError(str(line["error"]))
        given = line.get("reply", line)
        prompt = sum(count_tokens(message["content"]) for message in messages)
        return Reply(
            given["text"],
            given.get("prompt_tokens", prompt),
            given.get("completion_tokens", count_tokens(given["text"])),
            given.get("finish_reason", "stop"),
        )
