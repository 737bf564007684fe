"""Whether an answer answers its question: it speaks of the same thing, and says more than it.

fit = topic * news * about * place

topic   the answer takes up the question's words
news    the answer says more than the question did
about   the passage speaks of what is asked
place   the answer is from where in the passage the question's words stand together
"""

from __future__ import annotations

import re

from curate.filters.place import place
from curate.filters.reading.passages import Source, source
from curate.filters.reading.support import support
from curate.filters.reading.texts import Reading, reading
from curate.filters.wording import VAGUE

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
_LEAST = 0.4  # what no common word leaves where nothing else tells what the answer is about, …
_PLACED = 0.7  # … and where its place in the passage does


def fit(instruction: str, given: str, output: str, passage: str | None = None) -> float:
    """How well `output` answers `instruction`, from 0 to 1."""
    asked, said = reading(instruction), reading(output)
    if not said.units:
        return 0.0
    left = _news(asked, said) * _amount(asked, said)
    if "?" in output and "question" not in asked.folded:
        left *= _statement(said)
    if passage is None:
        return left * _topic(asked, said, given, _LEAST)
    about = source(passage)
    found = support(output, passage)
    left *= _topic(asked, said, given, _PLACED) * _about(asked, about)
    return left * place(asked, said, about, found.spans if found else ())


def _topic(asked: Reading, said: Reading, given: str, least: float) -> float:
    """Whether the answer takes up the question's words. What works on an input need not."""
    if not asked.topic:
        return 0.8
    share = len(asked.topic & said.stems) / len(asked.topic)
    answers_alone = given.strip() or len(said.units) < _SHORT or said.units[0] in _REFERS
    if answers_alone or not _QUESTION.search(asked.text.rstrip()):
        least = max(least, 0.8)
    return min(1.0, least + 1.2 * share)


def _about(asked: Reading, about: Source) -> float:
    """How much of what is asked about the passage speaks of at all, code names above all."""
    known = len(asked.topic & about.places.keys()) / len(asked.topic) if asked.topic else 1.0
    return min(1.0, 0.5 + 0.8 * known) * 0.4 ** sum(map(about.lacks, asked.code_names))


def _news(asked: Reading, said: Reading) -> float:
    """Whether the answer says more than the question did: 0.1 for an echo."""
    if said.units == asked.units:
        return 0.1
    if _WHETHER.search(asked.folded) or (
        _HOW_MANY.search(asked.folded) and _AMOUNT.search(said.folded)
    ):
        return 1.0
    words = frozenset(said.content)
    if not words:
        return 0.4
    telling = words - VAGUE or words
    new = len(telling.difference(asked.content)) / len(telling)
    return max(0.1, min(1.0, 5.0 * new - 0.5))


def _amount(asked: Reading, said: Reading) -> float:
    """Whether "how many" gets a number, or a word like one."""
    return 0.4 if _HOW_MANY.search(asked.folded) and not _AMOUNT.search(said.folded) else 1.0


def _statement(said: Reading) -> float:
    """Whether the answer states something, where it is not itself a question."""
    asking = [bool(_QUESTION.search(sentence.text)) for sentence in said.sentences]
    if asking and asking[-1]:
        return 0.1
    return 0.4 if any(asking) else 1.0
