"""The n-grams of many texts at once: those that `langdetect` draws from, in its order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from curate.filters.languages.profiles import CODEPOINTS, SPACE, UNKNOWN, Ints, Marks, Profiles

MOST = 10_000
"""Letters of a text that `langdetect` reads."""


@dataclass(frozen=True)
class Grams:
    """Known n-grams of texts, one text after the other."""

    numbers: Ints
    counts: Ints
    """How many of `numbers` are of each text."""
    letters: Ints
    """How many letters of each text are read, of those that are in a profile."""
    starts: Ints
    """Where the n-grams of each text begin."""


def cleaned(text: str) -> str:
    """As `langdetect` takes a text up: no addresses, Vietnamese composed, 10,000 signs."""
    from langdetect.detector import Detector
    from langdetect.utils.ngram import NGram

    if "://" in text:
        text = Detector.URL_RE.sub(" ", text)
    if "@" in text:
        text = Detector.MAIL_RE.sub(" ", text)
    if not text.isascii():
        text = NGram.normalize_vi(text)
    return text[:MOST]


def grams(texts: Sequence[str], known: Profiles) -> Grams:
    """N-grams of one to three letters of a word and the spaces around it.

    A word's capitals after a capital are left out, as are Latin letters in a text that has more
    than twice as many of other scripts.
    """
    taken = [cleaned(text) for text in texts]
    joined = "".join(f"{text}\n" for text in taken).encode("utf-32-le", "surrogatepass")
    points = np.frombuffer(joined, np.uint32).astype(np.int64)
    np.minimum(points, CODEPOINTS - 1, out=points)
    owner = np.repeat(np.arange(len(texts)), [len(text) + 1 for text in taken])
    stays = _scripts(points, owner, len(texts), known)
    if not stays.all():
        points, owner = points[stays], owner[stays]
    ends = np.flatnonzero(np.diff(owner, append=len(texts)))
    letter, upper = known.letter[points], known.upper[points]
    one, two = _shifted(letter, 1), _shifted(letter, 2)
    asked = (letter != SPACE) | (one != SPACE)
    asked[1:] &= ~(upper[1:] & upper[:-1])
    asked[ends] = False
    letter, one, two, owner = letter[asked], one[asked], two[asked], owner[asked]
    pairs = one * known.base + letter
    keys = np.stack([letter, pairs, two * known.base**2 + pairs], axis=1)
    found = known.find(keys.ravel())
    there = found >= 0
    counts = np.bincount(
        owner, weights=np.count_nonzero(there.reshape(-1, 3), axis=1), minlength=len(texts)
    )
    words = np.bincount(owner[letter > UNKNOWN], minlength=len(texts))
    counts = counts.astype(np.int64)
    return Grams(found[there], counts, words, np.cumsum(counts) - counts)


def _scripts(points: Ints, owner: Ints, texts: int, known: Profiles) -> Marks:
    """False for the Latin letters of texts in another script."""
    foreign = known.foreign[points]
    if not foreign.any():
        return np.ones(len(points), bool)
    latin = (points >= ord("A")) & (points <= ord("z"))
    other = 2 * np.bincount(owner[latin], minlength=texts) < np.bincount(
        owner[foreign], minlength=texts
    )
    return ~(latin & other[owner])


def _shifted(letters: Ints, by: int) -> Ints:
    return np.concatenate([np.full(by, SPACE), letters])[: len(letters)]
