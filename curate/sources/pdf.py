"""PDF → Markdown, by PDFium: what stands on its pages as text, in reading order.

A page that is a picture holds no text to be read: that is told.
"""

from __future__ import annotations

import unicodedata
from typing import Any

from curate.sources.load import Unreadable
from curate.sources.parsed import Parsed
from curate.sources.pdf_chars import chars_of
from curate.sources.pdf_columns import in_reading_order
from curate.sources.pdf_furniture import without_furniture
from curate.sources.pdf_lines import Line, lines_of
from curate.sources.pdf_text import to_markdown

_OCR = "run OCR first, for example ocrmypdf"
_NO_LETTERS = {"Cc", "Cn", "Co"}  # control characters, and those without a meaning of their own
_MOST_UNKNOWN = 0.3  # of a text
_SHOWN = 10  # page numbers
_HEAD = 1024  # bytes, in which the mark of a PDF must be


def read(data: bytes, most: int) -> Parsed:
    """Read a PDF. Raises Unreadable where there is no text in it, or it is protected."""
    import pypdfium2

    if b"%PDF-" not in data[:_HEAD]:
        raise Unreadable("not a PDF, whatever its name says")
    try:
        document = pypdfium2.PdfDocument(data)
        count = len(document)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise Unreadable("protected by a password; save it again without") from error
        raise Unreadable(f"damaged ({error}); copy it again, or save it again") from error
    pages, scanned, broken = _pages(document, count, most)
    if not any(pages):
        raise Unreadable(f"no text layer (scanned?); {_OCR}")
    text = to_markdown([in_reading_order(lines) for lines in without_furniture(pages)])
    unknown = sum(unicodedata.category(char) in _NO_LETTERS for char in text)
    if unknown > _MOST_UNKNOWN * len(text):
        raise Unreadable(f"its fonts do not tell which letters they show; {_OCR}")
    gaps = []
    if scanned:
        gaps.append(f"no text layer on {_named(scanned)} (scanned?); {_OCR}")
    if broken:
        gaps.append(f"{_named(broken)} cannot be read: damaged; copy it again, or save it again")
    return Parsed(_title(document), text, tuple(gaps))


def _pages(document: Any, count: int, most: int) -> tuple[list[list[Line]], list[int], list[int]]:
    """Lines of all pages, and the numbers of those that are pictures, or cannot be read."""
    import pypdfium2

    pages, scanned, broken, size = [], [], [], 0
    for number in range(1, count + 1):
        try:
            page = document[number - 1]
        except pypdfium2.PdfiumError:
            broken.append(number)
            continue
        textpage = page.get_textpage()
        lines = lines_of(chars_of(textpage))
        textpage.close()
        if not lines and _is_picture(page):
            scanned.append(number)
        page.close()
        pages.append(lines)
        size += sum(len(line.text) for line in lines)
        if size > most:
            raise Unreadable(f"over {most:,} bytes of text; split it or raise max_bytes")
    return pages, scanned, broken


def _is_picture(page: Any) -> bool:
    import pypdfium2.raw as pdfium

    return any(True for _ in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=3))


def _named(numbers: list[int]) -> str:
    """Page numbers in words."""
    shown = ", ".join(map(str, numbers[:_SHOWN]))
    more = f" and {len(numbers) - _SHOWN:,} more" if len(numbers) > _SHOWN else ""
    return f"page{'s' if len(numbers) > 1 else ''} {shown}{more}"


def _title(document: Any) -> str:
    """The title that the file says it has, unless that is the name of another file."""
    title = " ".join(document.get_metadata_value("Title").split())
    name = title.lower().endswith(
        (".doc", ".docx", ".dvi", ".tex", ".indd", ".qxd", ".pdf", ".ppt")
    )
    return "" if name or title.lower() in ("untitled", "title") or "\0" in title else title
