"""What some documents are about, by their words: how far a question is from it.

    weight  = ln(1 / share of the word in English) - 4    what it says: little for "time", much for
                                                          "goroutine"
    support = r / (r + 1)                                 how much it is at home in the documents
    r       = share of the word in the documents / its share in English
    score   = 1 - 0.7 · (Σ weight · support / Σ weight) - 0.3 · (the same in the one best passage)

The sums go over the different content words of the question, as stems. So a common word that the
documents hold by chance ("capital", "old") does not make a question theirs, and a rare one that
they lack ("JavaScript") makes it foreign. The ratio to a background is that of Kullback-Leibler
feedback and of the weirdness index (Ahmad et al. 1999); that words should stand in one passage
together is the idea of passage retrieval (Callan 1994). Words to the assistant about itself ("are
you", "your rules", "ignore your instructions") weigh as much as two or six words that are foreign.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.filters.wording import content_stems, stem, stems
from curate.injection import instructs
from curate.moderation.likeness import Embeds, unlike
from curate.text import folded

F64 = npt.NDArray[np.float64]

RARE = 1e-6
"""Share in English of a word that `english_words.txt` does not have."""

_PLAIN = 4.0  # what a word may say and still weigh nothing: "the", "is", "you"
_HALF = 1.0  # ratio at which a word is half at home
_WHOLE, _ONE = 0.7, 0.3  # what all passages together and the best one count
_ADDRESS, _ORDER = 10.0, 30.0  # weight of speaking to the assistant of itself; of an order to it
_HOME, _OFTEN = 0.8, 1 / 500  # support and share of a word that documents dwell on
_ASKING = frozenset(  # what any question may be about
    map(stem, ("difference", "example", "good", "happen", "kind", "purpose", "reason", "way"))
)
_TO_YOU = re.compile(
    r"^\W*(?:(?:are|do|did|have|were|would) you|you(?:'re| are| must| have)|your)\b(?! need to\b)"
    r"|\b(?:what(?:'s| is| are| was)|who(?:'s| is| are)|where(?:'s| is| are)) your\b"
    r"|\b(?:who|what|where|how|how old|why) (?:are|were) you\b|\bwhat (?:do|did) you\b"
    r"|\byour (?:own|new|hidden|system|rules?|instructions?|guidelines?|prompts?)\b"
    r"|\b(?:from now on|pretend|act as (?:a|an|my|if)|will you|can we|of you)\b"
)


@dataclass(frozen=True, eq=False)
class Topic:
    """What documents and topic are about. Made by `Topic.of`.

    `places` has the passages of each stem, `support` how much it is at home, from 0 to 1.
    """

    places: dict[str, npt.NDArray[np.int64]]
    support: dict[str, float]
    share: dict[str, float]
    passages: tuple[str, ...]
    embedding: Embeds | None = None

    @classmethod
    def of(cls, passages: pl.DataFrame, topic: str, embedding: Embeds | None = None) -> Topic:
        """The topic of documents, given as PASSAGE rows; of `topic` each word counts as theirs.

        `embedding` is asked too, where one is given, and counts one half. Raises ValueError where
        there is neither a word of a passage nor one of the topic.
        """
        texts = [f"{heading}\n{text}" for heading, text in _texts(passages)]
        counts: Counter[str] = Counter()
        places: dict[str, list[int]] = {}
        for number, text in enumerate(texts):
            found = Counter(stems(text))
            counts.update(found)
            for word in found:
                places.setdefault(word, []).append(number)
        own = content_stems(topic)
        if not counts and not own:
            raise ValueError("neither documents nor topic have a word")
        total = max(1, counts.total())
        share = {word: count / total for word, count in counts.items()}
        ratios = {word: part / english().get(word, RARE) for word, part in share.items()}
        support = {word: ratio / (ratio + _HALF) for word, ratio in ratios.items()}
        support |= dict.fromkeys(own, 1.0)
        where = {word: np.array(numbers, np.int64) for word, numbers in places.items()}
        return cls(where, support, share, tuple(texts), embedding)

    def score(self, questions: Sequence[str]) -> F64:
        """How far each question is from the topic: 0 is about it, 1 foreign; 1 without any word.

        Each number depends on its question alone, unless an embedding is fitted on its texts.
        """
        known = {question: self._far(question) for question in dict.fromkeys(questions)}
        found = np.array([known[question] for question in questions], np.float64)
        if self.embedding is None or not self.passages or not len(found):
            return found
        return (found + unlike(questions, self.passages, self.embedding)) / 2

    def dwells(self, question: str) -> bool:
        """Whether the documents dwell on a word of the question: at home, and 1 in 500 words."""
        return any(
            self.support.get(word, 0) >= _HOME and self.share.get(word, 1) >= _OFTEN
            for word in content_stems(question)
        )

    def _far(self, question: str) -> float:
        words = sorted(set(content_stems(question)) - _ASKING or set(stems(question)))
        weights = np.array([self._weight(word) for word in words])
        total = weights.sum() + _spoken(question)
        if total <= 0:
            return 1.0
        held = weights * [self.support.get(word, 0.0) for word in words]
        best = self._best(words, held)
        return float(np.clip(1 - (_WHOLE * held.sum() + _ONE * best) / total, 0, 1))

    def _weight(self, word: str) -> float:
        """What a word says; a word unknown to English is weighed by the documents."""
        share = english().get(word) or max(RARE, self.share.get(word, 0.0))
        return max(0.0, -math.log(share) - _PLAIN)

    def _best(self, words: Iterable[str], held: F64) -> float:
        """The most that one passage has of the words' held weights."""
        pairs = [
            (word, part) for word, part in zip(words, held, strict=True) if word in self.places
        ]
        if not pairs:
            return 0.0
        places = np.concatenate([self.places[word] for word, _ in pairs])
        parts = np.repeat(
            [part for _, part in pairs], [len(self.places[word]) for word, _ in pairs]
        )
        return float(np.bincount(places, parts).max())


def _spoken(question: str) -> float:
    """The weight of what is said to the assistant about itself, which no document supports."""
    if instructs(question):
        return _ORDER
    return _ADDRESS if _TO_YOU.search(folded(question)) else 0.0


def _texts(passages: pl.DataFrame) -> Iterable[tuple[str, str]]:
    return passages.select(pl.col("heading", "text").cast(pl.String).fill_null("")).iter_rows()


@cache
def english() -> dict[str, float]:
    """Share in English of its more common words, as stems."""
    text = (files("curate.moderation") / "english_words.txt").read_text(encoding="utf-8")
    shares: dict[str, float] = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            word, count = line.split()
            name = stem(word)
            shares[name] = shares.get(name, 0.0) + float(count) / 1e7
    return shares
