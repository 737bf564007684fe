"""A teacher's session on the workers of an engine; all that is global stays with the `Pipe`.

A worker makes single attempts. Journal, budget, limits, places and retries are where the run was
started, as without workers: there is one of each, a reply is on that disk before anything looks at
it, and a run on one machine finds what one on many has paid for, and the other way round. With a
worker are lost the calls that were under way on it, which are made again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from curate.engines.base import Engine, Host
from curate.errors import TeacherError
from curate.teachers.base import CallOptions, Message, Reply, Teacher


@dataclass(frozen=True)
class _Session:
    call: Host

    async def complete(self, messages: list[Message], options: CallOptions) -> Reply:
        """One attempt of some worker. Raises TeacherError."""
        try:
            reply: Reply = await self.call(messages, options)
        except ConnectionRefusedError as error:
            raise TeacherError(str(error), fatal=True) from error
        except ConnectionError as error:  # it may have been answered, and be billed
            raise TeacherError(str(error), passing=True, billed=True) from error
        return reply


@asynccontextmanager
async def open_on(engine: Engine, teacher: Teacher) -> AsyncIterator[_Session]:
    """A session of a teacher that each worker opens for itself."""
    async with engine.host(teacher.open, "complete") as call:
        yield _Session(call)
