"""Pure helpers on strings: digests, words, tokens, and what is safe to print."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from typing import Any

_WORD = re.compile(r"\w+(?:['’]\w+)*")

# Scripts written without spaces: Thai, Lao, Myanmar, Khmer, kana, bopomofo, Han. A character of
# theirs is a unit, together with the marks that stand on it.
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30fa\u30fc-\u30ff\u3105-\u312f"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
# Vowel signs and accents, which \w leaves out: Latin and Cyrillic accents, Hebrew,
# Arabic, the Indic scripts.
MARKS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed"
    "\u0900-\u0963\u0966-\u0dff\u0f18-\u0fff\u3099\u309a"
)
_LETTER = rf"(?:(?![{UNSPACED}])[\w{MARKS}])"
_UNIT = re.compile(rf"[{UNSPACED}][{MARKS}]*|{_LETTER}+(?:'{_LETTER}+)*")
_PIECE = re.compile(rf"{_UNIT.pattern}|[^\w\s{MARKS}]+")

_FUNCTION_WORDS = """
a about across actually after all also always am among an and any are as at be because been before
being between both but by can cannot could did do does doing during each either else ever for from
generally had has have having he her hers him his how i if in into is it its just let may me might
more most much must my no nor not of often on one only or other our ours out over own please
really same she should simply so some sometimes such than that the their them then there these
they this those through to too under until up us usually very was we were what when where whether
which while who whom whose why will with within without would yes you your
don't doesn't isn't aren't can't won't didn't what's that's there's it's
answer describe explain mean means question tell write
"""
_FUNCTION = frozenset(_FUNCTION_WORDS.split())
_OPENING, _CLOSING = frozenset("\"'`“‘*"), frozenset("\"'`”*")

_TEXT_NOUN = (
    "(?:texts?|passages?|paragraphs?|excerpts?|articles?|documents?|snippets?|authors?|writers?"
    "|speakers?|narrators?|context|chapters?|section|reading)"
)
_SAID_NOUN = (
    "(?:information|documentation|descriptions?|examples?|code|tables?|statements?|sentences?"
    "|lists?|facts?)"
)
_POINTING = re.compile(
    r"\b(?:"
    rf"(?:the|this|that|these|those|given|provided|above|your|said)\s+(?:\w+\s+)?{_TEXT_NOUN}"
    r"(?!\s+(?:managers?|of|files?|modes?|encodings?|streams?|strings?|vars?|variables?|nodes?|data)\b)"
    rf"|(?:according\s+to|based\s+on)\s+(?:the|this|these|those)\s+(?:\w+\s+)?{_SAID_NOUN}"
    rf"|(?:given|provided|above|below)\s+{_SAID_NOUN}"
    rf"|(?:{_SAID_NOUN}|the|as|shown|given|described|mentioned|stated|listed|seen)\s+(?:above|below)"
    r"|the\s+following)\b",
    re.IGNORECASE,
)


def digest(*parts: Any, size: int = 16) -> str:
    """Hex digest of strings or JSON values: `size` hex digits of BLAKE2b over their JSON.

    Lone surrogates, which hostile files can carry, are allowed.
    """
    text = json.dumps(parts, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=32).hexdigest()[:size]


def words(text: str) -> list[str]:
    """Case-folded words of NFKC-normalised text: runs of letters, digits and underscore."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def folded(text: str) -> str:
    """`text` without differences of case, width and apostrophe."""
    return unicodedata.normalize("NFKC", text).casefold().replace("’", "'")


def units(text: str) -> list[str]:
    """Words as `words` gives them, but each character of a script without spaces by itself.

    So a Chinese sentence has as many units as characters, and a Hindi word stays whole.
    """
    return _UNIT.findall(folded(text))


def pieces(text: str) -> list[str]:
    """The units of `text` and the runs of signs between them, in order."""
    return _PIECE.findall(folded(text))


def content_units(text: str) -> list[str]:
    """The units that carry meaning: no English function words, unless quoted as names (`if`)."""
    text = folded(text)
    return [
        match.group()
        for match in _UNIT.finditer(text)
        if match.group() not in _FUNCTION or _quoted(text, *match.span())
    ]


def _quoted(text: str, start: int, end: int) -> bool:
    return text[start - 1 : start] in _OPENING and text[end : end + 1] in _CLOSING


def points_at_text(text: str) -> bool:
    """Whether `text` speaks of a text that it does not hold: "this passage", "the code above"."""
    return bool(_POINTING.search(text))


def printable(text: str) -> str:
    """`text` with control characters shown as escapes, so that it cannot steer a terminal."""
    return "".join(
        char if char in "\n\t" or unicodedata.category(char)[0] != "C" else f"\\x{ord(char):02x}"
        for char in text
    )
