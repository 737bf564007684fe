"""A page of a PDF → its characters, each with its place and its font, by PDFium."""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

_BOLD = re.compile(r"bold|black|heavy|demi|cmbx|sfbx", re.IGNORECASE)
_FIXED = re.compile(r"mono|courier|consol|typewriter|menlo|cmtt|sftt|code", re.IGNORECASE)
_FIXED_FLAG = 1
_BOLD_WEIGHT = 700
_QUARTER = math.pi / 2
_ENDS = (10, 13)
_BLANKS = (0, 9, 32, 160)
_HALVES = range(0xD800, 0xE000)  # of a pair, which alone are no characters
_LARGEST = 1000.0  # points


class Font(NamedTuple):
    """What a character is set in. `turn` counts the quarters of a turn that it stands leftwards."""

    name: str = ""
    size: float = 1.0
    bold: bool = False
    fixed: bool = False
    turn: int = 0


class Char(NamedTuple):
    """A character, its font and its place, as on a page turned so that the text is upright.

    `y` is its foot, upwards. A blank is " " and the end of a line "\\n"; both have no place.
    """

    text: str
    left: float = 0
    right: float = 0
    y: float = 0
    font: Font = Font()


_BLANK = Char(" ")
_END = Char("\n")


def chars_of(textpage: Any) -> Iterator[Char]:
    """The characters of a text page of pypdfium2, in the order in which the file has them."""
    import pypdfium2.raw as pdfium

    box = pdfium.FS_RECTF()
    fonts: dict[int, Font] = {}
    for at in range(pdfium.FPDFText_CountChars(textpage)):
        code = pdfium.FPDFText_GetUnicode(textpage, at)
        if code in _BLANKS or code in _ENDS:
            yield _BLANK if code in _BLANKS else _END
        elif code not in _HALVES and pdfium.FPDFText_GetLooseCharBox(textpage, at, box):
            owner = pdfium.FPDFText_GetTextObject(textpage, at)
            key = ctypes.addressof(owner.contents) if owner else 0
            if not key or key not in fonts:
                fonts[key] = _font(textpage, at)
            yield Char(chr(code), *_turned(box, fonts[key].turn), fonts[key])


def _font(textpage: Any, at: int) -> Font:
    import pypdfium2.raw as pdfium

    matrix, flags = pdfium.FS_MATRIX(), ctypes.c_int()
    pdfium.FPDFText_GetMatrix(textpage, at, matrix)
    size = pdfium.FPDFText_GetFontSize(textpage, at) * math.hypot(matrix.c, matrix.d)
    size = round(2 * max(1.0, min(size, _LARGEST))) / 2 if math.isfinite(size) else 1.0
    buffer = ctypes.create_string_buffer(200)
    pdfium.FPDFText_GetFontInfo(textpage, at, buffer, len(buffer), flags)
    name = buffer.value.decode("utf-8", "replace")
    bold = bool(_BOLD.search(name)) or pdfium.FPDFText_GetFontWeight(textpage, at) >= _BOLD_WEIGHT
    fixed = bool(_FIXED.search(name)) or bool(flags.value & _FIXED_FLAG)
    return Font(name, size, bold, fixed, round(math.atan2(matrix.b, matrix.a) / _QUARTER) % 4)


def _turned(box: Any, turn: int) -> tuple[float, float, float]:
    """Left, right and foot of a box."""
    if turn == 1:
        return box.bottom, box.top, -box.right
    if turn == 2:
        return -box.right, -box.left, -box.top
    if turn == 3:
        return -box.top, -box.bottom, box.left
    return box.left, box.right, box.bottom
