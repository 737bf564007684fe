"""From faulty answers to the training rows they are most like, and what is the matter with those.

For each fault of the tuned model the nearest training rows of its answers are gathered. A trait,
such as an output without a full stop, is told where it is commoner among them than among all
training rows, by more than chance gives (hypergeometric test, p < 0.01 after Holm's correction).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from train.ask import Answer
from train.evaluate.faults import Found, Judge
from train.evaluate.nearest import Near
from train.evaluate.rows import Source

NEIGHBOURS = 3
FEWEST = 3
"Rows of a finding."
CERTAIN = 0.01
SHOWN = 50


@dataclass(frozen=True)
class Flagged:
    """An answer with its faults, and the training rows that question and answer are most like."""

    question: Source
    answer: Answer
    faults: Found
    near: list[Near]


@dataclass(frozen=True)
class Finding:
    """Of the `near` training rows near answers with a fault, `count` have a trait; of all, `share`.

    `rows` are their ids, at most 50 of them.
    """

    fault: str
    answers: int
    trait: str
    count: int
    rows: list[str]
    near: int
    share: float
    p: float
    documents: list[tuple[str, int]]
    "Where the rows come from, with how many do: the most first."

    @property
    def text(self) -> str:
        """The finding as a sentence."""
        places = ", ".join(f"{count} of {place}" for place, count in self.documents[:3])
        more = f" and {len(self.documents) - 3} more documents" if len(self.documents) > 3 else ""
        return (
            f"{self.fault} ({self.answers} answers): of the {self.near} nearest training rows "
            f"{self.count} have the trait “{self.trait}” ({places}{more}); "
            f"of all training rows {self.share:.1%} do"
        )


def flag(
    judge: Judge, questions: Sequence[Source], answers: Mapping[str, Answer]
) -> dict[str, Flagged]:
    """Each answer's faults; for those with some, the nearest training rows."""
    found = {
        row.id: (row, answers[row.id], judge.answer(row, answers[row.id]))
        for row in questions
        if row.id in answers
    }
    faulty = [key for key, (_, _, faults) in found.items() if faults]
    texts = [f"{found[key][0].instruction}\n{found[key][1].text}" for key in faulty]
    near = dict(zip(faulty, judge.nearest.find(texts, NEIGHBOURS), strict=True))
    return {key: Flagged(*each, near.get(key, [])) for key, each in found.items()}


def findings(flagged: Sequence[Flagged], judge: Judge, train: Sequence[Source]) -> list[Finding]:
    """What the training rows near faulty answers have in common, the surest first."""
    traits: dict[str, set[str]] = {}
    for row in train:
        for trait in judge.training_row(row):
            traits.setdefault(trait, set()).add(row.id)
    rows = {row.id: row for row in train}
    faulty: dict[str, list[Flagged]] = {}
    for each in flagged:
        for fault in each.faults:
            faulty.setdefault(fault, []).append(each)
    candidates = [
        found
        for fault, answers in faulty.items()
        for trait, having in traits.items()
        if (found := _finding(fault, answers, trait, having, rows))
    ]
    return _sure(candidates)


def _finding(
    fault: str, answers: list[Flagged], trait: str, having: set[str], rows: dict[str, Source]
) -> Finding | None:
    from scipy.stats import hypergeom

    near = {each.row.id for answer in answers for each in answer.near}
    hit = sorted(near & having)
    if len(hit) < FEWEST:
        return None
    p = float(hypergeom.sf(len(hit) - 1, len(rows), len(having), len(near)))
    places = Counter(rows[key].place for key in hit).most_common()
    share = len(having) / len(rows)
    shown = hit[:SHOWN]
    return Finding(fault, len(answers), trait, len(hit), shown, len(near), share, p, places)


def _sure(candidates: list[Finding]) -> list[Finding]:
    """Those that stand after Holm's correction for how many were looked at."""
    ordered = sorted(candidates, key=lambda each: each.p)
    for place, each in enumerate(ordered):
        if each.p * (len(ordered) - place) >= CERTAIN:
            return ordered[:place]
    return ordered
