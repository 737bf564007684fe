"""The names and numbers in a text: what can be looked up in a passage, and be wrong."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import polars as pl

from curate.filters.reading.lazy import of_word
from curate.filters.reading.patterns import which
from curate.filters.reading.texts import Texts
from curate.filters.wording import COUNTS, without_marks
from curate.runs import owners
from curate.text import folded

NUMBER = re.compile(r"\d(?<![\w.]\d)\d*(?:[.,_]\d+)*(?!\w)")
"""A number, with the dots of a version in it."""

_SIGNS = re.compile("[_(`\"'“]|[a-z][A-Z]")  # what every code name has
_MAY_NAME = r"[^\s\x1c-\x1f]*(?:\d|[_(`\"'“]|[a-z][A-Z])[^\s\x1c-\x1f]*"
"""A run without white space that may have names: none has white space in it."""
_CODE_NAME = re.compile(
    r"(?<!\w)[A-Za-z]*(?:_\w+|[a-z][A-Z]\w*)"  # snake_case, camelCase, dunder
    r"|(?<!\w)[A-Za-z]\w*\(\)"  # called()
    r"|`([^`\s]+)`|\"([^\"\s]+)\"|(?<!\w)'([^'\s]+)'(?!\w)|“([^”\s]+)”"  # one word in quotes
)
_CAPITALS = re.compile(
    r"[A-Z](?:(?<!\w[A-Z])[A-Z]{2,}(?!\w)"  # an abbreviation
    r"|(?<=[a-z,;] [A-Z])[a-z]{3,}(?![\w-]))"  # a name, within a sentence
)
_MAY_BE_CAPITALS = "[A-Z]{3}|[a-z,;] [A-Z][a-z]{3}"
_LETTERED = frozenset(COUNTS) - {"zero", "one"}  # "one" is more often a pronoun


def code_names(texts: Sequence[str]) -> list[set[str]]:
    """The numbers and code names of each text, folded, without numbers that only count a list."""
    bare = pl.Series([without_marks(text) for text in texts], dtype=pl.String)
    runs = bare.str.extract_all(_MAY_NAME)
    owner = owners(runs.list.len().to_numpy())
    found: list[set[str]] = [set() for _ in texts]
    for at, run in zip(owner.tolist(), runs.explode().drop_nulls(), strict=True):
        found[at].update(_code_names(run))
    return found


@of_word
def _code_names(word: str) -> tuple[str, ...]:
    """Those of a run without white space."""
    found = set(NUMBER.findall(word))
    if _SIGNS.search(word):
        found.update(match[match.lastindex or 0] for match in _CODE_NAME.finditer(word))
    return tuple(folded(name) for name in found if any(map(str.isalnum, name)))


def proper_names(texts: Texts) -> list[set[str]]:
    """The abbreviations, names and numbers in letters of each text, folded."""
    found: list[set[str]] = [set() for _ in texts.texts]
    for at in which(texts.texts, _MAY_BE_CAPITALS).tolist():
        found[at] = set(map(folded, _CAPITALS.findall(texts.texts[at])))
    lettered = texts.vocabulary.marks(_LETTERED).take(texts.words.numbers.take(texts.units))
    owner = owners(texts.counts)
    for at in np.flatnonzero(lettered).tolist():
        number = texts.words.numbers[texts.units[at]]
        found[owner[at]].add(texts.vocabulary.words[number])
    return found
