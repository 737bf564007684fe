"""Every reply on disk before anything looks at it, so that nothing is paid for twice.

One JSON object a line, appended as it comes: the call, the reply, when and how long. The key is a
digest of everything that shapes a reply: endpoint, messages, and options with the schema. A line is
written at once, so that a killed process leaves it; `append` returns when it is on the disk, and
lines that come meanwhile share the next flush.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from curate.disk import append, whole_lines
from curate.errors import CurateError
from curate.teachers.base import CallOptions, Message, Reply
from curate.text import digest


@dataclass
class Journal:
    """The replies of an endpoint so far; use as a context manager.

    One process at a time: the lock of the working folder sees to that.
    """

    path: Path
    endpoint: str
    _replies: dict[str, Reply] = field(default_factory=dict)
    _file: io.FileIO | None = None
    _written: int = 0
    _flushed: int = 0
    _flushing: asyncio.Task[None] | None = None

    def __enter__(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._read()
        self._file = self.path.open("ab", buffering=0)
        return self

    def __exit__(self, *reason: object) -> None:
        if self._file is not None:
            self._file.close()

    def _read(self) -> None:
        for number, line in whole_lines(self.path):
            try:
                entry = json.loads(line)
                self._replies[entry["key"]] = _reply(**entry["reply"])
            except (ValueError, KeyError, TypeError, RecursionError) as error:
                raise CurateError(
                    f"{self.path}:{number} is damaged ({error}). The replies around it are "
                    "paid for, so nothing was changed: repair or remove that line."
                ) from error

    def key(self, messages: list[Message], options: CallOptions) -> str:
        """Digest of all that shapes the reply to a call."""
        return digest(self.endpoint, messages, vars(options), size=32)

    def find(self, key: str) -> Reply | None:
        """The reply to the call of a key, where it was answered before."""
        return self._replies.get(key)

    async def append(
        self,
        key: str,
        messages: list[Message],
        options: CallOptions,
        reply: Reply,
        seconds: float,
    ) -> None:
        """Store the reply to the call of a key, which took some seconds; on disk on return.

        Raises CurateError where it cannot be written; the replies before it are kept.
        """
        entry = {
            "key": key,
            "endpoint": self.endpoint,
            "messages": messages,
            "options": vars(options),
            "reply": vars(reply),
            "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "seconds": round(seconds, 3),
        }
        try:
            append(self._open, json.dumps(entry).encode() + b"\n")
            self._written += 1
            await self._on_disk()
        except OSError as error:
            raise CurateError(
                f"could not write {self.path}: {error.strerror}. All replies before this one are "
                "kept; make room and run the same command again."
            ) from error
        self._replies[key] = reply

    async def _on_disk(self) -> None:
        """Wait until all that is written now is on the disk."""
        mine = self._written
        while self._flushed < mine:
            if self._flushing is None:
                self._flushing = asyncio.create_task(self._flush())
            await asyncio.shield(self._flushing)

    async def _flush(self) -> None:
        written = self._written
        try:
            await asyncio.to_thread(os.fsync, self._open.fileno())
        finally:
            self._flushing = None
        self._flushed = written

    @property
    def _open(self) -> io.FileIO:
        if self._file is None:
            raise RuntimeError("the journal is not open")
        return self._file


def _reply(text: str, prompt_tokens: int, completion_tokens: int, finish_reason: str) -> Reply:
    """A reply as it was written. Raises TypeError for a value of another type."""
    counts = isinstance(prompt_tokens, int) and isinstance(completion_tokens, int)
    if not (counts and isinstance(text, str) and isinstance(finish_reason, str)):
        raise TypeError("a reply's fields have other types")
    return Reply(text, prompt_tokens, completion_tokens, finish_reason)
