"""Words of a text in any script, and how many of them two texts share."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

WORD = re.compile(r"\w+(?:['’]\w+)*")


def words(text: str) -> list[str]:
    """Case-folded words: runs of letters, digits and underscore, an apostrophe within included."""
    return WORD.findall(unicodedata.normalize("NFKC", text).casefold().replace("’", "'"))


def f1(answer: Iterable[str], reference: Iterable[str]) -> float:
    """Token F1 of two lists of words, as SQuAD counts it; 1 where both are empty.

    Rajpurkar et al. 2016, arXiv:1606.05250; articles are words here, since not all is English.
    """
    given, wanted = Counter(answer), Counter(reference)
    if not given and not wanted:
        return 1.0
    shared = (given & wanted).total()
    return 2 * shared / (given.total() + wanted.total())
