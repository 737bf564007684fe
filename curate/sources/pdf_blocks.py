"""Lines of a page of a PDF → blocks: headings by their style, paragraphs, items, rows, code."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from curate.sources.pdf_lines import Line, Style

DOTS = "•●○◦▪▫■□‣⁃∙◆➢✓"
BULLET = re.compile(rf"[{DOTS}·*–—-]\s+(?=\S)|[{DOTS}](?=\S)")
ENDS = re.compile(r"[.!?:;…][\"'”’»)\]]*\Z")  # of a sentence
_NUMBERED = re.compile(r"\(?(?:\d{1,3}|[a-z]|[ivx]{1,5})[.)]\s+(?=\S)")
_COUNT = re.compile(r"(?:[\dA-Z]{1,3}\.)*[\dA-Z]{1,3}\.?\s+")
_LARGER = 1.12  # than the body: from there on a line is a heading
_SAME = 0.95  # of the body: a bold line of such a size is one too
_LONGEST_HEADING = 200
_MOST_HEADING_LINES = 4
_PARAGRAPH = 1.2  # times the usual distance of lines, from which on another paragraph starts
_ROW = 2.5  # of that distance, from which on another table starts
_INDENT = 0.7  # of the type size


@dataclass
class Block:
    """Lines that belong together. `kind` is `text`, `item`, `code`, `table` or `heading`."""

    kind: str
    style: Style
    lines: list[Line] = field(default_factory=list)


@dataclass(frozen=True)
class Setting:
    """How a document is set: the style of most of its text, and how far lines are apart by size."""

    body: Style
    pitch: dict[float, float]

    def usual(self, size: float) -> float:
        """The usual distance of lines of this size."""
        return self.pitch.get(size, 1.2 * size)


def setting_of(pages: list[list[Line]]) -> Setting:
    """Look at all lines of a document."""
    sizes: Counter[Style] = Counter()
    steps: dict[float, Counter[float]] = {}
    for lines in pages:
        for cell in (cell for line in lines for cell in line.cells):
            sizes[cell.style] += len(cell.text) if not cell.style.fixed else 0
        for upper, lower in pairwise(lines):
            step, size = round(upper.y - lower.y, 1), lower.style.size
            if upper.style.size == size and 0.8 * size < step < 2.5 * size:
                steps.setdefault(size, Counter())[step] += 1
    body = max(sizes, key=lambda style: (sizes[style], style.size), default=Style(10, False, False))
    return Setting(
        body,
        {size: min(found, key=lambda step: (-found[step], step)) for size, found in steps.items()},
    )


def blocks_of(lines: list[Line], setting: Setting) -> list[Block]:
    """The blocks of a page, in the order of its lines."""
    blocks: list[Block] = []
    last: Line | None = None
    for at, line in enumerate(lines):
        kind = _kind(lines, at, setting.body)
        if last is None or _parts(blocks[-1], kind, last, line, setting):
            kind = "item" if kind == "text" and _is_item(line) else kind
            blocks.append(Block(kind, line.style))
        blocks[-1].lines.append(line)
        last = line
    for block in blocks:
        if block.kind == "heading" and not _can_head(block):
            block.kind = "text"
    return blocks


def goes_on(last: Block, block: Block) -> bool:
    """Whether a block at the start of a page is the rest of a paragraph of the page before."""
    if last.kind not in ("text", "item") or block.kind != "text":
        return False
    before, first = last.lines[-1].text, block.lines[0].text
    return not ENDS.search(before[-9:]) and (before.endswith("-") or first[0].isalpha())


def _kind(lines: list[Line], at: int, body: Style) -> str:
    line = lines[at]
    style = line.style
    if all(cell.style.fixed for cell in line.cells) and line.text[0] not in DOTS:
        return "text" if _is_inline(lines, at) else "code"
    if style.size >= _LARGER * body.size:
        return "heading"
    if _is_row(lines, at):
        return "table"
    bold = all(cell.style.bold for cell in line.cells) and not body.bold
    return "heading" if bold and style.size >= _SAME * body.size else "text"


def _is_row(lines: list[Line], at: int) -> bool:
    """Whether a line has cells and stands by one that has, or goes on with a cell above it."""
    line, above = lines[at], lines[max(0, at - 2) : at]
    if len(line.cells) > 1:
        return any(_is_aligned(line, near) for near in (*above[-1:], *lines[at + 1 : at + 3]))
    rows = [row for row in above if len(row.cells) > 1]
    if not rows or above[-1].y - line.y > 1.4 * line.style.size:
        return False
    return any(abs(cell.left - line.left) < 2 for cell in rows[-1].cells[1:])


def _is_aligned(line: Line, near: Line) -> bool:
    """Whether two lines have cells below each other; text that is set wide has blanks anywhere."""
    return any(
        abs(one.left - other.left) < 3
        or (abs(one.right - other.right) < 3 and one.text[-1].isdigit() and len(one.text) < 15)
        for one in line.cells[1:]
        for other in near.cells[1:]
    )


def _is_inline(lines: list[Line], at: int) -> bool:
    """Whether a line of fixed width is one of a paragraph: code that fills a whole line."""
    if not 0 < at < len(lines) - 1:
        return False
    above, line, below = lines[at - 1 : at + 2]
    close = max(above.y - line.y, line.y - below.y) < 1.5 * above.style.size
    same = abs(above.left - line.left) < 1 and abs(below.left - line.left) < 1
    words = not above.style.fixed and not below.style.fixed
    return words and close and same and not ENDS.search(above.text[-9:])


def _parts(block: Block, kind: str, last: Line, line: Line, setting: Setting) -> bool:
    """Whether a line starts another block than the one that the line before stands in."""
    if kind != ("text" if block.kind == "item" else block.kind):
        return True
    step, usual = last.y - line.y, setting.usual(line.style.size)
    if kind == "code":
        return step < 0
    if kind == "table":
        return not 0 <= step <= _ROW * usual
    if kind == "heading":
        return line.style != last.style or not 0 < step < 1.6 * max(usual, 1.1 * line.style.size)
    return any(_breaks(block, last, line, step, usual))


def _breaks(block: Block, last: Line, line: Line, step: float, usual: float) -> Iterator[bool]:
    """What starts a paragraph or an item after a line of text."""
    size, fixed = line.style.size, line.style.fixed or last.style.fixed
    ended = bool(ENDS.search(last.text[-9:]))
    yield abs(size - last.style.size) > 0.1 * size and not fixed
    yield _is_item(line)
    yield step > _PARAGRAPH * usual
    yield step < 0 and ended  # the next column
    if block.kind == "item":
        yield line.left < block.lines[0].left - 1 and step > 0
    else:
        left = min(one.left for one in block.lines[:2])
        yield ended and line.left > max(last.left, left) + _INDENT * size


def _is_item(line: Line) -> bool:
    return bool(BULLET.match(line.text) or _NUMBERED.match(line.text))


def _can_head(block: Block) -> bool:
    text = " ".join(line.text for line in block.lines[: _MOST_HEADING_LINES + 1])
    if len(block.lines) > _MOST_HEADING_LINES or len(text) > _LONGEST_HEADING:
        return False
    name = _COUNT.sub("", text, count=1)
    letters = sum(map(str.isalpha, name))
    worded = letters >= 2 and 2 * letters >= len(name.replace(" ", ""))
    return worded and text[-1] not in ".,;" and not BULLET.match(text)
