"""A text taken apart once for all measures: words, stems, sentences, what it denies and names.

    reading("A list isn't fixed.").units      # ["a", "list", "isn't", "fixed"]

Several measures look at the same question and answer. What one has worked out the others find
ready: the readings last asked for are kept, a bounded number of them.
"""

from __future__ import annotations

import re
from functools import lru_cache

from curate.filters.reading.lazy import lazy
from curate.filters.reading.names import code_names, proper_names
from curate.filters.reading.words import denied, fold, meaning, stem, words_of
from curate.filters.wording import VAGUE, sentences, without_marks

KEPT = 4096
"""Readings that are kept: those of the questions and answers of about 2,000 rows."""

_QUOTE = re.compile("[\"'`“‘*]")
_QUOTED = re.compile(r"(?<=[\"'`“‘*])[a-z]+(?:'[a-z]+)?(?=[\"'`”*])")


class Reading:
    """A text and what is read out of it; each part is worked out when it is first asked for."""

    def __init__(self, text: str) -> None:
        self.text = text

    @lazy
    def folded(self) -> str:
        """The text without differences of case, width and apostrophe."""
        return fold(self.text)

    @lazy
    def units(self) -> list[str]:
        """Its words, as `text.units` gives them."""
        if (
            self._parts is not None
            and self.text.isascii()
            and without_marks(self.text) == self.text
        ):
            return [unit for part in self._parts for unit in part.units]
        return words_of(self.folded)

    @lazy
    def stems(self) -> frozenset[str]:
        """The stems of its words."""
        return frozenset(map(stem, self.units))

    @lazy
    def content(self) -> list[str]:
        """The stems of its words that carry meaning, in order.

        A function word carries one where it stands in quotes in its sentence: `if` is a name.
        """
        if self._parts is not None:
            return [word for part in self._parts for word in part.content]
        if _QUOTE.search(self.folded):
            quoted = [unit for unit in _QUOTED.findall(self.folded) if not meaning(unit)]
            if quoted:
                return [stem(unit) for unit in self.units if unit in quoted or meaning(unit)]
        return list(filter(None, map(meaning, self.units)))

    @lazy
    def topic(self) -> frozenset[str]:
        """Its content stems but those that any question may have."""
        return frozenset(self.content) - VAGUE

    @property
    def sentences(self) -> list[Reading]:
        """Its sentences and lines."""
        return [self] if self._parts is None else self._parts

    @lazy
    def _parts(self) -> list[Reading] | None:  # None for one sentence: no text holds itself
        found = sentences(self.text)
        return None if found == [self.text] else list(map(Reading, found))

    @lazy
    def code_names(self) -> set[str]:
        """Its numbers and code names, folded."""
        return code_names(self.text)

    @lazy
    def names(self) -> set[str]:
        """Its numbers, code names, abbreviations and proper names, folded."""
        return self.code_names | proper_names(self.text, self.units)

    @lazy
    def denied(self) -> list[int]:
        """Which of its words are denied: a "not", or one of its kind, stands before them."""
        return denied(self.folded, self.units)


@lru_cache(maxsize=KEPT)
def reading(text: str) -> Reading:
    """What is read out of `text`."""
    return Reading(text)
