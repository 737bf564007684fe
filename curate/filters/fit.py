"""Whether an answer answers its question: it speaks of the same thing, and says more than it."""

from __future__ import annotations

import re

from curate.filters.grounding import CLASH, Source
from curate.filters.wording import VAGUE, content_stems, names, sentences, stems
from curate.text import folded, units

_REFERRING = """
it its they their this these that yes no he she both you because since to by as when if after
before until once only use call pass set add
"""
_REFERS = frozenset(_REFERRING.split())
_HOW_MANY = re.compile(r"^\W*(?:how (?:many|much|often|long|old|far|big|large)|what number)\b")
_AMOUNT = re.compile(
    r"\d|\b(?:no|none|zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w{3,}teen"
    r"|(?:twen|thir|for|fif|six|seven|eigh|nine)ty(?:-\w+)?|hundreds?|thousands?|millions?|dozens?|half"
    r"|once|twice|single|only|many|any|all|each|every|unlimited|few|several|both|never|always|until"
    r"|as (?:many|much|long|far|often) as|at least|at most)\b"
)
_WHETHER = re.compile(
    r"^\W*(?:is|are|am|was|were|do|does|did|can|could|should|will|would|may|has|have|must)\b"
)
_QUESTION = re.compile(r"[?？؟][\"'”’)\]*_`]*$")
_SHORT = 8  # words up to which an answer may name the thing asked for and nothing else


def fit(instruction: str, given: str, output: str, passage: str | None = None) -> float:
    """How well `output` answers `instruction`, from 0 to 1."""
    if not units(output):
        return 0.0
    left = _topic(instruction, given, output) * _news(instruction, output)
    if passage is not None:
        left *= _about(instruction, passage)
    if "question" not in folded(instruction):
        left *= _statement(output)
    if _HOW_MANY.search(folded(instruction)) and not _AMOUNT.search(folded(output)):
        left *= 0.4
    return left


def _topic(instruction: str, given: str, output: str) -> float:
    """Whether the answer takes up the question's words. What works on an input need not."""
    asked = set(content_stems(instruction)) - VAGUE
    if not asked:
        return 0.8
    share = len(asked & set(stems(output))) / len(asked)
    said = units(output)
    answers_alone = given.strip() or len(said) < _SHORT or said[0] in _REFERS
    least = 0.8 if answers_alone or not _QUESTION.search(instruction.rstrip()) else 0.3
    return max(least, min(1.0, 0.3 + 1.4 * share))


def _about(instruction: str, passage: str) -> float:
    """How much of what is asked about the passage speaks of at all, names above all."""
    source = Source.of(passage)
    asked = set(content_stems(instruction)) - VAGUE
    known = len(asked.intersection(source.stems)) / len(asked) if asked else 1.0
    return known * CLASH ** sum(map(source.lacks, names(instruction)))


def _news(instruction: str, output: str) -> float:
    """Whether the answer says more than the question did: 0.1 for an echo."""
    asked = folded(instruction)
    if _WHETHER.search(asked) or (_HOW_MANY.search(asked) and _AMOUNT.search(folded(output))):
        return 1.0
    said = set(content_stems(output))
    if not said:
        return 0.4
    telling = said - VAGUE or said
    new = len(telling - set(content_stems(instruction))) / len(telling)
    return max(0.1, min(1.0, 5.0 * new - 0.5))


def _statement(output: str) -> float:
    """Whether the answer states something, where it is not itself a question."""
    asking = [bool(_QUESTION.search(sentence)) for sentence in sentences(output)]
    if asking and asking[-1]:
        return 0.1
    return 0.4 if any(asking) else 1.0
