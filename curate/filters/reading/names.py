"""The names and numbers in a text: what can be looked up in a passage, and be wrong."""

from __future__ import annotations

import re

from curate.filters.reading.lazy import of_word
from curate.filters.wording import COUNTS, without_marks
from curate.text import folded

NUMBER = re.compile(r"\d(?<![\w.]\d)\d*(?:[.,_]\d+)*(?!\w)")
"""A number, with the dots of a version in it."""

_SIGNS = re.compile("[_(`\"'“]|[a-z][A-Z]")  # what every code name has
_CODE_NAME = re.compile(
    r"(?<!\w)[A-Za-z]*(?:_\w+|[a-z][A-Z]\w*)"  # snake_case, camelCase, dunder
    r"|(?<!\w)[A-Za-z]\w*\(\)"  # called()
    r"|`([^`\s]+)`|\"([^\"\s]+)\"|(?<!\w)'([^'\s]+)'(?!\w)|“([^”\s]+)”"  # one word in quotes
)
_CAPITALS = re.compile(
    r"[A-Z](?:(?<!\w[A-Z])[A-Z]{2,}(?!\w)"  # an abbreviation
    r"|(?<=[a-z,;] [A-Z])[a-z]{3,}(?![\w-]))"  # a name, within a sentence
)
_LETTERED = frozenset(COUNTS) - {"zero", "one"}  # "one" is more often a pronoun


def code_names(text: str) -> set[str]:
    """The numbers and code names of `text`, folded; numbers that only count a list are left out."""
    return set().union(*map(_code_names, without_marks(text).split()))


@of_word
def _code_names(word: str) -> tuple[str, ...]:
    """Those of a run without white space: none has white space in it."""
    if word.islower() and word.isalpha():
        return ()
    found = set(NUMBER.findall(word))
    if _SIGNS.search(word):
        found.update(match[match.lastindex or 0] for match in _CODE_NAME.finditer(word))
    return tuple(folded(name) for name in found if any(map(str.isalnum, name)))


def proper_names(text: str, words: list[str]) -> set[str]:
    """The abbreviations, names and numbers in letters of `text`, folded; `words` are its units."""
    return {folded(name) for name in _CAPITALS.findall(text)} | _LETTERED.intersection(words)
