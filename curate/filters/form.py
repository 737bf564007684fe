"""Whether a pair is well formed: a question and a whole answer, without debris of their making.

Each flaw that is found multiplies what is left: FATAL by 0.1, BAD by 0.4, SLIGHT by 0.8.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from curate.filters.flaws import (
    ANYWHERE,
    ASKED,
    BAD,
    CHATTER,
    FATAL,
    SLIGHT,
    Left,
    left,
    plain,
    undamaged,
)
from curate.filters.garbled import DO, asking_texts, garbled
from curate.filters.reading.part import Part
from curate.filters.reading.texts import Reading, Texts
from curate.filters.repetition import repetition
from curate.runs import Floats, Marks

GOPHER = 0.15
"""Gopher's cut-off: a larger share of letters in duplicated 5-grams is a flaw."""

BARE = 0.7
"""What is left of a few words without an end mark: a short answer, or the start of one."""

_OPENERS = """
what what's who who's whom whose which when where why how is are am was were do does did can could
should would will may might must has have had in on at for under from by with to if given suppose
explain describe list name write give define summarize summarise compare contrast identify state
outline tell show find explore discuss provide mention create generate rewrite translate classify
extract complete convert calculate compute determine edit fix correct implement make produce design
develop suggest propose construct compose select choose sort arrange order evaluate analyze analyse
paraphrase simplify predict estimate brainstorm come think imagine add remove replace change use
turn transform expand shorten answer read consider demonstrate illustrate justify prove solve
"""
_OPENER = frozenset(_OPENERS.split())
_TELLING = frozenset(
    ["this", "that", "these", "the", "it", "there", "here", "sure", "answer", "yes", "no"]
)
_END = re.compile(r"(?:[.!?。！？…।؟][\"'”’)\]*_`]*|```|[。！？])\s*$")
_HALF_WAYS = """
and or but nor the a an of to in on at by with from for into onto about between through under over
is are was were be been being am do does did has have had can could will would should may might must
that which who whose if when because as than so such this these those its their your our my it they
we you not no very more most each every any some both also only e.g i.e via per
"""
_HALF_WAY = frozenset(_HALF_WAYS.split())
_OPEN = re.compile(r"[,;:(\[{—–-]\s*$")
_CODE_LINE = re.compile(
    r"[)\]};`\"'*”’]\s*$|^\s{4}|^\s*(?:>>>|\.\.\.|return\b|import\b|def\b|class\b|[$#%])"
    r"|\s(?:[-+*/%<>=!|&]?=|[<>|&]+)\s|\w=\w"
)


def forms(part: Part) -> Floats:
    """(rows) How well formed each pair is, from 0 to 1; 0 where a side is empty.

    A refusal may apologise, and with a text given as input an instruction may be one word.
    """
    instructions, outputs = part.column("instruction"), part.column("output")
    refusals = [kind == "refusal" for kind in part.column("kind")]
    found = _common(instructions, refusals) * _common(outputs, refusals)
    found *= left(plain(instructions), ASKED)
    given = np.array([bool(text.strip()) for text in part.column("input")], np.bool_)
    found *= _asked(part.asked, given) * _said(part.said)
    for at, (instruction, output) in enumerate(zip(instructions, outputs, strict=True)):
        wordless = not part.said.counts[at] and output.isascii()
        if wordless or not instruction.strip() or not output.strip():
            found[at] = 0.0
    return found


def _common(texts: Sequence[str], refusals: Sequence[bool]) -> Left:
    bare = plain(texts)
    chatter = left(bare, CHATTER)
    chatter[np.array(refusals, bool)] = 1.0
    return left(bare, ANYWHERE) * chatter * undamaged(bare)


def _asked(asked: Texts, given: Marks) -> Left:
    """What the flaws of each instruction leave."""
    texts = asked.texts
    found = np.where(asked.counts < np.where(given, 1, 3), FATAL, 1.0)
    crowded = np.array([text.count("?") > 2 for text in texts], np.bool_)
    found[crowded | (asked.counts > 80) | (repetition(asked) > GOPHER)] *= BAD
    for at, text in enumerate(texts):
        if not _is_question(text) and not _asks(asked[at]):
            first = (asked[at].units or [""])[0]
            found[at] *= FATAL if first in _TELLING else BAD if first.isascii() else 1.0
    for at in asking_texts(asked, DO).tolist():
        if any(garbled(each.units) for each in (asked[at], *asked[at].sentences)):
            found[at] *= FATAL
    lower = [text.lstrip("\"'“‘(`*")[:1].islower() for text in texts]
    found[np.array(lower, np.bool_)] *= SLIGHT
    return found


def _is_question(text: str) -> bool:
    return text.rstrip("\"'”’)` ").endswith(("?", "？", "؟"))


def _asks(asked: Reading) -> bool:
    """Whether an instruction or one of its sentences opens with a verb, or one is a question."""
    return any(
        _is_question(each.text) or bool(each.units and each.units[0] in _OPENER)
        for each in (asked, *asked.sentences)
    )


def _said(said: Texts) -> Left:
    """What the flaws of each output leave."""
    found = _calm(repetition(said))
    for at, text in enumerate(said.texts):
        if not text.endswith((".", "!", "?")) and not _END.search(text[-40:]):
            found[at] *= _unended(said[at])
        if text.count("```") % 2:
            found[at] *= BAD
        elif (
            text.count('"') % 2
            or text.count("(") != text.count(")")
            or text.count("“") != text.count("”")
        ):
            found[at] *= SLIGHT
    return found


def _unended(said: Reading) -> float:
    """What an answer without an end mark leaves: 1 if it ends in code, BARE for a few words."""
    if _OPEN.search(said.text[-40:]):
        return FATAL
    last = said.text.rstrip().rpartition("\n")[2]
    if _CODE_LINE.search(last):
        return 1.0
    if len(said.units) > 1 and said.units[-1] in _HALF_WAY:
        return FATAL
    return BARE if len(said.units) < 8 and len(list(said.sentences)) == 1 else BAD / 2


def _calm(share: Floats) -> Left:
    """1 up to Gopher's cut-off for repetition, FATAL from twice that on, falling in between."""
    return 1.0 - (1.0 - FATAL) * np.clip(share / GOPHER - 1.0, 0.0, 1.0)
