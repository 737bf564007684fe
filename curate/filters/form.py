"""Whether a pair is well formed: a question and a whole answer, without debris of their making.

Each flaw that is found multiplies what is left: FATAL by 0.1, BAD by 0.4, SLIGHT by 0.8.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from curate.filters.repetition import repeated
from curate.filters.wording import sentences
from curate.text import folded, units

FATAL, BAD, SLIGHT = 0.1, 0.4, 0.8

GOPHER = 0.15
"""Gopher's cut-off: a larger share of letters in duplicated 5-grams is a flaw."""

_DEBRIS = (  # what no instruction and no output should hold
    r"<\|[^|<>]*\|>|\[/?INST\]|</?s>|<</?SYS>>|<(?:start|end)_of_turn>",  # chat templates
    r"(?im:^[ \t]*#+[ \t]*(?:response|instruction|input|output|question|answer)\b)",
    r"(?im:^[^\w\n]*(?:questions?|answers?|instruction|human|assistant|user|system)[^\w\n]*:)",
    r"(?m:^[^\w\n]*[QA]\d*[^\w\n]*:)",
    r"\ufffd|â€|ï»¿|Ã[\x80-\xbf©¨¼¶¤±]|Â[\xa0-\xbf]|[\x00-\x08\x0e-\x1f\x7f]",  # mojibake
    r"::=",  # a grammar, copied
)
_MARKUP = (
    r"(?m:^[ \t]*([*=~^#-])\1{4,}[ \t]*$)|\+[-=]{3,}\+|\|[-=]{3,}\|",  # underlines and tables
    r"(?i:</?(?:p|br|div|span|li|ul|ol|table|tr|td|a|b|i|em|strong|h[1-6])(?:\s[^<>]*)?/?>)",
)
_ASSISTANT = (  # a chat assistant speaking of itself and to its user
    r"(?i:\bas an? (?:ai|(?:large )?language model|text-based|virtual assistant)\b)",
    r"(?i:^\W*(?:i'm|i am|i'd|i would) (?:be |just )?(?:sorry|unable|afraid|not able|ready|happy"
    r"|glad|here|love|like|a language|an ai|designed)\b)",
    r"(?i:^\W*(?:i (?:can(?:not|'t)|don't have|do not have|apologi[sz]e)|i've|i have read"
    r"|i can (?:help|assist|suggest|provide)|yes, i can)\b)",
    r"(?i:\bwhat would you like (?:me|to (?:know|do|ask))|\bhow (?:can|may) i (?:help|assist)\b)",
    r"(?i:\bwhat's on your mind\b|\byour next question\b|\bi(?:'m| am) ready to\b)",
    r"(?i:^\W*what an? (?:great|good|pleasure|fascinating|wonderful|interesting))",
    r"(?i:\b(?:great|good) question\b|\bfeel free to ask\b|\blet me know if\b|hope this helps)",
)
_CHATTY = (
    r"(?i:^(?:sure|certainly|absolutely|of course|okay|ok|great|thank you|thanks)\s*[,.!:])",
    r"(?i:^(?:here(?:'s| is| are)|below (?:is|are)|the following is)\b[^.\n]*:)",
)
_ASKED = (  # the words that asked the teacher for an instruction
    r"(?i:\b(?:write|ask|generate|create|suggest) (?:one|1|another) (?:\w+ )?question\b)",
    r"(?i:\b(?:answer|respond to|response to) (?:the|my|this|that|your) (?:\w+ )?question\b)",
    r"(?i:\breply with\b|\bquestion only\b|\bsentences?, using only\b|\bthis text answers\b)",
)
_FLAWS = (  # of any text, of a text that is no refusal, of an instruction
    ((FATAL, re.compile("|".join(_DEBRIS))), (BAD, re.compile("|".join(_MARKUP)))),
    ((FATAL, re.compile("|".join(_ASSISTANT))), (BAD, re.compile("|".join(_CHATTY)))),
    ((FATAL, re.compile("|".join(_ASKED))),),
)
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
_CODE = re.compile(r"(?s)```.*?```|`[^`\n]*`")
_CUT = re.compile(
    r"(?:[,;:(\[{—–-]|\b(?:and|or|the|a|an|of|to|in|with|for|is|are|that|which|by))\s*$"
)
_CODE_LINE = re.compile(r"[=()\[\]{}]|^\s{4}|^\s*(?:>>>|return\b|import\b|[$#])")


def form(instruction: str, given: str, output: str, refusal: bool = False) -> float:
    """How well formed a pair is, from 0 to 1; 0 where a side is empty.

    A refusal may apologise, and with a text `given` as input an instruction may be one word.
    """
    if not instruction.strip() or not output.strip():
        return 0.0
    anything, chatter, asked = _FLAWS
    common = anything if refusal else anything + chatter
    flaws = [
        *_found(instruction, common + asked),
        *_instruction_flaws(instruction, bool(given.strip())),
        *_found(output, common),
        *_output_flaws(output),
    ]
    return math.prod(flaws)


def _found(text: str, table: tuple[tuple[float, re.Pattern[str]], ...]) -> Iterator[float]:
    plain = _CODE.sub(" ", text.replace("’", "'"))
    for flaw, pattern in table:
        if pattern.search(plain):
            yield flaw


def _instruction_flaws(text: str, given: bool) -> Iterator[float]:
    count = len(units(text))
    if count < (1 if given else 3):
        yield FATAL
    if count > 80 or text.count("?") > 2 or repeated(text) > GOPHER:
        yield BAD
    if not any(map(_asks, sentences(text))):
        first = next(iter(units(text)), "")
        yield FATAL if first in _TELLING else BAD if first.isascii() else 1.0
    if text.lstrip("\"'“‘(`*")[:1].islower():
        yield SLIGHT


def _asks(sentence: str) -> bool:
    first = next(iter(units(sentence)), "")
    return sentence.rstrip("\"'”’)` ").endswith(("?", "？", "؟")) or first in _OPENER


def _output_flaws(text: str) -> Iterator[float]:
    yield _whole(text)
    yield _calm(repeated(text))
    if text.count("```") % 2:
        yield BAD
    elif text.count('"') % 2 or any(text.count(a) != text.count(b) for a, b in ("()", "“”")):
        yield SLIGHT


def _whole(text: str) -> float:
    """Whether an answer comes to an end: a full stop, the end of code, or a few words."""
    if _END.search(text):
        return 1.0
    if _CUT.search(folded(text)):
        return FATAL
    last = text.rstrip().splitlines()[-1]
    if len(units(text)) < 8 or _CODE_LINE.search(last):
        return 1.0
    return BAD / 2


def _calm(share: float) -> float:
    """1 up to Gopher's cut-off for repetition, FATAL from twice that on, falling in between."""
    return 1.0 - (1.0 - FATAL) * min(1.0, max(0.0, share / GOPHER - 1.0))
