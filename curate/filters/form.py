"""Whether a pair is well formed: a question and a whole answer, without debris of their making.

Each flaw that is found multiplies what is left: FATAL by 0.1, BAD by 0.4, SLIGHT by 0.8.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence

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
from curate.filters.garbled import garbled
from curate.filters.reading.texts import Reading, reading
from curate.filters.repetition import repeated

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


def forms(
    instructions: Sequence[str],
    given: Sequence[str],
    outputs: Sequence[str],
    refusals: Sequence[bool],
) -> list[float]:
    """How well formed each pair is, from 0 to 1; 0 where a side is empty.

    A refusal may apologise, and with a text `given` as input an instruction may be one word.
    """
    common = _common(instructions, refusals) * _common(outputs, refusals)
    common *= left(plain(instructions), ASKED)
    rows = zip(instructions, given, outputs, common.tolist(), strict=True)
    return [_form(asked, bool(extra.strip()), said, share) for asked, extra, said, share in rows]


def _common(texts: Sequence[str], refusals: Sequence[bool]) -> Left:
    bare = plain(texts)
    chatter = left(bare, CHATTER)
    chatter[np.array(refusals, bool)] = 1.0
    return left(bare, ANYWHERE) * chatter * undamaged(bare)


def _form(instruction: str, given: bool, output: str, share: float) -> float:
    if not instruction.strip() or not output.strip():
        return 0.0
    asked, said = reading(instruction), reading(output)
    if not said.units and output.isascii():
        return 0.0
    return share * math.prod(_instruction_flaws(asked, given)) * math.prod(_output_flaws(said))


def _instruction_flaws(asked: Reading, given: bool) -> Iterator[float]:
    text, count = asked.text, len(asked.units)
    if count < (1 if given else 3):
        yield FATAL
    if count > 80 or text.count("?") > 2 or repeated(text) > GOPHER:
        yield BAD
    if not _asks(asked) and not any(map(_asks, asked.sentences)):
        first = asked.units[0] if asked.units else ""
        yield FATAL if first in _TELLING else BAD if first.isascii() else 1.0
    if garbled(asked.units) or any(garbled(each.units) for each in asked.sentences):
        yield FATAL
    if text.lstrip("\"'“‘(`*")[:1].islower():
        yield SLIGHT


def _asks(sentence: Reading) -> bool:
    if sentence.text.rstrip("\"'”’)` ").endswith(("?", "？", "؟")):
        return True
    return bool(sentence.units) and sentence.units[0] in _OPENER


def _output_flaws(said: Reading) -> Iterator[float]:
    text = said.text
    yield _whole(said)
    yield _calm(repeated(text))
    if text.count("```") % 2:
        yield BAD
    elif (
        text.count('"') % 2
        or text.count("(") != text.count(")")
        or text.count("“") != text.count("”")
    ):
        yield SLIGHT


def _whole(said: Reading) -> float:
    """Whether an answer comes to an end: a full stop, the end of code, or a few words."""
    if _END.search(said.text[-40:]):
        return 1.0
    if _OPEN.search(said.text[-40:]):
        return FATAL
    last = said.text.rstrip().rpartition("\n")[2]
    if _CODE_LINE.search(last):
        return 1.0
    if len(said.units) > 1 and said.units[-1] in _HALF_WAY:
        return FATAL
    return BARE if len(said.units) < 8 and len(said.sentences) == 1 else BAD / 2


def _calm(share: float) -> float:
    """1 up to Gopher's cut-off for repetition, FATAL from twice that on, falling in between."""
    return 1.0 - (1.0 - FATAL) * min(1.0, max(0.0, share / GOPHER - 1.0))
