"""What batches bring: replies for the journal, and calls to be made again or given up."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from tempfile import TemporaryFile

from curate.errors import TeacherError
from curate.generate.batch_store import Store, Stored
from curate.generate.pipe import Pipe
from curate.progress import Progress
from curate.teachers.base import Batch, BatchCall, BatchSession, Reply

_TRIES = 3  # batches that a call may fail in
_SPARE, _EACH = 50_000_000, 250_000  # bytes of a file of results: of all, and more for each call
_TOGETHER = 256  # replies that share a flush of the journal


class Results:
    """Puts the results of batches where they belong. `lost` are the calls that were given up."""

    def __init__(self, pipe: Pipe, store: Store, progress: Progress) -> None:
        self.pipe = pipe
        self.store = store
        self.progress = progress
        self.lost: dict[str, TeacherError] = {}
        self._tries: dict[str, int] = {}
        self._counted: set[str] = set()
        self._brought = False
        self._refused = ""

    def count(self, key: str, reply: Reply) -> None:
        """Count a reply that the journal had, once, however many rounds ask for it."""
        if key not in self._counted:
            self._counted.add(key)
            self.pipe.usage.reuse(reply)

    def check(self, key: str) -> None:
        """Raise the TeacherError of a call that was given up."""
        if (error := self.lost.get(key)) is not None:
            raise type(error)(str(error), fatal=error.fatal)

    def begin(self) -> None:
        """Begin a round."""
        self._brought, self._refused = False, ""

    def require(self) -> None:
        """Raise TeacherError where the endpoint refused every batch of a round.

        Where it took some, it may take the others once those are done: it has a bound for all.
        """
        if self._refused and not self._brought:
            raise TeacherError(self._refused, fatal=True)
        if self._refused:
            self.progress.note(f"{self._refused}. Its calls are made again.")

    async def merge(self, api: BatchSession, stored: Stored, batch: Batch) -> None:
        """Keep what an ended batch brought. Calls that it has no reply to are made again."""
        if batch.status == "failed":
            size = f"teacher.{self.pipe.teacher.name}.batch_size sets how many calls are in one"
            self._refused = f"batch {batch.id} was refused: {batch.reason} ({size})"
            self.store.end(stored, batch.status)
            return
        self._brought = True
        missing = dict(stored.calls)
        for file in batch.files:
            with TemporaryFile() as copy:
                most = _SPARE + _EACH * len(stored.calls)
                await self.pipe.tried(api.download, file, most, copy)
                results = api.results(copy, stored.calls, stored.left_out)
                await self._keep(results, missing)
        for key in missing:
            self._fail(key, TeacherError(f"no reply ({batch.status})", passing=True))
        self.store.end(stored, batch.status)

    async def _keep(
        self,
        results: Iterable[tuple[str, Reply | TeacherError | None]],
        missing: dict[str, BatchCall],
    ) -> None:
        """Put replies into the journal, and take the calls that have a result off the missing."""
        replies: list[tuple[str, BatchCall, Reply]] = []
        for key, result in results:
            call = missing.pop(key, None)
            if call is None:
                continue
            if isinstance(result, TeacherError):
                self._fail(key, result)
            elif result is not None:
                replies.append((key, call, result))
            if len(replies) == _TOGETHER:
                await asyncio.gather(*(self._answer(*reply) for reply in replies))
                replies.clear()
        await asyncio.gather(*(self._answer(*reply) for reply in replies))

    async def _answer(self, key: str, call: BatchCall, reply: Reply) -> None:
        pipe = self.pipe
        if pipe.journal.find(key) is None:
            pipe.budget.book(call.messages, call.options, reply)
            await pipe.journal.append(key, call.messages, call.options, reply, 0.0)
            self._counted.add(key)
            pipe.usage.add(reply, 0.0)

    def _fail(self, key: str, error: TeacherError) -> None:
        """Give a call up, unless it may be answered in the next round."""
        tries = self._tries[key] = self._tries.get(key, 0) + 1
        if error.passing and tries < _TRIES:
            self.pipe.usage.retries += 1
            return
        times = f" after {tries} tries" if error.passing else ""
        self.lost[key] = TeacherError(f"batch: {error}{times}", fatal=error.fatal)
