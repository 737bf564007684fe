"""The question of a benchmark's record and its right answer, whatever the benchmark calls them.

A record's shape is told by its keys, as the benchmark's authors, the Hugging Face Hub or
llm-foundry publish it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from curate.text import units

Record = dict[str, Any]
Shape = Callable[[Record], tuple[Any, Any]]
"""Question and right answer of a record; None for an answer that it does not tell."""

ENOUGH = 8
"""Words from which on a question tells its item by itself; a shorter one needs its answer."""

_ROWS = ("instruction", "messages", "conversations")
_LABEL = re.compile(r"\s*Question:\s*")
_LETTERS = "ABCDE"


def shape_of(record: Any) -> Shape | None:
    """How records like this one are read; None for rows, and for what is no benchmark's record."""
    if not isinstance(record, dict) or any(key in record for key in _ROWS):
        return None
    return next((read for keys, read in _SHAPES if record.keys() >= set(keys)), None)


def lettered(row: list[str]) -> bool:
    """Whether this is a row of MMLU without a header: a question, four choices, and A to D."""
    return len(row) == 6 and row[5].strip() in tuple("ABCD")


def item_text(question: str, answer: Any) -> str:
    """The question, with its answer after it where it has too few words."""
    question = question.strip()
    if len(units(question)) < ENOUGH and isinstance(answer, str):
        return f"{question} {answer.strip()}"
    return question


def _foundry(record: Record) -> tuple[Any, Any]:
    query = record["query"]
    if isinstance(query, str):
        query = _LABEL.sub("", query, count=1) if _LABEL.match(query) else query
    return query, _at(record["choices"], record["gold"])


def _choices(record: Record) -> tuple[Any, Any]:
    """ARC and MMLU: the choices beside the question, or within it, as AI2 publishes ARC."""
    asked: Any = record["question"]
    inner = asked if isinstance(asked, dict) else {"stem": asked, "choices": record.get("choices")}
    question, choices = inner.get("stem"), inner.get("choices")
    if "answerKey" not in record:
        return question, _at(choices, record.get("answer"))
    return question, _keyed(choices, record["answerKey"])


def _table(record: Record) -> tuple[Any, Any]:
    choices = [record.get(f"choice{number}") for number in range(len(_LETTERS))]
    return record["question"], _at(choices, record["answer"])


def _targets(record: Record) -> tuple[Any, Any]:
    """TruthfulQA: answers with 1 for the right one, or two lists."""
    targets = record["mc1_targets"]
    if isinstance(targets, dict) and isinstance(targets.get("choices"), list):
        marked: Iterable[Any] = zip(targets["choices"], targets.get("labels") or [], strict=False)
    else:
        marked = targets.items() if isinstance(targets, dict) else []
    return record["question"], next((text for text, mark in marked if mark == 1), None)


def _solutions(record: Record) -> tuple[Any, Any]:
    return record["goal"], _at([record["sol1"], record.get("sol2")], record.get("label"))


def _named(question: str, answer: str) -> Shape:
    return lambda record: (record[question], record[answer])


def _at(choices: Any, index: Any) -> Any:
    """The choice with this number, from 0, or letter."""
    if isinstance(index, str):
        letter = index.strip()
        index = int(letter) if letter.isdecimal() and len(letter) == 1 else _letter(letter)
    known = isinstance(choices, list) and isinstance(index, int) and 0 <= index < len(choices)
    return choices[index] if known else None


def _letter(text: str) -> int:
    return _LETTERS.find(text) if len(text) == 1 else -1


def _keyed(choices: Any, key: Any) -> Any:
    """The choice with this label: of two lists, or of a list of labels with texts."""
    if isinstance(choices, dict):
        labels, texts = choices.get("label") or [], choices.get("text") or []
        pairs = list(zip(labels, texts, strict=False))
    else:
        listed = choices if isinstance(choices, list) else []
        pairs = [(each.get("label"), each.get("text")) for each in listed if isinstance(each, dict)]
    return next((text for label, text in pairs if label == key), None)


_SHAPES: list[tuple[tuple[str, ...], Shape]] = [
    (("query", "choices", "gold"), _foundry),  # llm-foundry
    (("context", "continuation"), _named("context", "continuation")),  # LAMBADA
    (
        ("ctx", "endings"),
        lambda record: (record["ctx"], _at(record["endings"], record.get("label"))),
    ),
    (("goal", "sol1"), _solutions),  # PIQA
    (("question", "mc1_targets"), _targets),  # TruthfulQA
    (("Question", "Best Answer"), _named("Question", "Best Answer")),
    (("question", "best_answer"), _named("question", "best_answer")),
    (("question", "choice0", "answer"), _table),  # MMLU
    (("question", "choices"), _choices),  # MMLU, ARC
    (("question", "answerKey"), _choices),
    (("question", "answer"), _named("question", "answer")),  # GSM8K
]
