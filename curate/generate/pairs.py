"""Passages → candidate pairs: concurrent conversations, every passage accounted for."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial

import polars as pl

from curate.engines.base import Engine
from curate.errors import UsageError
from curate.generate.batches import BatchPipe, settle
from curate.generate.bill import Bill
from curate.generate.conversation import Conversation
from curate.generate.elsewhere import open_on
from curate.generate.journal import Journal
from curate.generate.pipe import Deferred, Halted, Pipe
from curate.generate.rows import Generated, Made, Unit, frames, rows_of
from curate.generate.slots import MOST
from curate.generate.task import Task
from curate.progress import Advance, Progress
from curate.teachers.base import BatchTerms, Teacher


def generate(
    passages: pl.DataFrame,
    task: Task,
    journal: Journal,
    progress: Progress,
    budget: float | None = None,
    *,
    batch: bool = False,
    engine: Engine | None = None,
) -> Generated:
    """Ask the teacher about every passage, with every prompt. Rows come in their order.

    `passages` has the PASSAGE columns and `path`, that of the document. Replies in the journal are
    used before the teacher is, which is opened only where one is missing. `budget` is the most that
    new replies may cost, in USD, of this run and of those of the same `task.run` that were cut
    short before it; what it leaves out is in the ledger. `batch`: calls are made in
    batches, which take hours and cost less. `engine`: whose workers make the calls, if not this
    process.

    Raises TeacherError where no call can succeed, KeyboardInterrupt after Ctrl-C. Either way no new
    call is sent, those under way are waited for, and what was answered stays in the journal. A
    batch goes on at the endpoint, and the next run collects it. Raises UsageError where the teacher
    takes no batches.
    """
    rows = passages.to_dicts()
    units = [Unit(row, prompt) for row in rows for prompt in task.prompts]
    there = engine is not None and engine.rows is not None
    opened = partial(open_on, engine, task.teacher) if engine is not None and there else None
    with Bill(journal.path.with_name("bill.jsonl"), task.run).open() as bill:
        pipe = Pipe(task.teacher, journal, budget, opened, bill)
        if batch:
            terms = batch_terms(task.teacher)
            pipe = BatchPipe(task.teacher, terms, journal, progress, budget, bill)
        run = _Run(units, task, pipe, progress)
        try:
            asyncio.run(run.all())
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None
        if run.failed is not None:
            raise run.failed
        if run.interrupted:
            raise KeyboardInterrupt
    return frames(run.units, run.made, task, run.pipe.usage)


def batch_terms(teacher: Teacher) -> BatchTerms:
    """How a teacher takes batches. Raises UsageError where it takes none."""
    if teacher.batch_terms is None:
        raise UsageError(
            f"--batch: teacher {teacher.name} takes no batches. Leave --batch out, or use "
            "teacher.openai with an endpoint that has OpenAI's Batch API"
        )
    return teacher.batch_terms


class _Run:
    """All conversations of a run, and how it ends before its time."""

    def __init__(self, units: list[Unit], task: Task, pipe: Pipe, progress: Progress) -> None:
        self.units = units
        self.task = task
        self.pipe = pipe
        self.progress = progress
        self.made = [Made([], [], [], unanswered=False) for _ in units]
        self.failed: Exception | None = None
        self.interrupted = False

    async def all(self) -> None:
        """Hold every conversation to its end, in as many rounds as batches take."""
        with self._on_interrupt(), suppress(Halted):
            async with self.pipe:
                await self._rounds()
        usage, budget = self.pipe.usage, self.pipe.budget
        usage.cost = budget.spent if budget.prices else None

    async def _rounds(self) -> None:
        if not isinstance(self.pipe, BatchPipe):
            await settle(self.pipe, self.progress)
            await self._hold(range(len(self.units)))
            return
        await self.pipe.settle()
        left: Sequence[int] = range(len(self.units))
        while (left := await self._hold(left)) and self.failed is None:
            await self.pipe.round()

    async def _hold(self, indices: Sequence[int]) -> list[int]:
        """Hold conversations, more of them at once than calls, so that no place is empty.

        Gives those that a batch has to bring replies for.
        """
        workers = min(2 * (self.pipe.limits.concurrency or MOST), len(indices))
        waiting, deferred = iter(indices), list[int]()
        with self.progress.bar("generate", len(indices)) as advance:
            async with asyncio.TaskGroup() as group:
                for _ in range(workers):
                    group.create_task(self._work(waiting, deferred, advance))
        return sorted(deferred)

    async def _work(self, waiting: Iterable[int], deferred: list[int], advance: Advance) -> None:
        for index in waiting:
            unit = self.units[index]
            talk = Conversation(unit.passage, unit.prompt, self.task, self.pipe)
            try:
                outcome = await talk.ask()
            except Deferred:
                deferred.append(index)
                continue
            except Halted:
                return
            except Exception as error:  # whatever it is, what is under way is kept
                self.failed = self.failed or error
                self.pipe.halt()
                return
            self.made[index] = rows_of(unit, outcome, self.task)
            advance(1, fresh=outcome.fresh, told=self._told())
            await asyncio.sleep(0)

    def _told(self) -> str:
        usage, budget = self.pipe.usage, self.pipe.budget
        tokens = usage.new_prompt_tokens + usage.new_completion_tokens
        parts = [f"{usage.requests} requests", f"{tokens / 1000:.0f}k tokens"]
        if budget.prices and budget.spent:
            most = f" of ${budget.most - budget.before:g}" if budget.most is not None else ""
            parts.append(f"${budget.spent:.2f}{most}")
        if usage.retries:
            parts.append(f"{usage.retries} retries")
        return ", ".join(parts)

    @contextmanager
    def _on_interrupt(self) -> Iterator[None]:
        """Let the first Ctrl-C (or SIGTERM) end the run in order, and the second at once."""
        loop, main = asyncio.get_running_loop(), asyncio.current_task()
        signals = (signal.SIGINT, signal.SIGTERM)

        def stop() -> None:
            if self.interrupted and main is not None:
                main.cancel()
                return
            self.interrupted = True
            self.pipe.halt()
            self.progress.note(self.pipe.stopping)

        try:
            for number in signals:
                loop.add_signal_handler(number, stop)
        except (NotImplementedError, RuntimeError, ValueError):  # not the main thread, or Windows
            yield
            return
        try:
            yield
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None
        finally:
            for number in signals:
                loop.remove_signal_handler(number)
