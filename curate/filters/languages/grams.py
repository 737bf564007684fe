"""The n-grams of many texts at once: those that `langdetect` draws from, in its order.

N-grams do not reach from one word into the next. So those of a text are those of its words, one
after the other, and each word of all texts is taken apart once.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from curate.filters.languages.profiles import CODEPOINTS, SPACE, UNKNOWN, Ints, Profiles

MOST = 10_000
"""Letters of a text that `langdetect` reads."""

_LATIN = re.compile("[A-z]")  # with the signs between them, as `langdetect` counts
_FOREIGN = re.compile("[\u0300-\U0010ffff]")


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
    """As `langdetect` takes a text up: no addresses, Vietnamese composed, 10,000 signs.

    Latin letters are left out where there are more than twice as many of other scripts.
    """
    from langdetect.detector import Detector
    from langdetect.utils.ngram import NGram

    if "://" in text:
        text = Detector.URL_RE.sub(" ", text)
    if "@" in text:
        text = Detector.MAIL_RE.sub(" ", text)
    if text.isascii():
        return text[:MOST]
    text = NGram.normalize_vi(text)[:MOST]
    if 2 * len(_LATIN.findall(text)) < len(_FOREIGN.findall(text)):
        text = _LATIN.sub("", text)
    return text


def grams(texts: Sequence[str], known: Profiles) -> Grams:
    """N-grams of one to three letters of a word and the spaces around it.

    A word's capitals after a capital are left out.
    """
    words = list(map(_words, texts))
    numbered: defaultdict[str, int] = defaultdict()
    numbered.default_factory = numbered.__len__
    which = np.fromiter(map(numbered.__getitem__, chain.from_iterable(words)), np.int64)
    those, last = _of_words(list(numbered), known)
    ends = np.cumsum(list(map(len, words)), dtype=np.int64)
    counts = those.counts[which]
    counts[ends - 1] -= last[which[ends - 1]]
    upto = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    shift = np.repeat(those.starts[which] - upto[:-1], counts)
    numbers = those.numbers.take(shift + np.arange(upto[-1]))
    letters = np.concatenate([np.zeros(1, np.int64), np.cumsum(those.letters[which])])
    begins = np.concatenate([np.zeros(1, np.int64), ends])
    starts = upto[begins]
    return Grams(numbers, np.diff(starts), np.diff(letters[begins]), starts[:-1])


def _words(text: str) -> list[str]:
    """The words of a text; a text with other white space than spaces between words is taken whole.

    At least one, the empty one.
    """
    text = cleaned(text)
    words = text.split()
    return words if words and " ".join(words) == text else [text]


def _of_words(words: Sequence[str], known: Profiles) -> tuple[Grams, Ints]:
    """The n-grams of words with a space behind each, and how many of them end with that space."""
    joined = "".join(f"{word}\n" for word in words).encode("utf-32-le", "surrogatepass")
    points = np.frombuffer(joined, np.uint32).astype(np.int64)
    np.minimum(points, CODEPOINTS - 1, out=points)
    sizes = np.fromiter(map(len, words), np.int64, len(words)) + 1
    owner = np.repeat(np.arange(len(words)), sizes)
    letter, upper = known.letter[points], known.upper[points]
    one, two = _shifted(letter, 1), _shifted(letter, 2)
    asked = (letter != SPACE) | (one != SPACE)
    asked[1:] &= ~(upper[1:] & upper[:-1])
    ends = np.cumsum(sizes) - 1
    behind = np.zeros(len(points), bool)
    behind[ends] = True
    letter, one, two, owner = letter[asked], one[asked], two[asked], owner[asked]
    pairs = one * known.base + letter
    keys = np.stack([letter, pairs, two * known.base**2 + pairs], axis=1)
    found = known.find(keys.ravel())
    there = found >= 0
    of_each = np.count_nonzero(there.reshape(-1, 3), axis=1)
    last = np.zeros(len(words), np.int64)
    last[owner[behind[asked]]] = of_each[behind[asked]]
    letters = np.bincount(owner[letter > UNKNOWN], minlength=len(words))
    counts = np.bincount(owner, weights=of_each, minlength=len(words)).astype(np.int64)
    return Grams(found[there], counts, letters, np.cumsum(counts) - counts), last


def _shifted(letters: Ints, by: int) -> Ints:
    return np.concatenate([np.full(by, SPACE), letters])[: len(letters)]
