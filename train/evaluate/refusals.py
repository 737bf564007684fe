"""Whether an answer turns its question down, by its likeness to the refusals that were learned.

A refusal in other words than those is not seen, so a model that was not trained on refusals scores
near 0 however it answers. The words that most refusals share, those of the topic, do not count:
"Python is a programming language" must not pass for "I only know the Python programming language".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from train.evaluate.rows import Source
from train.evaluate.words import f1, words

BOUND = 0.4
"""Token F1 with a learned refusal from which on an answer is one. `benchmarks/refusals_told.py`:
finds all that was learned and 72% of wordings that were not; no ordinary answer of 109 is above."""
FEWEST = 3
"""Words that must be shared: "My favourite colour is blue" has `my` and `is` of "My help is limited
to …"."""
COMMON = 0.6
"A word in more than this share of the refusals belongs to the topic."


@dataclass(frozen=True)
class Refusals:
    """Recognises refusals. Falsy where none were learned, so that nothing can be said."""

    learned: tuple[str, ...]

    @classmethod
    def of(cls, rows: Iterable[Source]) -> Refusals:
        """From the refusals among training rows."""
        return cls(tuple(dict.fromkeys(row.output for row in rows if row.off_topic)))

    def __bool__(self) -> bool:
        return bool(self.learned)

    def likeness(self, answer: str) -> float:
        """Token F1 of an answer's beginning with the learned refusal that is most like it."""
        said = self._telling(answer)
        longest = max(map(len, self._wordings), default=0)
        said = said[:longest]  # a refusal stays one, whatever the model goes on to say
        if not said:
            return 0.0
        alike = (f1(said, wording) for wording in self._wordings if _shared(said, wording))
        return max(alike, default=0.0)

    def is_refusal(self, answer: str) -> bool:
        """Whether an answer is one."""
        return self.likeness(answer) >= BOUND

    def check(self, rows: Sequence[Source]) -> dict[str, int]:
        """What the rule says of references, whose kind is known: how many it gets right."""
        refusals = [row.output for row in rows if row.off_topic and row.output]
        answers = [row.output for row in rows if not row.off_topic]
        return {
            "refusals": len(refusals),
            "refusals_found": sum(map(self.is_refusal, refusals)),
            "answers": len(answers),
            "answers_taken_for_refusals": sum(map(self.is_refusal, answers)),
        }

    @cached_property
    def _topic(self) -> frozenset[str]:
        if len(self.learned) < 3:
            return frozenset()
        counts = Counter(word for text in self.learned for word in set(words(text)))
        return frozenset(word for word, n in counts.items() if n > COMMON * len(self.learned))

    @cached_property
    def _wordings(self) -> list[list[str]]:
        found = dict.fromkeys(tuple(self._telling(text)) for text in self.learned)
        return [list(wording) for wording in found if wording]

    def _telling(self, text: str) -> list[str]:
        return [word for word in words(text) if word not in self._topic]


def _shared(said: list[str], wording: list[str]) -> bool:
    """Whether they have words enough in common."""
    common = (Counter(said) & Counter(wording)).total()
    return common >= min(FEWEST, len(wording))
