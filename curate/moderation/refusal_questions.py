"""Questions to turn down: fillings of the seeds that the documents do not answer.

Near misses are the questions of the fields nearest to the documents, the others are far off. How
near a field is say its nearer seeds: the mean `Topic.score` of the lower half, without the lowest.
Questions come in turns: one of each seed, then a second of each, and so on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from string import Template

import numpy as np

from curate.moderation.refusal_seeds import SORTS, Seed, Seeds
from curate.moderation.topic import Topic
from curate.text import digest, folded

STRICT = 0.6
"""`Topic.score` from which on a question is surely not one that the documents answer.

Nor must it hold a word that the documents dwell on: "Do you like cats?" is no small talk where they
are about cats, and "Who invented JavaScript?" no near miss where they are about JavaScript.
"""

_NEAREST = 2  # fields that near misses come from, at most
_BESIDE = 0.05  # how much farther than the nearest the second may be
_FRAMED = 0.4  # share of questions that stand in a frame
_ROUNDS = 3  # times that a filling may come, each in another frame


@dataclass(frozen=True)
class Question:
    """A question to turn down, the manner of its answer, its seed, and who made it.

    `bare` is the text without its frame.
    """

    sort: str
    manner: str
    seed: str
    text: str
    bare: str
    model: str = "seeds"


@dataclass(frozen=True)
class _Source:
    """The questions of one seed, and how early they come."""

    rank: tuple[int, str]
    manner: str
    seed: str
    texts: tuple[str, ...]
    model: str = "seeds"


def questions(
    seeds: Seeds,
    topic: Topic,
    number: int,
    known: frozenset[str] = frozenset(),
    further: Mapping[str, Sequence[str]] | None = None,
    model: str = "",
) -> dict[str, Iterator[Question]]:
    """For each sort its questions, as many as there are, in an order that `number` decides.

    `known` has texts (folded) that must not come again. `further` questions of each sort, made by a
    teacher of the name `model`, come before those of the seeds, and each is a seed of its own.
    """
    sources: dict[str, list[_Source]] = {sort: [] for sort in SORTS}
    for sort, texts in (further or {}).items():
        sources[sort] += _made(sort, texts, topic, number, model)
    fields = {name: _Scored.of(found, topic) for name, found in seeds.fields.items()}
    near = _nearest(fields)
    for name, found in fields.items():
        sources["near" if name in near else "far"] += found.sources(number)
    for sort, listed in seeds.sorts.items():
        sources[sort] += _Scored.of(listed, topic).sources(number)
    taken = set(known)
    return {sort: _turns(sort, sources[sort], seeds, taken, number) for sort in SORTS}


@dataclass(frozen=True)
class _Scored:
    """Some seeds, and the fillings of each with their scores."""

    seeds: Sequence[Seed]
    texts: list[list[str]]
    scores: list[list[float]]
    topic: Topic

    @classmethod
    def of(cls, seeds: Sequence[Seed], topic: Topic) -> _Scored:
        texts = [seed.fillings() for seed in seeds]
        return cls(seeds, texts, [topic.score(each).tolist() for each in texts], topic)

    @property
    def distance(self) -> float:
        """How far the nearer seeds are from the documents."""
        means = sorted(float(np.mean(scores)) for scores in self.scores)
        return float(np.mean(means[1 : len(means) // 2] or means))

    def sources(self, number: int) -> Iterator[_Source]:
        """The seeds with fillings that are surely off topic, and these."""
        for seed, texts, scores in zip(self.seeds, self.texts, self.scores, strict=True):
            kept = tuple(unanswered(texts, scores, self.topic))
            if kept:
                yield _Source((0, digest(number, seed.key)), seed.manner, seed.key, kept)


def unanswered(texts: Sequence[str], scores: Sequence[float], topic: Topic) -> list[str]:
    """Those of some texts, given their scores, that the documents surely do not answer."""
    return [
        text
        for text, far in zip(texts, scores, strict=True)
        if far >= STRICT and not topic.dwells(text)
    ]


def _nearest(fields: Mapping[str, _Scored]) -> set[str]:
    """The names of the fields nearest to the documents."""
    ranked = sorted(fields, key=lambda name: fields[name].distance)[:_NEAREST]
    bound = fields[ranked[0]].distance + _BESIDE
    return {name for name in ranked if fields[name].distance <= bound}


def _made(
    sort: str, texts: Sequence[str], topic: Topic, number: int, model: str
) -> Iterator[_Source]:
    """Questions that a teacher made, each its own seed, without those that may be on topic."""
    manner = "field" if sort in ("far", "near") else sort
    found = list(dict.fromkeys(" ".join(text.split()) for text in texts if text.strip()))
    for text in unanswered(found, topic.score(found).tolist(), topic):
        rank = (-1, digest(number, text))
        yield _Source(rank, manner, digest(text, size=8), (text,), model)


def _turns(
    sort: str, sources: Sequence[_Source], seeds: Seeds, taken: set[str], number: int
) -> Iterator[Question]:
    """Questions of one sort: in each turn one of every seed; at the end again in other frames."""
    ordered = sorted(sources, key=lambda source: source.rank)
    most = max((len(source.texts) for source in ordered), default=0)
    for round_ in range(_ROUNDS):
        for turn in range(most):
            for source in ordered:
                if turn >= len(source.texts):
                    continue
                bare = source.texts[turn]
                text = _framed(source.manner, bare, seeds, number, round_)
                if folded(text) not in taken:
                    taken.add(folded(text))
                    yield Question(sort, source.manner, source.seed, text, bare, source.model)


def _framed(manner: str, text: str, seeds: Seeds, number: int, round_: int) -> str:
    """A question as it stands or, four times in ten and in later rounds, in a frame of its kind."""
    asks = text.endswith("?")
    kinds = {"field": "question" if asks else "request"}
    if asks:
        kinds |= {"talk": "talk", "unsafe": "question"}
    draw = int(digest("frame", number, text), 16)
    if manner not in kinds or (round_ == 0 and draw % 100 >= 100 * _FRAMED):
        return text
    frames = seeds.frames[kinds[manner]]
    low = text if text.startswith(("I ", "I'")) else text[0].lower() + text[1:]
    return Template(frames[(draw // 100 + round_) % len(frames)]).substitute(q=low, Q=text)
