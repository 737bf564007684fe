"""What an evaluation leaves in RUN/evaluation/.

evaluation.json   the table, faults, findings, options, notes; written last
answers.jsonl     a line a question: reference, both answers, their scores and faults
items.jsonl       a line a benchmark item: what both models scored
report.html       the same as a page
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

from train.evaluate.compare import Line
from train.evaluate.evaluation import SIDES, Evaluation
from train.evaluate.faults import FAULTS
from train.evaluate.findings import Flagged
from train.evaluate.stats import sign_test

FOLDER = "evaluation"
RESULT, ANSWERS, ITEMS, PAGE = "evaluation.json", "answers.jsonl", "items.jsonl", "report.html"
PACKAGES = ("torch", "transformers", "lm_eval", "rouge_score", "scikit-learn", "pyspellchecker")

Json = dict[str, Any]


def write(found: Evaluation) -> Path:
    """Write all files; each takes the place of an older one only when it is whole."""
    from train.evaluate.page import page

    folder = found.run / FOLDER
    folder.mkdir(exist_ok=True)
    _replace(folder / ANSWERS, _lines(answers(found)))
    _replace(folder / ITEMS, _lines(items(found)))
    _replace(folder / PAGE, page(found))
    text = json.dumps(result(found), indent=2, ensure_ascii=False, allow_nan=False)
    _replace(folder / RESULT, text + "\n")
    return folder


def result(found: Evaluation) -> Json:
    """The evaluation as JSON."""
    return {
        "run": str(found.run),
        "base": found.record.base,
        "dataset": asdict(found.record.dataset),
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "seconds": round(found.seconds, 1),
        "questions": len(found.questions),
        "table": [_line(line) for line in found.lines],
        "faults": faults(found),
        "findings": [asdict(each) for each in found.findings],
        "refusals_told_apart": found.refusals,
        "notes": found.notes,
        "options": json.loads(json.dumps(asdict(found.options), default=str)),
        "packages": dict(_packages()),
    }


def _line(line: Line) -> Json:
    flags = {"verdict": line.verdict, "both_at_chance": line.both_at_chance}
    return {**asdict(line), **flags}


def faults(found: Evaluation) -> list[Json]:
    """For each fault how many answers of base and tuned have it, and the sign test between them."""
    base, tuned = (found.flagged[side] for side in SIDES)
    both = [(base[key].faults, tuned[key].faults) for key in base if key in tuned]
    table = []
    for fault in FAULTS:
        pairs = [(fault in one, fault in two) for one, two in both]
        came, went = pairs.count((False, True)), pairs.count((True, False))
        counts = {side: sum(pair[place] for pair in pairs) for place, side in enumerate(SIDES)}
        of = {"of": len(pairs), "came": came, "went": went, "p": sign_test(came, went)}
        table.append({"fault": fault, **counts, **of})
    return table


def answers(found: Evaluation) -> Iterator[Json]:
    """A record for each question that a model answered."""
    for row in found.questions:
        sides = {side: _answer(found, side, row.id) for side in SIDES}
        yield {
            "id": row.id,
            "question": row.instruction,
            "input": row.input,
            "reference": row.output,
            "kind": row.kind,
            "document": row.place if row.document else "",
            **sides,
        }


def _answer(found: Evaluation, side: str, key: str) -> Json | None:
    answered = found.parts[side].answered.get(key)
    if answered is None:
        return None
    flagged = found.flagged[side][key]
    return {
        "answer": answered.answer.text,
        "tokens": answered.answer.tokens,
        "finished": answered.answer.finished,
        "scores": answered.scores,
        "faults": flagged.faults,
        "near": near(flagged),
    }


def near(flagged: Flagged) -> list[Json]:
    """The training rows near a faulty answer, with where they come from and what they scored."""
    return [
        {
            "id": each.row.id,
            "likeness": round(each.likeness, 4),
            "instruction": each.row.instruction,
            "output": each.row.output,
            "document": each.row.place,
            "title": each.row.title,
            "scores": {key: value for key, value in each.row.scores.items() if value == value},
        }
        for each in flagged.near
    ]


def items(found: Evaluation) -> Iterator[Json]:
    """A record for each benchmark item."""
    for name, base in found.items["base"].items():
        for one, two in zip(base, found.items["tuned"][name], strict=True):
            where = {"benchmark": name, "task": one.task, "item": one.item, "chance": one.chance}
            yield {**where, "base": one.scores, "tuned": two.scores}


def _packages() -> Iterator[tuple[str, str]]:
    for name in PACKAGES:
        try:
            yield name, installed(name)
        except PackageNotFoundError:
            continue


def _lines(records: Iterable[Json]) -> str:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def _replace(path: Path, text: str) -> None:
    """Write a file beside its place and move it there. Lone surrogates become question marks."""
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8", errors="replace")
    os.replace(part, path)
