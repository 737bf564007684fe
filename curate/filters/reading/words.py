"""Words, their stems, and which of them a "not" stands before; fast where texts are as most are."""

from __future__ import annotations

import re

from curate.filters import wording
from curate.filters.reading.lazy import of_word
from curate.text import MARKS, UNSPACED, content_units, folded, units

_GAPS = str.maketrans(
    {chr(at): " " for at in range(128) if not (chr(at).isalnum() or chr(at) in "_'")}
)
_QUOTE = re.compile(r"'(?:(?!\w)|(?<!\w'))")  # an apostrophe that is not within a word
_PRINTED = str.maketrans(dict.fromkeys("“”„–—‘•…→", " "))
_PLAIN_UNIT = re.compile(r"\w+(?:'\w+)*")
_OTHER = re.compile(f"[{UNSPACED}{MARKS}]")

_NOTHING = frozenset(["no", "neither", "nor", "without", "nothing"])
_VERBS = "do does did is are was were has have had ca could wo would should must need might ai"
_NOT = frozenset(["not", "never", "cannot", *(f"{verb}n't" for verb in _VERBS.split())])
_DENIALS = _NOTHING | _NOT
_MAY_STOP = re.compile("n(?:o|ot|ever|not|'t)[^\\w\\s']")
_STOPPED = re.compile(r"\b(?:no|not|never|cannot|\w+n't)(?=\W*[.,!?;:])")


def fold(text: str) -> str:
    """`text.folded`, sooner done for ASCII."""
    return text.lower() if text.isascii() else folded(text)


def words_of(text: str) -> list[str]:
    """`text.units` of a text that is folded already."""
    if not text.isascii():
        plain = text.translate(_PRINTED)
        if not plain.isascii():
            return units(text) if _OTHER.search(plain) else _PLAIN_UNIT.findall(plain)
        text = plain
    if "'" in text:
        text = _QUOTE.sub(" ", text)
    return text.translate(_GAPS).split()


@of_word
def stem(unit: str) -> str:
    """`wording.stem`, remembered."""
    return wording.stem(unit)


@of_word
def meaning(unit: str) -> str:
    """The stem of a word that carries meaning; "" for a function word."""
    return wording.stem(unit) if content_units(unit) else ""


def denials(words: list[str]) -> list[int]:
    """Where the words stand that deny: "not" and its kind."""
    if _DENIALS.isdisjoint(words):
        return []
    return [at for at, word in enumerate(words) if word in _DENIALS]


def denied(text: str, words: list[str]) -> list[int]:
    """Which of the words of a folded text a denial speaks of.

    That is the next word with a meaning; where the clause ends with the "not", the one before. A
    "no" with a stop behind it is an answer by itself.
    """
    found: list[int] = []
    where = denials(words)
    stopped = _stopped(text) if where and _MAY_STOP.search(text) else set()
    for at in where:
        if at not in stopped:
            found += next(
                ([place] for place in range(at + 1, len(words)) if meaning(words[place])), []
            )
        elif words[at] in _NOT:
            found += next(([place] for place in range(at - 1, -1, -1) if meaning(words[place])), [])
    return found


def _stopped(text: str) -> set[int]:
    """Which words are denials with a stop behind them."""
    found: set[int] = set()
    count = end = 0
    for match in _STOPPED.finditer(text):
        count += len(words_of(text[end : match.end()]))
        end = match.end()
        found.add(count - 1)
    return found
