"""What a recipe would ask of its teacher, without asking.

Tokens read are estimated from the very texts that would be sent. Tokens written are what pairs of
their kind take on the average. Where the recipe has run before with the same prompts and options,
that run's averages stand for both, and for the seconds a call takes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from curate.generate.conversation import json_request, values
from curate.generate.focus import focuses
from curate.generate.prompts import Prompt, named
from curate.generate.slots import START
from curate.generate.spending import TURN, prompt_tokens
from curate.generate.task import Task
from curate.injection import instructs
from curate.tokens import count_tokens

_QUESTION = 15  # tokens of a question that a small model writes
_PAIR = 75  # of a pair in JSON: some 20 of instruction, 40 of output, and the signs around them
_ANSWER = 60  # of an answer to a given instruction
_ENOUGH = 20  # requests of a run that tell of the next
_SHAPING = ("pairs", "passage_tokens", "max_tokens")


@dataclass(frozen=True)
class Forecast:
    """Counts of what a run would do.

    `completion_tokens` is what is expected, `most_completion_tokens` what the options allow. `cost`
    is in USD, None without prices; `seconds` is a rough guess unless `measured`, by an earlier run.
    `flagged` passages talk to the model.
    """

    documents: int
    passages: int
    flagged: int
    requests: int
    pairs: int
    prompt_tokens: int
    completion_tokens: int
    most_completion_tokens: int
    cost: float | None
    most_cost: float | None
    seconds: float
    measured: bool


@dataclass(frozen=True)
class Experience:
    """What a request took on the average in an earlier run: tokens read and written, seconds."""

    read: float
    written: float
    seconds: float | None

    @classmethod
    def of(cls, facts: Mapping[str, Any] | None, task: Task) -> Experience | None:
        """From the facts of a run; None where it was too small, or of other prompts or options."""
        if facts is None or facts["prompt"] != named(task.prompts):
            return None
        usage, options = facts["usage"], facts["recipe"]["generate"]
        count = usage["requests"] + usage["reused"]
        same = all(options[name] == getattr(task.options, name) for name in _SHAPING)
        if not same or count < _ENOUGH or facts["models"] != [task.teacher.model_name]:
            return None
        seconds = usage["seconds"] / usage["requests"] if usage["seconds"] else None
        return cls(usage["prompt_tokens"] / count, usage["completion_tokens"] / count, seconds)


@dataclass(frozen=True)
class _Call:
    """A call that would be made: pairs it brings; tokens read, expected, and at most written."""

    pairs: int
    read: int
    written: int
    most: int


def forecast(passages: pl.DataFrame, task: Task, before: Experience | None = None) -> Forecast:
    """Foresee the calls about some passages (PASSAGE rows). Tokens are estimated."""
    rows = passages.to_dicts()
    calls = [call for prompt in task.prompts for call in _calls(rows, prompt, task)]
    read, written = sum(call.read for call in calls), sum(call.written for call in calls)
    most, each = sum(call.most for call in calls), task.teacher.seconds
    if before is not None:
        read, written = round(before.read * len(calls)), round(before.written * len(calls))
        each = each if before.seconds is None else before.seconds
    prices = task.teacher.prices
    return Forecast(
        documents=passages["document"].n_unique(),
        passages=passages.height,
        flagged=sum(bool(instructs(row["text"])) for row in rows),
        requests=len(calls),
        pairs=sum(call.pairs for call in calls),
        prompt_tokens=read,
        completion_tokens=min(written, most),
        most_completion_tokens=most,
        cost=prices.cost(read, written) if prices else None,
        most_cost=prices.cost(read, most) if prices else None,
        seconds=round(len(calls) * each / (task.teacher.limits.concurrency or START), 1),
        measured=before is not None and before.seconds is not None,
    )


def _calls(rows: list[dict[str, Any]], prompt: Prompt, task: Task) -> Iterator[_Call]:
    most, wanted = task.options.max_tokens, task.options.pairs
    lessons = {
        text: prompt_tokens(prompt.lesson(text, answer))
        for text, answer in (("ask", "question"), ("answer", "answer"))
        if prompt.protocol == "two-step" and text in prompt.texts
    }

    def call(text: str, filled: dict[str, str], pairs: int, written: int) -> _Call:
        read = lessons[text] + TURN + count_tokens(prompt.fill(text, filled))
        return _Call(pairs, read, min(written, most), most)

    for row in rows:
        filled = values(row, task.topic, task.options)
        if prompt.protocol == "json":
            texts = (prompt.fill("system", filled), json_request(prompt, filled, row["id"]))
            read = sum(count_tokens(text) + TURN for text in texts)
            excerpts = wanted * min(_PAIR, count_tokens(row["text"])) * (prompt.input == "excerpt")
            yield _Call(wanted, read, min(_PAIR, most) * wanted + excerpts, most * wanted)
        elif prompt.instructions:
            for turn in range(min(wanted, len(prompt.instructions))):
                asked = {"focus": filled["passage"], "question": prompt.instruction(turn, filled)}
                yield call("answer", {**filled, **asked}, 1, _ANSWER)
        else:
            begun_only = task.options.begun_only
            for focus in focuses(row["text"], row["heading"], wanted, begun_only=begun_only):
                starter = {"starter": focus.starter, "question": focus.starter}
                asked = {**filled, "focus": focus.sentence, **starter}
                yield call("ask", asked, 0, _QUESTION)
                yield call("answer", asked, 1, count_tokens(focus.sentence))
