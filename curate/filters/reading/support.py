"""How far a passage supports an answer: sentence by sentence, each by the stretch that fits best.

A small teacher's invented answers are often made of the passage's own words put together anew, so
that the passage as a whole says little.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from curate.filters.reading.denials import answers_otherwise, contradicts
from curate.filters.reading.passages import Source, source
from curate.filters.reading.texts import Reading, reading

KEPT = 4096
"""Answers whose support is kept, for the next filter that asks."""

NEAR = 8
"""Words of the passage within which two words count as standing near each other."""

STRETCHES = 12
"""Runs of the passage that a sentence is held against, at most; the best of them counts."""

Found = list[tuple[int, int]]
"""Places of a passage that have a word of a sentence, rising, and the number of the word."""


@dataclass(frozen=True, slots=True)
class Support:
    """What of an answer its passage bears out."""

    share: float
    """Words of its sentences that their stretches have, times neighbours that stay near."""

    lacking: frozenset[str]
    """Names and numbers that the passage lacks."""

    denials: int
    """Sentences that deny what the passage affirms, or the other way round."""

    spans: tuple[tuple[int, int], ...]
    """Words of the passage, from and to, in which the sentences are found."""


@lru_cache(maxsize=KEPT)
def support(output: str, passage: str) -> Support | None:
    """How far `passage` supports `output`; None for an output without a word of meaning."""
    text, about = reading(output), source(passage)
    found = [_sentence(each, about) for each in text.sentences if each.content]
    if not found:
        return None
    weight = sum(each.weight for each in found)
    share = sum(each.weight * each.share for each in found) / weight
    spans = tuple(each.span for each in found if each.span)
    denials = sum(each.clash for each in found)
    denials += bool(spans) and answers_otherwise(text, about, spans[0][0])
    lacking = frozenset(filter(about.lacks, text.names))
    return Support(share, lacking, denials, spans)


@dataclass(frozen=True, slots=True)
class _Sentence:
    weight: int
    share: float
    clash: bool
    span: tuple[int, int] | None


def _sentence(text: Reading, about: Source) -> _Sentence:
    """The support of one sentence with words of meaning."""
    said, wanted = text.content, list(dict.fromkeys(text.content))
    number = {word: at for at, word in enumerate(wanted)}
    pairs = [(number[one], number[other]) for one, other in pairwise(said) if one != other]
    places = {number[word]: about.places[word] for word in wanted if word in about.places}
    best, where = 0.0, Found()
    for stretch in _stretches(places, 2 * len(said) + 3 * NEAR) if places else ():
        agreed = _agreement(pairs, len(wanted), stretch)
        if agreed > best:
            best, where = agreed, stretch
        if best == 1.0:
            break
    if not where:
        return _Sentence(len(said), 0.0, False, None)
    matched = _shortest(where)
    first, last = matched[0][0], matched[-1][0] + 1
    return _Sentence(len(said), best, contradicts(text, about, range(first, last)), (first, last))


def _agreement(pairs: list[tuple[int, int]], words: int, stretch: Found) -> float:
    """How far a sentence agrees with one stretch of the passage: words, and their company.

    The sentence has so many different `words`, and these `pairs` of neighbours among them.
    """
    places: dict[int, list[int]] = {}
    for at, word in stretch:
        if word in places:
            places[word].append(at)
        else:
            places[word] = [at]
    known = len(places) / words
    near = 0
    for one, other in pairs:
        if one in places and other in places and _near(places[one], places[other]):
            near += 1
    return known * (near / len(pairs) if pairs else known)


def _near(one: list[int], other: list[int]) -> bool:
    """Whether two words, whose places these are, stand near each other somewhere."""
    for here in one:
        for there in other:
            if -NEAR <= here - there <= NEAR:
                return True
    return False


def _stretches(places: dict[int, list[int]], size: int) -> list[Found]:
    """The runs of `size` places that have most of the wanted words; a few of them."""
    firsts, lasts = [each[0] for each in places.values()], [each[-1] for each in places.values()]
    if max(lasts) - min(firsts) < size:
        return [_between(places, min(firsts), max(lasts) + 1)]
    # Most often one has all words: it ends after each word's first place, begins before its last.
    begin, end = max(firsts) - size + 1, min(lasts) + size
    most, best = _runs(_between(places, begin, end), size)
    if most < len(places):
        _, best = _runs(_between(places, min(firsts), max(lasts) + 1), size)
    return best


def _between(places: dict[int, list[int]], begin: int, end: int) -> Found:
    """The places from `begin` on and before `end`."""
    found = [(at, word) for word, each in places.items() for at in each if begin <= at < end]
    found.sort()
    return found


def _runs(found: Found, size: int) -> tuple[int, list[Found]]:
    """How many words the runs of `size` places have that have most; and a few of these."""
    inside: dict[int, int] = dict.fromkeys([word for _, word in found], 0)
    first = count = most = 0
    best: list[tuple[int, int]] = []
    for last, (place, word) in enumerate(found):
        if not inside[word]:
            count += 1
        inside[word] += 1
        while found[first][0] <= place - size:
            gone = found[first][1]
            inside[gone] -= 1
            if not inside[gone]:
                count -= 1
            first += 1
        if count > most:
            most, best = count, [(first, last + 1)]
        elif count == most and place > found[best[-1][1] - 1][0] + size // 4:
            best.append((first, last + 1))
    return most, [found[begin:end] for begin, end in best[:STRETCHES]]


def _shortest(stretch: Found) -> Found:
    """The shortest run that has all words of the stretch."""
    missing = len({word for _, word in stretch})
    if missing == len(stretch):
        return stretch
    inside: dict[int, int] = {}
    first, best = 0, stretch
    for last, (place, word) in enumerate(stretch):
        inside[word] = inside.get(word, 0) + 1
        while inside[stretch[first][1]] > 1:
            inside[stretch[first][1]] -= 1
            first += 1
        if len(inside) == missing and place - stretch[first][0] < best[-1][0] - best[0][0]:
            best = stretch[first : last + 1]
    return best
