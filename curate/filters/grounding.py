"""How much of an answer the passage supports: its words, their company, its names and numbers.

    grounding = mean over the answer's sentences of words * pairs * 0.4 ** clashes

Each sentence is held against the one stretch of the passage that agrees with it best. A small
teacher's invented answers are often made of the passage's own words put together anew, so that the
passage as a whole says little.

    words    share of the sentence's content words that the stretch has
    pairs    share of neighbours among them that stand near each other in the stretch too
    clashes  numbers and code names that the passage lacks, and one more where only the sentence
             or only the stretch denies something
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, ClassVar

import polars as pl
from pydantic import Field

from curate.filters.base import Filter, numbers, passages, texts
from curate.filters.wording import content_stems, denies, names, sentences, stem
from curate.options import options
from curate.text import folded, units

NEAR = 8
"""Words of the passage within which two words count as standing near each other."""

STRETCHES = 12
"""Runs of the passage that a sentence is held against, at most; the best of them counts."""

CLASH = 0.4
"""What each clash leaves of a sentence's support."""

_CALL = re.compile(r"\b\w+(?=\()")


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
    source = Source.of(passage)
    said = sentences(output)
    known = {sentence: _support(sentence, source) for sentence in dict.fromkeys(said)}
    supports = [known[sentence] for sentence in said]
    weight = sum(support.weight for support in supports)
    return sum(each.weight * each.share for each in supports) / weight if weight else None


@dataclass(frozen=True)
class Source:
    """A passage as it is compared: its words, their stems in the same order, and its names."""

    words: list[str]
    stems: list[str]
    known: frozenset[str]
    calls: frozenset[str]

    @classmethod
    def of(cls, passage: str) -> Source:
        """`passage` made ready to be compared with."""
        words = units(passage)
        stems = [stem(word) for word in words]
        known = frozenset((*words, *stems, *names(passage)))
        return cls(words, stems, known, frozenset(_CALL.findall(folded(passage))))

    def lacks(self, name: str) -> bool:
        """Whether the passage has neither `name` nor all of its parts; of `name()`, no call."""
        if name in self.known:
            return False
        return not (self.calls if name.endswith("()") else self.known).issuperset(units(name))


@dataclass(frozen=True)
class _Support:
    """How much of one sentence is supported, and its weight: its words that carry meaning."""

    share: float
    weight: int


def _support(sentence: str, source: Source) -> _Support:
    said = content_stems(sentence)
    if not said:
        return _Support(0.0, 0)
    stretches = _stretches(set(said), source.stems, 2 * len(said) + 3 * NEAR)
    share = max((_agreement(said, sentence, source, each) for each in stretches), default=0.0)
    return _Support(share * CLASH ** sum(map(source.lacks, names(sentence))), len(said))


def _agreement(said: list[str], sentence: str, source: Source, stretch: range) -> float:
    """How far the sentence agrees with one stretch of the passage: words, pairs, and denials."""
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place in stretch:
        places[source.stems[place]].append(place)
    words = set(said)
    known = sum(word in places for word in words) / len(words)
    company = [(one, other) for one, other in pairwise(said) if one != other]
    near = sum(_near(places.get(one, []), places.get(other, [])) for one, other in company)
    together = near / len(company) if company else known
    matched = _shortest(words, source.stems, stretch)
    clash = denies(units(sentence)) != denies(source.words[matched.start : matched.stop])
    return known * together * (CLASH if clash else 1.0)


def _stretches(wanted: set[str], source: list[str], size: int) -> list[range]:
    """The runs of `size` places that have most of the wanted words; a few of them."""
    inside: Counter[str] = Counter()
    first = 0
    counts: list[tuple[int, int]] = []
    found = [place for place, word in enumerate(source) if word in wanted]
    for place in found:
        inside[source[place]] += 1
        while found[first] <= place - size:
            inside[source[found[first]]] -= 1
            if not inside[source[found[first]]]:
                del inside[source[found[first]]]
            first += 1
        counts.append((len(inside), place))
    most = max(counts, default=(0, 0))[0]
    chosen: list[int] = []
    for count, place in counts:
        if count == most and (not chosen or place > chosen[-1] + size // 4):
            chosen.append(place)
        if len(chosen) == STRETCHES:
            break
    return [range(max(0, place - size + 1), place + 1) for place in chosen]


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
    """Whether the two words, whose places these are, stand near each other somewhere."""
    for here in one:
        nearest = bisect_left(other, here - NEAR)
        if nearest < len(other) and other[nearest] <= here + NEAR:
            return True
    return False
