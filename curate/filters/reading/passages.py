"""A passage as it is compared: its words and where each of them stands."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache

from curate.filters.reading.lazy import lazy
from curate.filters.reading.names import NUMBER
from curate.filters.reading.words import denials, denied, fold, stem, words_of
from curate.text import units

KEPT = 2048
"""Passages that are kept ready: those of 2,000 rows, if each has its own."""

_CALL = re.compile(r"\b\w+(?=\()")


class Source:
    """What is known of a passage; the rarer parts are worked out when they are first asked for."""

    def __init__(self, passage: str) -> None:
        self.folded = fold(passage)
        self.units = words_of(self.folded)
        """Its words, in order."""
        self.stems = list(map(stem, self.units))
        """The stem of each."""
        places: defaultdict[str, list[int]] = defaultdict(list)
        for at, word in enumerate(self.stems):
            places[word].append(at)
        self.places = dict(places)
        """Where each of its stems stands, rising."""

    @lazy
    def denials(self) -> list[int]:
        """Where a "not" stands, or one of its kind."""
        return denials(self.units)

    @lazy
    def denied(self) -> list[int]:
        """Where words stand that a "not", or one of its kind, denies."""
        return denied(self.folded, self.units)

    @lazy
    def numbers(self) -> frozenset[str]:
        """Its numbers, as they are written."""
        return frozenset(NUMBER.findall(self.folded))

    @lazy
    def calls(self) -> frozenset[str]:
        """Names that stand before an opening bracket."""
        return frozenset(_CALL.findall(self.folded))

    def lacks(self, name: str) -> bool:
        """Whether the passage has neither `name` nor all of its parts; of `name()`, no call."""
        if stem(name) in self.places:
            return False
        if name[0].isdigit() and NUMBER.fullmatch(name):
            return name not in self.numbers
        if name.endswith("()"):
            return not self.calls.issuperset(units(name))
        return not all(stem(part) in self.places for part in units(name))


@lru_cache(maxsize=KEPT)
def source(passage: str) -> Source:
    """`passage` made ready to be compared with."""
    return Source(passage)
