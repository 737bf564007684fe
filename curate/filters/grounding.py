"""How much of an answer the passage supports: its words, their company, its names and numbers.

    grounding = mean over the answer's sentences of words * pairs * 0.4 ** clashes

Each sentence is held against the one stretch of the passage that has most of its words. A small
teacher's invented answers are often made of the passage's own words put together anew, so that the
passage as a whole says little.

    words    share of the sentence's content words that the stretch has
    pairs    share of neighbours among them that stand near each other in the stretch too
    clashes  numbers and code names that the passage lacks, and one more where only the sentence
             or only the stretch denies something
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, ClassVar

import polars as pl
from pydantic import Field

from curate.filters.base import Filter, numbers, passages, texts
from curate.filters.wording import content_stems, denies, names, sentences, stem
from curate.options import options
from curate.text import units

NEAR = 8
"""Words of the passage within which two words count as standing near each other."""

CLASH = 0.4
"""What each clash leaves of a sentence's support."""


@options
class Grounding(Filter, name="grounding"):
    """How much of the output the passage supports, from 0 to 1; null without a passage."""

    needs_passage: ClassVar[bool] = True

    min: Annotated[float | None, Field(allow_inf_nan=False)] = 0.5
    """Lowest support that is kept; null for no lower bound."""

    def measure(self, rows: pl.DataFrame) -> pl.DataFrame:
        """0 to 1; null without a passage, or where the output has no word that carries meaning."""
        pairs = zip(texts(rows, "output"), passages(rows), strict=True)
        return numbers(grounding=[grounded(output, passage) for output, passage in pairs])


def grounded(output: str, passage: str | None) -> float | None:
    """Support of `output` by `passage`; None where there is nothing to compare."""
    if passage is None:
        return None
    source = _Source.of(passage)
    supports = [_support(sentence, source) for sentence in sentences(output)]
    weight = sum(support.weight for support in supports)
    return sum(each.weight * each.share for each in supports) / weight if weight else None


@dataclass(frozen=True)
class _Source:
    """A passage as it is compared: its words, their stems in the same order, and its names."""

    words: list[str]
    stems: list[str]
    known: frozenset[str]

    @classmethod
    def of(cls, passage: str) -> _Source:
        words = units(passage)
        stems = [stem(word) for word in words]
        return cls(words, stems, frozenset((*words, *stems, *names(passage))))

    def lacks(self, name: str) -> bool:
        """Whether the passage has neither `name` nor all of its parts."""
        return name not in self.known and not self.known.issuperset(units(name))


@dataclass(frozen=True)
class _Support:
    """How much of one sentence is supported, and its weight: its words that carry meaning."""

    share: float
    weight: int


def _support(sentence: str, source: _Source) -> _Support:
    said = content_stems(sentence)
    if not said:
        return _Support(0.0, 0)
    stretch = _stretch(set(said), source.stems, 2 * len(said) + 3 * NEAR)
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place in stretch:
        places[source.stems[place]].append(place)
    words = set(said)
    known = sum(word in places for word in words) / len(words)
    company = [(one, other) for one, other in pairwise(said) if one != other]
    near = sum(_near(places.get(one, []), places.get(other, [])) for one, other in company)
    together = near / len(company) if company else known
    clashes = sum(map(source.lacks, names(sentence)))
    matched = _shortest(words, source.stems, stretch)
    if matched:
        clashes += denies(units(sentence)) != denies(source.words[matched.start : matched.stop])
    return _Support(known * together * CLASH**clashes, len(said))


def _stretch(wanted: set[str], source: list[str], size: int) -> range:
    """The run of `size` places in `source` that has most of the wanted words; the first of such."""
    inside: Counter[str] = Counter()
    best, last = 0, 0
    for place, word in enumerate(source):
        if word in wanted:
            inside[word] += 1
        if place >= size and source[place - size] in wanted:
            inside[source[place - size]] -= 1
        here = sum(count > 0 for count in inside.values())
        if here > best:
            best, last = here, place
    return range(max(0, last - size + 1), min(len(source), last + 1))


def _shortest(wanted: set[str], source: list[str], stretch: range) -> range:
    """The shortest run in `stretch` that has all wanted words which the stretch has at all."""
    found = [place for place in stretch if source[place] in wanted]
    missing = {source[place] for place in found}
    inside: Counter[str] = Counter()
    best = range(0)
    first = 0
    for last, place in enumerate(found):
        inside[source[place]] += 1
        missing.discard(source[place])
        while inside[source[found[first]]] > 1:
            inside[source[found[first]]] -= 1
            first += 1
        run = range(found[first], found[last] + 1)
        if not missing and (not best or len(run) < len(best)):
            best = run
    return best


def _near(one: list[int], other: list[int]) -> bool:
    """Whether the two words stand near each other somewhere in the stretch."""
    return any(abs(here - there) <= NEAR for here in one for there in other)
