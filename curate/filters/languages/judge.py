"""How likely texts are in the wanted language: `langdetect` on long ones, a prior on short ones.

`langdetect` draws until it is certain. That is sound where there is enough to draw from; of a few
words it draws the same n-grams again and again, and is certain of chance (it does not take "A set
has no order." for English). So below 60 letters each n-gram g counts once, and the wanted language
has the benefit of the doubt (naive Bayes with a prior):

    p(l) ∝ prior(l) · ∏ (share(g, l) + 0.5 / 10,000) ^ ⅓

    prior   0.9 for the wanted language, the rest in equal parts for the others
    ⅓       each letter stands in an n-gram of one, of two and of three letters: one witness
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from curate.filters.languages.chance import SEED
from curate.filters.languages.draws import drawn
from curate.filters.languages.grams import Grams, grams
from curate.filters.languages.profiles import Floats, Profiles, profiles

if TYPE_CHECKING:
    from langdetect.detector_factory import DetectorFactory

SHORT = 60
"""Letters from which `langdetect` decides."""

PRIOR = 0.9
WITNESSES = 3
SMOOTHING = 0.5 / 10_000
LEAST = 0.1
"""Smaller ones `langdetect` does not name."""

AT_ONCE = 4096


def probabilities(texts: Sequence[str], code: str) -> list[float | None]:
    """Of each text, whatever stands beside it; None for texts without letters."""
    known = profiles()
    found: list[float | None] = []
    for at in range(0, len(texts), AT_ONCE):
        part = texts[at : at + AT_ONCE]
        numbers = _part(part, code, known).tolist()
        found += [
            number if any(map(str.isalpha, text)) else None
            for text, number in zip(part, numbers, strict=True)
        ]
    return found


def _part(texts: Sequence[str], code: str, known: Profiles) -> Floats:
    which = known.codes.index(code)
    taken = grams(texts, known)
    short = taken.letters < SHORT
    found = drawn(taken, known.shares, ~short)[:, which]
    for at in np.flatnonzero(np.isnan(found)).tolist():
        found[at] = asked(texts[at]).get(code, 0.0)
    found[found <= LEAST] = 0.0
    for at in np.flatnonzero(short & (taken.counts > 0)).tolist():
        found[at] = _believed(taken, at, which, known)
    return np.minimum(found, 1.0)


def _believed(taken: Grams, text: int, which: int, known: Profiles) -> float:
    """The rule for short texts."""
    begin = taken.starts[text]
    shares = known.shares[taken.numbers[begin : begin + taken.counts[text]]]
    said = np.log(shares + SMOOTHING).sum(axis=0) / WITNESSES
    said += np.log((1 - PRIOR) / (len(known.codes) - 1))
    said[which] += np.log(PRIOR) - np.log((1 - PRIOR) / (len(known.codes) - 1))
    odds = np.exp(said - said.max())
    return float(odds[which] / odds.sum())


def asked(text: str) -> dict[str, float]:
    """What `langdetect` itself says: the probability of each language that it names."""
    from langdetect.lang_detect_exception import LangDetectException

    detector = _factory().create()
    detector.append(text)
    try:
        return {each.lang: float(each.prob) for each in detector.get_probabilities()}
    except LangDetectException:  # letters, but of no script it knows
        return {}


@cache
def _factory() -> DetectorFactory:
    """All language profiles, and a seed: `langdetect` samples, and would differ from run to run."""
    from langdetect.detector_factory import PROFILES_DIRECTORY, DetectorFactory

    factory = DetectorFactory()
    factory.load_profile(PROFILES_DIRECTORY)
    factory.set_seed(SEED)
    return factory
