"""Outcomes of conversations → rows: candidate pairs, the calls behind each, the ledger."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from curate.generate.inputs import relevant_part, with_input
from curate.generate.prompts import Prompt
from curate.generate.spending import Usage
from curate.generate.task import Candidate, Outcome, Task
from curate.injection import instructs
from curate.schema import LOSS, PAIR
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
    usage: Usage


@dataclass(frozen=True)
class Unit:
    """One passage with one prompt."""

    passage: dict[str, Any]
    prompt: Prompt


@dataclass(frozen=True)
class Made:
    """The rows that came of a unit: pairs, the exchange of each as JSON, its part of the ledger."""

    pairs: list[dict[str, Any]]
    exchanges: list[str]
    losses: list[dict[str, Any]]
    unanswered: bool


def rows_of(unit: Unit, outcome: Outcome, task: Task) -> Made:
    """The rows of one outcome; made as soon as it is there, while others are waited for."""
    made = [_pair(unit, at, one, task) for at, one in enumerate(outcome.candidates)]
    return Made(
        made, _exchanges(outcome.candidates), list(_losses(unit, outcome)), outcome.unanswered
    )


def frames(units: Sequence[Unit], made: Sequence[Made], task: Task, usage: Usage) -> Generated:
    """What became of passages and prompts, as frames."""
    texts: dict[str, str] = {}
    for unit, one in zip(units, made, strict=True):
        if unit.prompt.input == "share":
            usable = (pair["id"] for pair in one.pairs if pair["dropped"] is None)
            texts |= dict.fromkeys(usable, unit.passage["text"])
    chosen = with_input(list(texts), task.options.with_input)
    pairs = [pair for one in made for pair in one.pairs]
    for pair in pairs:
        if pair["id"] in chosen:
            text = texts[pair["id"]]
            pair["input"] = relevant_part(text, pair["instruction"], pair["output"])
    exchanges = [
        {"id": pair["id"], "exchange": exchange}
        for one in made
        for pair, exchange in zip(one.pairs, one.exchanges, strict=True)
    ]
    return Generated(
        pl.DataFrame(pairs, schema=PAIR),
        pl.DataFrame(exchanges, schema=EXCHANGE),
        pl.DataFrame([loss for one in made for loss in one.losses], schema=LOSS),
        sum(one.unanswered for one in made),
        usage,
    )


def _exchanges(candidates: Sequence[Candidate]) -> list[str]:
    """JSON of the calls of each candidate: one text for all that came of the same calls."""
    made: dict[tuple[int, ...], str] = {}
    found = []
    for one in candidates:
        same = tuple(map(id, one.calls))
        if same not in made:
            told = [{"messages": call.messages, "reply": vars(call.reply)} for call in one.calls]
            made[same] = json.dumps(told)
        found.append(made[same])
    return found


def _pair(unit: Unit, ordinal: int, candidate: Candidate, task: Task) -> dict[str, Any]:
    draft, model, passage = candidate.draft, task.teacher.model_name, unit.passage
    span = (passage["document"], passage["start"], passage["end"])
    return {
        "id": digest(*span, unit.prompt.identity, model, ordinal),
        "instruction": draft.instruction,
        "input": draft.input,
        "output": draft.output,
        "kind": "answer",
        "task": unit.prompt.task,
        "document": passage["document"],
        "start": passage["start"],
        "end": passage["end"],
        "prompt": unit.prompt.identity,
        "model": model,
        "run": task.run,
        "dropped": f"parse: {draft.problem}" if draft.problem else None,
        "split": None,
    }


def _losses(unit: Unit, outcome: Outcome) -> Iterator[dict[str, Any]]:
    """The ledger's rows of a passage: one where it gave fewer pairs than asked for, and its flag.

    A pair that has text but cannot be used is among the rejected rows, with its reason.
    """
    drafts = [found.draft for found in outcome.candidates]
    empty = [draft.problem for draft in drafts if not (draft.instruction and draft.output)]
    got = len(drafts) - len(empty)
    row = {
        "stage": "generate",
        "path": unit.passage["path"],
        "passage": unit.passage["id"],
        "asked": outcome.asked,
        "got": got,
    }
    if not got or got < outcome.asked:
        reasons = dict.fromkeys(problem for problem in (outcome.problem, *empty) if problem)
        yield {**row, "reason": "; ".join(reasons)}
    if order := instructs(unit.passage["text"]):
        yield {**row, "reason": f"flagged: it talks to the model: {order[:80]}"}
