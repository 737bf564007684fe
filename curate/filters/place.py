"""Whether an answer is from where its question points: the same place of the passage.

    place = 1 - sure * (1 - here / best)

    here    weight of the question's words that the answer has, or the passage close to its words
    best    the most that the question's words weigh in one stretch of the passage
    sure    best against the weight of all the question's words, those the passage lacks included

A word weighs 1 / sqrt(n) where it stands n times in the passage. So a question whose words stand
together elsewhere gets a low number, and one whose words are nowhere says nothing of the place.
"""

from __future__ import annotations

from bisect import bisect_left

from curate.filters.reading.passages import Source
from curate.filters.reading.texts import Reading

BEFORE, AFTER = 14, 6
"""Words of the passage around an answer's that belong to it: a heading, the end of a sentence."""

_CERTAIN = 1.6  # how much of its words a question must have in one stretch to be sure: 1 / 1.6
_DOUBT = 0.5  # weight of the words that a question might have had
_FIRST = 6  # words: an answer from the start of a passage may have its heading before it, …
_HEADING = 0.7  # … which tells that much less


def place(
    asked: Reading, said: Reading, about: Source, spans: tuple[tuple[int, int], ...]
) -> float:
    """How well the `spans` of the passage that an answer is from are where its question points.

    1 where the answer is from nowhere, or nothing of the question stands in the passage.
    """
    found = {word: about.places[word] for word in asked.topic & about.places.keys()}
    if not found or not spans:
        return 1.0
    first, last = min(spans)[0], max(end for _, end in spans)
    near = {
        word
        for word, places in found.items()
        if word in said.stems or _any(places, first - BEFORE, last + AFTER)
    }
    if len(near) == len(found):
        return 1.0
    order = sorted(found, key=found.__getitem__)  # so that sums are the same in each process
    weights: dict[str, float] = {word: 1 / len(found[word]) ** 0.5 for word in order}
    here = sum(weight for word, weight in weights.items() if word in near)
    best = max(here, _together(found, weights))
    unknown = len(asked.topic) - len(weights)
    sure = min(1.0, _CERTAIN * best / (sum(weights.values()) + unknown + _DOUBT))
    return 1.0 - sure * (_HEADING if first <= _FIRST else 1.0) * (1.0 - here / best)


def _any(places: list[int], begin: int, end: int) -> bool:
    """Whether one of the places, rising, is from `begin` on and before `end`."""
    at = bisect_left(places, begin)
    return at < len(places) and places[at] < end


def _together(where: dict[str, list[int]], weights: dict[str, float]) -> float:
    """The most that the words found weigh in one stretch of the passage."""
    found = sorted((at, word) for word, places in where.items() for at in places)
    inside = dict.fromkeys(weights, 0)
    best = weight = 0.0
    first = 0
    for at, word in found:
        if not inside[word]:
            weight += weights[word]
        inside[word] += 1
        while found[first][0] <= at - BEFORE - AFTER:
            gone = found[first][1]
            inside[gone] -= 1
            if not inside[gone]:
                weight -= weights[gone]
            first += 1
        best = max(best, weight)
    return best
