"""Passages → candidate pairs: concurrent conversations, every passage accounted for."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from curate.generate.calls import Candidate, Conversation, Lazy, Outcome, Task
from curate.generate.inputs import relevant_part, with_input
from curate.generate.journal import Journal
from curate.progress import Advance
from curate.schema import LOSS, PAIR
from curate.teachers.base import Session
from curate.text import digest

EXCHANGE = pl.Schema({"id": pl.String, "exchange": pl.String})  # PAIR.id → JSON of its calls


@dataclass(frozen=True)
class Generated:
    """What generation gave: `pairs` (PAIR), `exchanges` (EXCHANGE), `losses` (LOSS).

    `unanswered` counts the passages on which the teacher failed: asking again may help them.
    """

    pairs: pl.DataFrame
    exchanges: pl.DataFrame
    losses: pl.DataFrame
    unanswered: int


def generate(passages: pl.DataFrame, task: Task, journal: Journal, advance: Advance) -> Generated:
    """Ask the teacher about every passage; `advance(1)` after each. Rows come in their order.

    `passages` has the PASSAGE columns and `path`, that of the document. Replies in the journal are
    used before the teacher is, which is opened only where one is missing. Raises TeacherError
    where no call can succeed; what was answered stays in the journal.
    """
    rows = passages.to_dicts()
    try:
        outcomes = asyncio.run(_converse(rows, task, journal, advance))
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None
    return _frames(rows, outcomes, task)


async def _converse(
    rows: list[dict[str, Any]], task: Task, journal: Journal, advance: Advance
) -> list[Outcome]:
    outcomes = [Outcome() for _ in rows]
    waiting = iter(range(len(rows)))

    async def work(session: Session) -> None:
        for index in waiting:
            outcomes[index] = await Conversation(rows[index], task, journal, session).ask()
            advance(1, outcomes[index].fresh)

    async with Lazy(task.teacher) as session, asyncio.TaskGroup() as group:
        for _ in range(min(task.teacher.concurrency, len(rows))):
            group.create_task(work(session))
    return outcomes


def _frames(rows: list[dict[str, Any]], outcomes: list[Outcome], task: Task) -> Generated:
    pairs, exchanges, losses = [], [], []
    texts: dict[str, str] = {}
    for passage, outcome in zip(rows, outcomes, strict=True):
        for ordinal, candidate in enumerate(outcome.candidates):
            pair = _pair(passage, ordinal, candidate, task)
            pairs.append(pair)
            texts[pair["id"]] = passage["text"]
            calls = [asdict(call) for call in candidate.calls]
            exchanges.append({"id": pair["id"], "exchange": json.dumps(calls)})
        if loss := _loss(passage, outcome):
            losses.append(loss)
    usable = [pair for pair in pairs if pair["dropped"] is None]
    chosen = with_input([pair["id"] for pair in usable], task.options.with_input)
    for pair in usable:
        if pair["id"] in chosen:
            text = texts[pair["id"]]
            pair["input"] = relevant_part(text, pair["instruction"], pair["output"])
    return Generated(
        pl.DataFrame(pairs, schema=PAIR),
        pl.DataFrame(exchanges, schema=EXCHANGE),
        pl.DataFrame(losses, schema=LOSS),
        sum(outcome.unanswered for outcome in outcomes),
    )


def _pair(
    passage: dict[str, Any], ordinal: int, candidate: Candidate, task: Task
) -> dict[str, Any]:
    draft, model = candidate.draft, task.teacher.model_name
    span = (passage["document"], passage["start"], passage["end"])
    return {
        "id": digest(*span, task.prompt.identity, model, ordinal),
        "instruction": draft.instruction,
        "input": "",
        "output": draft.output,
        "kind": "answer",
        "task": task.prompt.task,
        "document": passage["document"],
        "start": passage["start"],
        "end": passage["end"],
        "prompt": task.prompt.identity,
        "model": model,
        "run": task.run,
        "dropped": f"parse: {draft.problem}" if draft.problem else None,
        "split": None,
    }


def _loss(passage: dict[str, Any], outcome: Outcome) -> dict[str, Any] | None:
    """The ledger's row of a passage that gave fewer pairs than asked for, or none.

    A pair that has text but cannot be used is among the rejected rows, with its reason.
    """
    drafts = [found.draft for found in outcome.candidates]
    empty = [draft.problem for draft in drafts if not (draft.instruction and draft.output)]
    got = len(drafts) - len(empty)
    if got and got >= outcome.asked:
        return None
    reasons = dict.fromkeys(problem for problem in (outcome.problem, *empty) if problem)
    return {
        "stage": "generate",
        "path": passage["path"],
        "passage": passage["id"],
        "asked": outcome.asked,
        "got": got,
        "reason": "; ".join(reasons),
    }
