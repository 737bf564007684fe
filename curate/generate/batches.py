"""The way to a teacher through batches: rounds of calls that are submitted, waited for and kept.

All conversations are held with what the journal knows. Where a reply is missing, the call waits
for the next round and the conversation with it. A round submits the waiting calls, looks at the
batches until they end, and puts every reply into the journal, under the very key of a direct call.
Then the conversations are held again: an answer needs its question first.

Nothing is paid twice: a batch is on disk before it is submitted (`batch_store`), and one that was
submitted but not noted is found by its name at the endpoint.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from typing import Any

from curate.errors import CurateError, TeacherError
from curate.generate.batch_results import Results
from curate.generate.batch_store import Store, Stored
from curate.generate.bill import Bill
from curate.generate.journal import Journal
from curate.generate.pipe import Deferred, Halted, Pipe
from curate.generate.spending import Budget
from curate.progress import Progress
from curate.teachers.base import (
    Batch,
    BatchCall,
    BatchSession,
    BatchTerms,
    CallOptions,
    Message,
    Prices,
    Reply,
    Teacher,
)

_PATIENCE = 20  # looks in a row that may fail: a batch takes up to a day, a network has gaps
_BYTES = 100_000_000  # of a batch's file


class BatchPipe(Pipe):
    """Calls to a teacher in batches. What cannot be answered yet is Deferred until `round`."""

    def __init__(
        self,
        teacher: Teacher,
        terms: BatchTerms,
        journal: Journal,
        progress: Progress,
        budget: float | None = None,
        bill: Bill | None = None,
    ) -> None:
        super().__init__(teacher, journal, budget, bill=bill)
        if teacher.prices is not None:
            full, share = teacher.prices, terms.price
            self.budget = Budget(budget, Prices(full.input * share, full.output * share), bill)
        self.terms = terms
        self.progress = progress
        self.store = Store(journal.path.parent, journal.endpoint)
        self.waiting: dict[str, BatchCall] = {}
        self.results = Results(self, self.store, progress)
        self._api: BatchSession | None = None
        self._unseen = 0

    @property
    def stopping(self) -> str:
        """What to tell those who stop the run."""
        return f"Stopping. {self._going_on()}".strip()

    async def complete(self, messages: list[Message], options: CallOptions) -> Reply:
        """The stored reply to a call. Raises Deferred where a batch has yet to bring it.

        Raises TeacherError where batches did not, Halted where the run is stopping.
        """
        key = self.journal.key(messages, options)
        known = self.journal.find(key)
        if known is not None:
            self.results.count(key, known)
            return known
        self.results.check(key)
        if self.halted:
            raise Halted
        self.waiting[key] = BatchCall(messages, options)
        raise Deferred

    async def settle(self, *, alone: bool = False) -> None:
        """Keep what ended batches of earlier runs brought.

        Raises CurateError where one is still under way and this run would ask `alone`, without
        waiting for it, and so pay for its calls again.
        """
        if self.store.under_way:
            await self._told(self._settle(alone))

    async def round(self) -> None:
        """Answer the waiting calls through batches.

        Raises TeacherError where that cannot be, and Halted at once when the run is stopping.
        """
        await self._told(self._round())

    async def _told(self, steps: Coroutine[Any, Any, None]) -> None:
        """Cut off at any step: what was submitted or kept is on disk or found again."""
        try:
            await self.until_halted(steps)
        except CurateError:
            if going_on := self._going_on():
                self.progress.note(going_on)
            raise

    def _going_on(self) -> str:
        ids = ", ".join(stored.id for stored in self.store.under_way if stored.id)
        if not ids:
            return ""
        return f"Batch {ids} goes on at the endpoint; the same command collects it."

    async def _settle(self, alone: bool) -> None:
        api = await self._batches()
        for stored in list(self.store.under_way):
            if not stored.id:
                found = await self.tried(api.find, stored.name, self.store.ended)
                if found is None:
                    self.store.end(stored, "never submitted")
                    continue
                self.store.submitted(stored, found.id)
            batch = await self._look(api, stored)
            told = f"Batch {stored.id} ({batch.done} of {len(stored.calls)} requests done)"
            if batch.ended:
                await self.results.merge(api, stored, batch)
            elif alone:
                raise CurateError(
                    f"{told} is still under way: asking now would pay for its calls twice. Run "
                    "the same command with --batch to collect it, or cancel it at the endpoint: "
                    "what it answered is kept then, and the rest asked for."
                )
            else:
                self.progress.note(f"{told} is still under way.")

    async def _round(self) -> None:
        api = await self._batches()
        self.results.begin()
        for part, lines in self._parts(api, self._affordable()):
            stored = self.store.begin(part, api.left_out)
            batch = await self.tried(api.submit, stored.name, lines, self.store.ended)
            self._answers += 1
            self.store.submitted(stored, batch.id)
            self.progress.note(f"Batch {batch.id}: {len(part)} requests submitted.")
        await self._wait(api)
        self.waiting.clear()
        self.results.require()

    def _affordable(self) -> dict[str, BatchCall]:
        """The waiting calls that no batch under way has, as many as the budget allows for."""
        budget, before = self.budget, [stored.calls for stored in self.store.under_way]
        fresh = {k: v for k, v in self.waiting.items() if not any(k in calls for calls in before)}
        if budget.most is None:
            return fresh
        held = sum(budget.worst(v.messages, v.options) for calls in before for v in calls.values())
        left, chosen = budget.most - budget.before - budget.spent - held, {}
        for key, call in fresh.items():
            cost = budget.worst(call.messages, call.options)
            if cost <= left:
                left -= cost
                chosen[key] = call
            else:
                self.results.lost[key] = budget.reached()
        return chosen

    def _parts(
        self, api: BatchSession, calls: dict[str, BatchCall]
    ) -> Iterator[tuple[dict[str, BatchCall], bytes]]:
        """Calls and their lines, as much at a time as a batch takes.

        In the order of their keys: so the same calls fall into the same batches again.
        """
        part: dict[str, BatchCall] = {}
        lines = bytearray()
        for key in sorted(calls):
            line = api.line(key, calls[key])
            if part and (len(part) == self.terms.size or len(lines) + len(line) > _BYTES):
                yield part, bytes(lines)
                part, lines = {}, bytearray()
            part[key] = calls[key]
            lines += line
        if part:
            yield part, bytes(lines)

    async def _wait(self, api: BatchSession) -> None:
        """Look at the batches that have waiting calls until they end; keep what each brought."""
        mine = [one for one in self.store.under_way if one.calls.keys() & self.waiting.keys()]
        done, shown = {one.name: 0 for one in mine}, 0
        with self.progress.bar("batch", sum(len(one.calls) for one in mine)) as advance:
            while mine:
                for stored in list(mine):
                    batch, most = await self._seen(api, stored), len(stored.calls)
                    if batch is None:
                        continue
                    done[stored.name] = most if batch.ended else min(batch.done, most)
                    if batch.ended:
                        await self.results.merge(api, stored, batch)
                        mine.remove(stored)
                    now = max(shown, sum(done.values()))
                    advance(now - shown, told=batch.status)
                    shown = now
                if mine:
                    await asyncio.sleep(self.terms.poll)

    async def _seen(self, api: BatchSession, stored: Stored) -> Batch | None:
        """Where a batch stands; None where the endpoint cannot tell at present."""
        try:
            batch = await self._look(api, stored)
        except TeacherError as error:
            self._unseen += 1
            if error.fatal or self._unseen > _PATIENCE:
                raise
            return None
        self._unseen = 0
        return batch

    async def _look(self, api: BatchSession, stored: Stored) -> Batch:
        batch = await self.tried(api.look, stored.id)
        self._answers += 1
        if batch is None:
            raise CurateError(
                f"{self.teacher.endpoint} knows no batch {stored.id}. Is the key that of another "
                f"project? To give the batch up, remove {self.store.path}; its calls are made anew."
            )
        return batch

    async def _batches(self) -> BatchSession:
        if self._api is None:
            self._api = await self._stack.enter_async_context(self.teacher.open_batches())
            for stored in self.store.under_way:
                self._api.left_out.update(stored.left_out)
        return self._api


async def settle(pipe: Pipe, progress: Progress) -> None:
    """Before a run that asks directly: keep what ended batches of earlier runs brought.

    Raises CurateError where one is still under way.
    """
    if (terms := pipe.teacher.batch_terms) is not None:
        bill = pipe.budget.bill
        async with BatchPipe(pipe.teacher, terms, pipe.journal, progress, bill=bill) as batches:
            await batches.settle(alone=True)
        pipe.budget.spent += batches.budget.spent
