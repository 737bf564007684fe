"""Questions that ask nothing: "What does the subscript yield an integer?"

Small models turn a statement into a question by putting "What does" before it, and leave in place
what "what" should ask for. Then a finite verb stands where none can ("What does an exception is
raised?"), or an object right after the verb. English only; what is not seen to be garbled is taken
to be sound.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np

from curate.filters.reading.texts import Texts
from curate.runs import Ints

_BE = frozenset(["is", "are", "was", "were"])
_FINITE = _BE | {"cannot", "could", "may", "might", "must", "should", "would"}
_LEAD = 14  # words that may stand before "what does"

HELPERS = _BE | frozenset(
    "do does did has have had can could may might must shall should will would".split()  # noqa: SIM905
)
"""Verbs that stand before the subject of a question."""

DO = frozenset(["do", "does", "did"])
"""Of these the verbs that ask for what another verb does."""

_STOP = """
after although as because before how if once since than that there though to unless until what when
where whether which while who whom whose why
agree argue assume believe claim consider expect fear find hope imagine mean say suggest suppose
think want wish
"""
_CLAUSES = frozenset(_STOP.split())
"""Words after which another clause may begin, of which nothing is said here."""

_DETERMINERS = frozenset("a an any each every its the their his her our your my".split())  # noqa: SIM905
_TAKES_AN_OBJECT = """
about above across against along among and around at behind below between beyond but by despite down
during except for from in inside into like near not of off on only onto or out outside over per
through toward towards under up upon using via with within without
allow ask assign call cause cost do enable force give grant have help lead let make name need offer
permit promise recommend require see send show teach tell treat use
"""
_BEFORE = _DETERMINERS | frozenset(_TAKES_AN_OBJECT.split())
_ENDS = frozenset("about at by for from in into of on to with".split())  # noqa: SIM905


def asking(units: Sequence[str]) -> Sequence[str]:
    """The words of a question from "what does" on, of whatever helping verb; else none.

    Before them may stand what they are about: "In a match statement, what does …".
    """
    for at, word in enumerate(units[:_LEAD]):
        if word == "what":
            return units[at:] if units[at + 1 : at + 2] and units[at + 1] in HELPERS else ()
    return ()


def asking_texts(texts: Texts, helpers: Iterable[str]) -> Ints:
    """The texts that have "what does", of one of these helping verbs: they may be `asking`."""
    words = texts.words
    what = words.marked(texts.vocabulary.marks(["what"]))
    after = words.numbers.take(what + 1, mode="clip")
    places = what[texts.vocabulary.marks(helpers).take(after)]
    found = np.searchsorted(places, texts.begin) < np.searchsorted(places, texts.end - 1)
    return np.flatnonzero(found)


def garbled(units: Sequence[str]) -> bool:
    """Whether a question of these words, folded, begins "what does" and asks nothing."""
    units = asking(units)
    if len(units) < 4 or units[1] not in DO:
        return False
    stranded = units[-1] in _ENDS  # "What does it bind the name to?"
    for before, word in pairwise(units[2:]):
        if before in _CLAUSES or word in _CLAUSES:
            return False
        if word in _FINITE:
            return True
        if stranded:
            continue
        if word in _DETERMINERS and before not in _BEFORE and not before.endswith("ing"):
            return True
    return False
