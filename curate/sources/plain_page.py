"""All the text of an HTML tree as simple Markdown, in time linear in its size."""

from __future__ import annotations

import re
from typing import Any

_UNSEEN = re.compile(
    r"(?:head|script|style|noscript|template|nav|footer|svg|iframe|object|form|button|select"
    r"|textarea)\Z"
)
_BLOCK = re.compile(
    r"(?:address|article|aside|blockquote|body|center|d[dlt]|details|div|fieldset|figcaption"
    r"|figure|header|hr|main|p|section|summary|table|t(?:body|foot|head))\Z"
)
_HEADING = re.compile(r"h[1-6]\Z")
_SPACE = re.compile(r"\s+")
_DEEPEST = 8  # lists in lists that are shown as such


def plain_markdown(tree: Any) -> str:
    """Headings, paragraphs, list items, table rows and code of `tree`, in their order."""
    from lxml import etree

    writer = _Writer()
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        tag = element.tag if isinstance(element.tag, str) else "head"
        start = event == "start"
        writer.mark(tag, start)
        text = element.text if start else element.tail
        if text:
            writer.write(text)
    return "".join(writer.parts)


class _Writer:
    """Puts marks and texts one behind the other, with blanks only where they belong."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._lines = 0  # line ends that are due before the next text
        self._prefix = ""  # what is due after them
        self._space = False
        self._unseen = self._cell = self._heading = self._pre = 0
        self._row = False  # whether a cell of this row was written
        self._code: list[str] = []
        self._lists: list[tuple[bool, int]] = []  # of each list around: is it numbered, its items

    def mark(self, tag: str, start: bool) -> None:
        """Take the start or the end of an element."""
        step = 1 if start else -1
        if _UNSEEN.match(tag):
            self._unseen += step
            self._break(2)
        elif self._unseen:
            return
        elif tag == "pre" and not self._cell:
            self._fence(step)
        elif self._pre:
            self._code.append("\n" if tag == "br" and start else "")
        elif _HEADING.match(tag):
            self._title(tag, start)
        else:
            self._mark_part(tag, start, step)

    def _mark_part(self, tag: str, start: bool, step: int) -> None:
        if tag in ("ul", "ol", "li"):
            self._list(tag, start)
        elif tag in ("tr", "td", "th"):
            self._table(tag, step)
        elif tag == "br":
            self._break(1)
        elif tag == "code":
            self._tick(start)
        elif _BLOCK.match(tag):
            self._break(2)

    def write(self, text: str) -> None:
        """Take text between two marks."""
        if self._unseen:
            return
        if self._pre:
            self._code.append(text)
            return
        squeezed = _SPACE.sub(" ", text)
        self._space |= squeezed[0] == " "
        if squeezed != " ":
            self._open()
            self.parts.append(squeezed.strip())
            self._space = squeezed[-1] == " "

    def _break(self, lines: int) -> None:
        if self._cell or self._heading:
            self._space = True
        elif not self._prefix:
            self._lines = max(self._lines, lines)

    def _open(self) -> None:
        """Write what is due before a text."""
        if self.parts and self._lines:
            self.parts.append("\n" * self._lines)
        elif self.parts and self._space and not self._prefix:
            self.parts.append(" ")
        self.parts.append(self._prefix)
        self._lines, self._prefix, self._space = 0, "", False

    def _title(self, tag: str, start: bool) -> None:
        if self._cell:
            self._space = True
        elif start:
            self._prefix = ""
            self._break(2)
            self._prefix = "#" * int(tag[1]) + " "
            self._heading += 1
        else:
            self._heading = max(0, self._heading - 1)
            self._prefix = ""
            self._break(2)

    def _list(self, tag: str, start: bool) -> None:
        if tag != "li":
            if start:
                self._lists.append((tag == "ol", 0))
            elif self._lists:
                self._lists.pop()
            inner = len(self._lists) > (1 if start else 0)
            self._break(1 if inner else 2)
            return
        self._prefix = self._prefix if start else ""
        self._break(1)
        if start and not self._cell:
            self._item()

    def _item(self) -> None:
        ordered, count = self._lists.pop() if self._lists else (False, 0)
        if count:
            self._lines = min(self._lines, 1)  # items with paragraphs stand together too
        indent = "  " * min(len(self._lists), _DEEPEST)
        self._lists.append((ordered, count + 1))
        self._prefix = indent + (f"{count + 1}. " if ordered else "- ")

    def _table(self, tag: str, step: int) -> None:
        if tag == "tr" and not self._cell:
            if step < 0 and self._row:
                self.parts.append(" |")
            self._row = False
            self._break(1)
        elif tag != "tr" and (self._cell == 0 and step > 0):
            self._space = self._row
            self._open()
            self.parts.append("|")
            self._row = self._space = True
            self._cell = 1
        elif tag != "tr":
            self._cell = max(0, self._cell + step)
            self._space = True

    def _fence(self, step: int) -> None:
        self._pre = max(0, self._pre + step)
        if self._pre:
            return
        code = "".join(self._code).strip("\n").rstrip()
        self._code = []
        if code:
            self._break(2)
            self._open()
            ticks = "`" * max(3, 1 + max(map(len, re.findall("`+", code)), default=0))
            self.parts.append(f"{ticks}\n{code}\n{ticks}")
        self._break(2)

    def _tick(self, start: bool) -> None:
        if start:
            self._open()
        self.parts.append("`")
        self._space = False
