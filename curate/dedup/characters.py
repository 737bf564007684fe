"""What each character is to the tokeniser: the classes of `text.pieces`, by code point."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from curate.text import MARKS, UNSPACED

SPACE, WORD, SIGN, UNSPACED_LETTER = range(4)
"""Classes: white space · what words are made of · any other sign · a word by itself."""

MARK = 8
"""Bit of a sign that stands on the letter before it; its class is WORD."""

PROSE_SIGNS = frozenset(".,;:!?'\"`()–—…‘“”«»、。，：；！？（）「」।")
"""Punctuation: not compared, unless it is what is spoken of (`.`)."""

_UNKNOWN = 255
_CODE_POINTS = 0x110000
_UNSPACED = re.compile(f"[{UNSPACED}]")
_MARK = re.compile(f"[{MARKS}]")
_LETTER = re.compile(rf"[\w{MARKS}]")

Codes = npt.NDArray[np.uint8] | npt.NDArray[np.uint32]


def _class(character: str) -> int:
    if character.isspace():
        return SPACE
    if _MARK.match(character):
        return WORD | MARK
    if _UNSPACED.match(character):
        return UNSPACED_LETTER
    return WORD if _LETTER.match(character) else SIGN


def _table() -> npt.NDArray[np.uint8]:
    table = np.full(_CODE_POINTS, _UNKNOWN, np.uint8)
    table[:256] = [_class(chr(code)) for code in range(256)]
    return table


_CLASSES = _table()
_PROSE = np.zeros(_CODE_POINTS, np.bool_)
_PROSE[[ord(sign) for sign in PROSE_SIGNS]] = True

CLOSING = np.zeros(_CODE_POINTS, np.uint32)
"""Of each quote that opens, by code point, the one that closes; 0 of all else."""
for _opening, _closing in ("``", "''", '""', "“”"):
    CLOSING[ord(_opening)] = ord(_closing)


def classes(codes: Codes) -> npt.NDArray[np.uint8]:
    """The class of each code point. Those of a character are found out when it first comes."""
    found = _CLASSES.take(codes)  # faster than by index
    if codes.dtype != np.uint8:
        new = np.unique(codes[found == _UNKNOWN])
        if len(new):
            _CLASSES[new] = [_class(chr(code)) for code in new.tolist()]
            found = _CLASSES.take(codes)
    return found


def prose(codes: Codes) -> npt.NDArray[np.bool_]:
    """Whether each code point is one of PROSE_SIGNS."""
    return _PROSE.take(codes)
