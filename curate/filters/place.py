"""Whether an answer is from where its question points: the same place of the passage.

    place = 1 - sure * (1 - here / best)

    here    weight of the question's words that the answer has, or the passage close to its words
    best    the most that the question's words weigh in one stretch of the passage
    sure    best against the weight of all the question's words, those the passage lacks included

A word weighs 1 / sqrt(n) where it stands n times in the passage. So a question whose words stand
together elsewhere gets a low number, and one whose words are nowhere says nothing of the place.
"""

from __future__ import annotations

import numpy as np

from curate.filters.reading.hits import Hits
from curate.filters.reading.passages import Passages
from curate.filters.reading.support import Support
from curate.filters.reading.texts import Texts
from curate.runs import Floats, Ints, Marks, among, stems_of, texts_of

BEFORE, AFTER = 14, 6
"""Words of the passage around an answer's that belong to it: a heading, the end of a sentence."""

_CERTAIN = 1.6  # how much of its words a question must have in one stretch to be sure: 1 / 1.6
_DOUBT = 0.5  # weight of the words that a question might have had
_FIRST = 6  # words: an answer from the start of a passage may have its heading before it, …
_ONE = 1 << 46  # weights are whole numbers of it, so that sums do not depend on their order
_HEADING = 0.7  # … which tells that much less


class Topic:
    """The words of questions that say what they are about, and where their passages have them."""

    def __init__(self, asked: Texts, said: Texts, about: Passages) -> None:
        self.rows = len(asked.texts)
        owner = texts_of(asked.topic_keys)
        self.sizes = self._count(owner)
        """(rows) How many words."""
        answered = among(asked.topic_keys, said.stem_keys)
        self.shared: Floats = self._count(owner[answered]) / np.maximum(self.sizes, 1)
        """(rows) Share of them that the answer takes up."""
        has = about.of.take(owner) >= 0
        self.owner, self.answered = owner[has], answered[has]
        """(words whose row has a passage) The row, and whether the answer takes it up."""
        stems, sizes = stems_of(asked.topic_keys[has]), np.full(self.rows, BEFORE + AFTER)
        self.hits = Hits(stems, self.owner, about.of, about.words.places, sizes)
        self.found: Ints = self._count(self.owner[self.hits.counts > 0])
        """(rows) How many the passage has."""

    @property
    def known(self) -> Floats:
        """(rows) Share of them that the passage has; 1 of no words."""
        return np.where(self.sizes > 0, self.found / np.maximum(self.sizes, 1), 1.0)

    def _count(self, owner: Ints) -> Ints:
        return np.bincount(owner, minlength=self.rows)


def place(topic: Topic, about: Passages, support: Support) -> Floats:
    """(rows) How well where an answer is from is where its question points.

    1 where the answer is from nowhere, or nothing of the question stands in the passage.
    """
    hits, owner = topic.hits, topic.owner
    local = hits.place - about.words.offsets.take(about.of.take(hits.asker))
    close = local >= support.first.take(hits.asker) - BEFORE
    close &= local < support.last.take(hits.asker) + AFTER
    near = topic.answered.copy()
    near[hits.word[close]] = True
    there = hits.counts > 0
    weights = np.zeros(len(owner), np.int64)
    weights[there] = np.rint(_ONE / np.sqrt(hits.counts[there]))

    def together(words: Marks) -> Ints:
        found = np.zeros(topic.rows, np.int64)
        np.add.at(found, owner[words], weights[words])
        return found

    here, best = together(near & there), np.zeros(topic.rows, np.int64)
    np.maximum.at(best, hits.asker, hits.inside(weights.take(hits.word)))
    best = np.maximum(here, best)
    unknown = topic.sizes - topic.found + _DOUBT
    sure = np.minimum(1.0, _CERTAIN * best / (together(there) + unknown * _ONE))
    sure[support.first <= _FIRST] *= _HEADING
    elsewhere = 1.0 - here / np.maximum(best, 1)
    placed = (topic.found > 0) & (support.first >= 0)
    return np.where(placed, 1.0 - sure * elsewhere, 1.0)
