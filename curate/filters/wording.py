"""What the measures of meaning share: stems, sentences, and words that mean little."""

from __future__ import annotations

import re

from curate.text import content_units, units

_NUMERALS = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
sixteen seventeen eighteen nineteen twenty
"""
COUNTS = {word: str(number) for number, word in enumerate(_NUMERALS.split())}
"""Numbers in letters, up to ninety, and in digits."""
COUNTS |= {
    f"{ten}ty": f"{10 * at}"
    for at, ten in enumerate(["thir", "for", "fif", "six", "seven", "eigh", "nine"], 3)
}

_ENDINGS = ("'s", "ing", "ed", "ly")
_VOWEL = re.compile(r"[aeiouy]")
_SENTENCE_END = re.compile(
    r"[.!?。！？\n](?:(?<=[.!?])[\"'”’)\]*_`]*\s+(?=[\"'“‘(\[*`]*[A-Z0-9])|(?<=[。！？\n]))"
)
_ENDS = ".!?。！？\n"
_LIST_MARK = re.compile(r"(?m)^[ \t]*(?:\d+[.)]|[-*•])[ \t]+")


def stem(unit: str) -> str:
    """`unit` (folded) without its English endings, so that "returned" and "returns" meet.

    Names with a digit or underscore and words of other scripts stay as they are.
    """
    if unit in COUNTS:
        return COUNTS[unit]
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
    text = without_marks(text)
    if not any(map(text[:-1].__contains__, _ENDS)):
        return [text.strip()] if text.strip() else []
    parts: list[str] = []
    start = 0
    for match in _SENTENCE_END.finditer(text):
        parts.append(text[start : match.end()])
        start = match.end()
    parts.append(text[start:])
    return [part for part in map(str.strip, parts) if part]


def without_marks(text: str) -> str:
    """`text` without the numbers and bullets of the points of its lists."""
    if "\n" in text or _LIST_MARK.match(text):
        return _LIST_MARK.sub("", text)
    return text
