"""The passages of many rows as they are compared: their words, and where each of them stands."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from curate.filters.reading.denials import Denials
from curate.filters.reading.lazy import lazy
from curate.filters.reading.names import NUMBER
from curate.filters.reading.numbered import Words
from curate.filters.reading.vocabulary import Vocabulary
from curate.filters.reading.words import fold, stem, words_of
from curate.runs import Ints, Marks

_CALL = re.compile(r"\b\w+(?=\()")


class Passages:
    """The different ones among the passages of some rows; rows may have none."""

    def __init__(self, passages: Sequence[str | None], vocabulary: Vocabulary) -> None:
        number: dict[str | None, int] = {None: -1}
        for passage in passages:
            number.setdefault(passage, len(number) - 1)
        self.of = np.fromiter(map(number.__getitem__, passages), np.int64, len(passages))
        """(rows) The number of each row's passage; -1 for none."""
        self.texts = [passage for passage in number if passage is not None]
        self.words = Words(self.texts, vocabulary)
        self._known: dict[tuple[re.Pattern[str], int], frozenset[str]] = {}

    @lazy
    def denials(self) -> Denials:
        """What they deny."""
        return Denials(self.words)

    def lacking(self, passages: Ints, names: Sequence[str]) -> Ints:
        """Which names their passages lack, and all of their parts; of `name()`, no call."""
        left = np.flatnonzero(~self._has(passages, list(map(stem, names))))
        lacking, parts, whose = [], list[str](), list[int]()
        for at in left.tolist():
            name, passage = names[at], int(passages[at])
            if name[0].isdigit() and NUMBER.fullmatch(name):
                if name not in self._found(NUMBER, passage):
                    lacking.append(at)
            elif name.endswith("()"):
                if not self._found(_CALL, passage).issuperset(words_of(name)):
                    lacking.append(at)
            else:
                new = list(map(stem, words_of(name)))
                parts += new
                whose += [at] * len(new)
        owner = np.array(whose, np.int64)
        lacking += owner[~self._has(passages.take(owner), parts)].tolist()
        return np.unique(np.array(lacking, np.int64))

    def _has(self, passages: Ints, stems: Sequence[str]) -> Marks:
        known = self.words.vocabulary
        numbers = np.array([known.get(each, -1) for each in stems], np.int64)
        return self.words.places.has(numbers, passages)

    def _found(self, pattern: re.Pattern[str], passage: int) -> frozenset[str]:
        """What is found in a passage: numbers as they are written, names that are called."""
        found = self._known.get((pattern, passage))
        if found is None:
            found = frozenset(pattern.findall(fold(self.texts[passage])))
            self._known[pattern, passage] = found
        return found
