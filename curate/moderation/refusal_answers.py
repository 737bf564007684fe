"""Answers that turn a question down and name the topic, each in other words."""

from __future__ import annotations

from collections import deque
from string import Template

from curate.moderation.refusal_seeds import Seeds
from curate.text import digest, units

_KINDS = {
    "field": ("any", "question"),
    "request": ("any",),
    "greet": ("greet",),
    "talk": ("talk",),
    "unsafe": ("unsafe",),
    "rules": ("any", "rules"),
}
_LIKE = 0.5  # shared words of two questions that must not get one answer; see `Dedup.instruction`
_FOLLOWED = 0.35  # share of answers that are followed by an offer


class Answers:
    """Answers in each manner, taken in turns; questions that are alike get different ones."""

    def __init__(self, seeds: Seeds, topic: str, number: int) -> None:
        self.seeds = seeds
        self.topic = phrase(topic) or seeds.nothing
        self.number = number
        self._waiting = {
            manner: deque(
                sorted(
                    (text for kind in kinds for text in seeds.answers[kind]),
                    key=lambda text: digest(number, text),
                )
            )
            for manner, kinds in _KINDS.items()
        }
        self._given: dict[str, list[frozenset[str]]] = {}

    def next(self, manner: str, question: str) -> str:
        """An answer in a manner to a question; another one than questions like it got."""
        plain = manner == "field" and "?" not in question
        waiting = self._waiting["request" if plain else manner]
        said = frozenset(units(question))
        wording = min(waiting, key=lambda text: self._likeness(text, said))
        waiting.remove(wording)
        waiting.append(wording)
        self._given.setdefault(wording, []).append(said)
        answer = Template(wording).substitute(topic=self.topic)
        return answer + self._follow(answer, question)

    def _likeness(self, wording: str, said: frozenset[str]) -> float:
        """The largest share of words, if large, with a question that got this wording."""
        shares = (len(said & one) / len(said | one) for one in self._given.get(wording, ()) if one)
        return max((share for share in shares if share >= _LIKE), default=0.0)

    def _follow(self, answer: str, question: str) -> str:
        """An offer to help for some answers; none where the answer asks or says "ask" itself."""
        draw = int(digest("follow", self.number, question), 16)
        plain = answer.endswith(".") and "?" not in answer and "ask" not in answer.lower()
        if not plain or draw % 100 >= 100 * _FOLLOWED:
            return ""
        return " " + self.seeds.follow[draw // 100 % len(self.seeds.follow)]


def phrase(topic: str) -> str:
    """A recipe's topic as it may stand within a sentence: without blanks or end marks around it."""
    return " ".join(topic.split()).strip(" .!?;:,")
