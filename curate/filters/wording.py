"""What the measures of meaning share: stems, sentences, and the names and numbers in a text."""

from __future__ import annotations

import re
from collections.abc import Iterable

from curate.text import content_units, folded, units

_COUNTS = {
    word: str(number)
    for number, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
        ]
    )
}
_DENIALS = frozenset(
    ("not", "no", "never", "neither", "nor", "cannot", "without", "nothing", "none")
)
_ENDINGS = ("'s", "ing", "ed", "ly")
_VOWEL = re.compile(r"[aeiouy]")
_SENTENCE = re.compile(r"(?<=[.!?])[\"'”’)\]*`]*\s+(?=[\"'“‘(\[*`]*[A-Z0-9])|(?<=[。！？])|\n+")
_LIST_MARK = re.compile(r"(?m)^[ \t]*(?:\d+[.)]|[-*•])[ \t]+")
_NUMBER = re.compile(r"(?<![\w.])\d+(?:[.,_]\d+)*(?![\w])")
_NAME = re.compile(
    r"(?<![\w.])[A-Za-z]*(?:_\w+|[a-z][A-Z]\w*)"  # snake_case, camelCase, dunder
    r"|(?<!\w)[A-Za-z]\w*\(\)"  # called()
    r"|`([^`\s]+)`|\"([^\"\s]+)\"|(?<!\w)'([^'\s]+)'(?!\w)|“([^”\s]+)”"  # one word in quotes
)


def stem(unit: str) -> str:
    """`unit` (folded) without its English endings, so that "returned" and "returns" meet.

    Names with a digit or underscore and words of other scripts stay as they are.
    """
    if unit in _COUNTS:
        return _COUNTS[unit]
    if len(unit) <= 3 or not (unit.isascii() and unit.replace("'", "").isalpha()):
        return unit
    word = unit.removesuffix("'s")
    if word.endswith("ies") and len(word) > 4:
        word = word[:-3] + "y"
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in _ENDINGS:
        head = word.removesuffix(ending)
        if head != word and len(head) > 2 and _VOWEL.search(head):
            word = head[:-1] if head[-1] == head[-2] and head[-1] not in "ls" else head
            break
    if word.endswith(("tion", "sion")) and len(word) > 5:
        word = word[:-3]
    return word.removesuffix("e") if len(word) > 3 else word


_VAGUE = """
purpose use used using difference way example reason happen work make get result value
function method statement operator keyword
"""
VAGUE = frozenset(map(stem, _VAGUE.split()))
"""Stems that any question and answer may have, so that sharing or lacking them proves nothing."""


def stems(text: str) -> list[str]:
    """The stems of all units of `text`, in order."""
    return [stem(unit) for unit in units(text)]


def content_stems(text: str) -> list[str]:
    """The stems of the units of `text` that carry meaning, in order."""
    return [stem(unit) for unit in content_units(text)]


def sentences(text: str) -> list[str]:
    """The sentences and lines of `text` that are not empty."""
    parts = _SENTENCE.split(_LIST_MARK.sub("", text))
    return [part.strip() for part in parts if part.strip()]


def denies(words: Iterable[str]) -> bool:
    """Whether there is a "not" among `words`, which are units, or one of its kind."""
    return any(word in _DENIALS or word.endswith("n't") for word in words)


def names(text: str) -> set[str]:
    """The numbers and code names of `text`, folded; numbers that only count a list are left out."""
    text = _LIST_MARK.sub(" ", text)
    found = {match.group() for match in _NUMBER.finditer(text)}
    for match in _NAME.finditer(text):
        found.add(next((group for group in match.groups() if group), match.group()))
    return {folded(name) for name in found if any(map(str.isalnum, name))}
