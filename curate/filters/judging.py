"""Ask a teacher about many cases at once; every reply is on disk before anything looks at it.

`judge` needs no more than something with `complete`: the pipe of a generation would do. `Kept` is
the simple one for a measure by itself: a teacher, a journal, retries, and the teacher's limits but
for `tokens_per_minute`.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from aiolimiter import AsyncLimiter
from filelock import FileLock, Timeout

from curate.disk import flush, whole_lines
from curate.errors import CurateError, LockedError, TeacherError
from curate.teachers.asking import tried
from curate.teachers.base import CallOptions, Message, Reply, Session, Teacher
from curate.text import digest

PLACES = 8
"""Calls under way at once, where the teacher leaves the number open."""


@asynccontextmanager
async def kept(teacher: Teacher, journal: Path) -> AsyncIterator[Kept]:
    """A teacher whose replies are in a file; opened with the first call that the file lacks.

    Raises LockedError where another process has the file, CurateError where it is damaged.
    """
    journal.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(journal.with_suffix(".lock"), timeout=0):
            known = _read(journal)
            with journal.open("ab", buffering=0) as file:
                flush(journal.parent)
                async with AsyncExitStack() as stack:
                    yield Kept(teacher, file, known, stack)
    except Timeout as error:
        raise LockedError(
            f"Another run keeps replies in {journal}. Wait for it to end, or stop it."
        ) from error


def _read(journal: Path) -> dict[str, Reply]:
    found: dict[str, Reply] = {}
    for number, line in whole_lines(journal):
        try:
            entry = json.loads(line)
            found[entry["key"]] = Reply(**entry["reply"])
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise CurateError(
                f"{journal}:{number} is damaged ({error}). The replies around it are paid for, so "
                "nothing was changed: repair or remove that line."
            ) from error
    return found


@dataclass
class Kept:
    """Calls to a teacher, each made once: a session that remembers. Made by `kept`."""

    teacher: Teacher
    file: BinaryIO
    known: dict[str, Reply]
    stack: AsyncExitStack
    _opening: asyncio.Lock = field(default_factory=asyncio.Lock)
    _session: Session | None = None

    def __post_init__(self) -> None:
        limits = self.teacher.limits
        self._timeout = limits.timeout
        self._places = asyncio.Semaphore(limits.concurrency or PLACES)
        most = limits.requests_per_minute
        self._turns = AsyncLimiter(1, 60 / most) if most else None

    async def complete(self, messages: list[Message], options: CallOptions) -> Reply:
        """The stored reply to a call, or the teacher's, stored first. Raises TeacherError."""
        key = digest(self.teacher.endpoint, messages, vars(options), size=32)
        if key not in self.known:
            self.known[key] = await tried(
                self._attempt, key, messages, options, tries=self.teacher.limits.tries
            )
        return self.known[key]

    async def _attempt(self, key: str, messages: list[Message], options: CallOptions) -> Reply:
        async with self._opening:
            if self._session is None:
                self._session = await self.stack.enter_async_context(self.teacher.open())
        began = time.monotonic()
        async with self._places:
            if self._turns is not None:
                await self._turns.acquire()
            try:
                async with asyncio.timeout(self._timeout):
                    reply = await self._session.complete(messages, options)
            except TimeoutError as error:
                what = f"no reply within {self._timeout:g} s"
                raise TeacherError(what, passing=True) from error
        entry = {
            "key": key,
            "endpoint": self.teacher.endpoint,
            "messages": messages,
            "options": vars(options),
            "reply": vars(reply),
            "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "seconds": round(time.monotonic() - began, 3),
        }
        self._write(json.dumps(entry).encode() + b"\n")
        return reply

    def _write(self, line: bytes) -> None:
        """Append a whole line, on the disk on return, or leave the file as it was."""
        whole = self.file.seek(0, os.SEEK_END)
        try:
            while line:
                line = line[self.file.write(line) :]
            os.fsync(self.file.fileno())
        except OSError as error:
            self.file.truncate(whole)
            raise CurateError(
                f"could not write {self.file.name}: {error.strerror}. All replies before this one "
                "are kept; make room and run the same command again."
            ) from error
