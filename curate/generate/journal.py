"""Every reply on disk before anything looks at it, so that nothing is paid for twice.

One JSON object a line, appended and flushed to the disk: the call, the reply, when and how long.
The key is a digest of everything that shapes a reply: endpoint, messages and options.
"""

from __future__ import annotations

import io
import json
import os
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from curate.errors import CurateError
from curate.teachers.base import CallOptions, Message, Reply, Session
from curate.text import digest


@dataclass
class Usage:
    """Calls of a run: sent, answered from the journal, and the tokens of both together."""

    requests: int = 0
    reused: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0


@dataclass
class Journal:
    """A teacher's replies so far, and the way to get further ones.

    Use as a context manager; one process at a time (the working folder's lock sees to that).
    """

    path: Path
    endpoint: str
    usage: Usage = field(default_factory=Usage)
    _replies: dict[str, Reply] = field(default_factory=dict)
    _file: io.FileIO | None = None

    def __enter__(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        whole = self._read()
        self._file = self.path.open("ab", buffering=0)
        self._file.truncate(whole)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()

    def _read(self) -> int:
        """Read the replies; the length of the whole lines. A kill can tear only the last line."""
        whole = 0
        if not self.path.exists():
            return whole
        with self.path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    break
                try:
                    entry = json.loads(line)
                    self._replies[entry["key"]] = _reply(**entry["reply"])
                except (ValueError, KeyError, TypeError, RecursionError) as error:
                    raise CurateError(
                        f"{self.path}:{number} is damaged ({error}). The replies around it are "
                        "paid for, so nothing was changed: repair or remove that line."
                    ) from error
                whole += len(line)
        return whole

    def key(self, messages: list[Message], options: CallOptions) -> str:
        """Digest of all that shapes the reply to a call."""
        return digest(self.endpoint, messages, asdict(options), size=32)

    def find(self, messages: list[Message], options: CallOptions) -> Reply | None:
        """The reply to a call, where it was answered before."""
        return self._replies.get(self.key(messages, options))

    async def complete(
        self, session: Session, messages: list[Message], options: CallOptions
    ) -> Reply:
        """The stored reply to a call, or the session's, stored first. Raises TeacherError."""
        known = self.find(messages, options)
        if known is not None:
            self.usage.reused += 1
            self._count(known)
            return known
        began = time.monotonic()
        reply = await session.complete(messages, options)
        self._append(messages, options, reply, time.monotonic() - began)
        return reply

    def _append(
        self, messages: list[Message], options: CallOptions, reply: Reply, seconds: float
    ) -> None:
        key = self.key(messages, options)
        entry = {
            "key": key,
            "endpoint": self.endpoint,
            "messages": messages,
            "options": asdict(options),
            "reply": asdict(reply),
            "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "seconds": round(seconds, 3),
        }
        self._write(json.dumps(entry).encode() + b"\n")
        self._replies[key] = reply
        self.usage.requests += 1
        self._count(reply)

    def _write(self, line: bytes) -> None:
        """Append a whole line, on the disk when this returns, or leave the file as it was."""
        if self._file is None:
            raise RuntimeError("the journal is not open")
        whole = self._file.seek(0, os.SEEK_END)
        try:
            while line:
                line = line[self._file.write(line) :]
            os.fsync(self._file.fileno())
        except OSError as error:
            self._file.truncate(whole)
            raise CurateError(
                f"could not write {self.path}: {error.strerror}. All replies before this one are "
                "kept; make room and run the same command again."
            ) from error

    def _count(self, reply: Reply) -> None:
        self.usage.prompt_tokens += reply.prompt_tokens
        self.usage.completion_tokens += reply.completion_tokens


def _reply(text: str, prompt_tokens: int, completion_tokens: int, finish_reason: str) -> Reply:
    """A reply as it was written. Raises TypeError for a value of another type."""
    counts = isinstance(prompt_tokens, int) and isinstance(completion_tokens, int)
    if not (counts and isinstance(text, str) and isinstance(finish_reason, str)):
        raise TypeError("a reply's fields have other types")
    return Reply(text, prompt_tokens, completion_tokens, finish_reason)
