"""The training rows that a text is most like, by the words they share (TF-IDF, cosine)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from train.evaluate.rows import Source
from train.evaluate.words import words


@dataclass(frozen=True)
class Near:
    """A training row and how like it is, from 0 to 1."""

    row: Source
    likeness: float


class Nearest:
    """An index over training rows, and over the passages they were made from."""

    def __init__(self, rows: Sequence[Source], passages: Sequence[str]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        self.rows = list(rows)
        self._index: Any = TfidfVectorizer(
            tokenizer=words, token_pattern=None, lowercase=False, sublinear_tf=True
        )
        texts = [f"{row.instruction}\n{row.input}\n{row.output}" for row in self.rows]
        known = self._index.fit_transform([*texts, *passages])
        self._rows = known[: len(texts)]
        on_topic = [place for place, row in enumerate(self.rows) if not row.off_topic]
        self._known = known[[*on_topic, *range(len(texts), known.shape[0])]]

    def find(self, texts: Sequence[str], count: int) -> list[list[Near]]:
        """The `count` rows most like each text, the likest first; none that share no word."""
        found: list[list[Near]] = []
        for vector in self._vectors(texts) if texts else ():
            likeness = (self._rows @ vector.T).toarray().ravel()
            places = np.argsort(-likeness, kind="stable")[:count]
            found.append(
                [Near(self.rows[i], float(likeness[i])) for i in places if likeness[i] > 0]
            )
        return found

    def likeness(self, text: str) -> float:
        """How like a text is to what it is most like of the rows on topic and the passages."""
        if not self._known.shape[0]:
            return 0.0
        likeness = float((self._known @ self._vectors([text]).T).max())
        return likeness * self._share_known(text)

    def _share_known(self, text: str) -> float:
        """The length of a text's vector over what it were if no word was unknown to the index.

        Without this a text of one known word among many strange ones would be that word alone.
        """
        places, rarest = self._index.vocabulary_, float(self._index.idf_.max())
        known = total = 0.0
        for word, count in Counter(words(text)).items():
            place = places.get(word)
            idf = rarest if place is None else float(self._index.idf_[place])
            square = (idf * (1 + math.log(count))) ** 2
            total += square
            known += 0.0 if place is None else square
        return math.sqrt(known / total) if total else 0.0

    def _vectors(self, texts: Sequence[str]) -> Any:
        return self._index.transform(list(texts))
