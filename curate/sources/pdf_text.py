"""Blocks of the pages of a PDF → Markdown; what a page's end cut in two is made whole."""

from __future__ import annotations

import re

from curate.sources.pdf_blocks import BULLET, Block, blocks_of, goes_on, setting_of
from curate.sources.pdf_lines import Line, Style

_NOTES = 6  # blocks at the foot of a page, such as notes, below a paragraph that goes on
_LONGEST_WORD = 60
_MOST_COLUMNS = 200  # blanks in front of code
_WORDS = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_COUNT = re.compile(r"((?:\d{1,3}|[A-Z])(?:\.\d{1,3})*)\.?\s")
_LAST = re.compile(r"([^\W\d_]+)-\Z")
_FIRST = re.compile(r"[^\W\d_]+")


def to_markdown(pages: list[list[Line]]) -> str:
    """The text of all pages."""
    setting = setting_of(pages)
    blocks: list[Block] = []
    for lines in pages:
        found = blocks_of(lines, setting)
        if found:
            whole = _begun(blocks, found[0], setting.body)
            if whole:
                whole.lines += found.pop(0).lines
        blocks += found
    levels = _levels(blocks)
    words = {word for lines in pages for line in lines for word in _WORDS.findall(line.text)}
    groups: list[str] = []
    for at, block in enumerate(blocks):
        text = _written(block, words, levels)
        if at and block.kind == blocks[at - 1].kind == "item":
            groups[-1] += f"\n{text}"
        else:
            groups.append(text)
    return "\n\n".join(groups)


def _begun(blocks: list[Block], block: Block, body: Style) -> Block | None:
    """The block that the first one of a page goes on with."""
    if not blocks or blocks[-1].kind == "heading":
        return None
    if block.kind == blocks[-1].kind == "code":
        return blocks[-1]
    bodies = [last for last in blocks[-_NOTES:] if last.style.size == body.size]
    if bodies and block.style.size == body.size and goes_on(bodies[-1], block):
        return bodies[-1]
    return None


def _rank(block: Block) -> tuple[float, bool, bool, int]:
    """What is larger comes first, then what is bold, then what has fewer numbers: 2 before 2.1."""
    counted = _COUNT.match(block.lines[0].text)
    depth = len(re.findall(r"\w+", counted[1])) if counted else 1
    return -block.style.size, not block.style.bold, block.style.fixed, depth


def _levels(blocks: list[Block]) -> dict[tuple[float, bool, bool, int], int]:
    order = sorted({_rank(block) for block in blocks if block.kind == "heading"})
    return {rank: min(6, level) for level, rank in enumerate(order, 1)}


def _written(
    block: Block, words: set[str], levels: dict[tuple[float, bool, bool, int], int]
) -> str:
    if block.kind == "code":
        return _code(block.lines)
    if block.kind == "table":
        return "\n".join(f"| {' | '.join(row)} |" for row in _rows(block.lines))
    text = _joined([line.text for line in block.lines], words)
    if block.kind == "heading":
        return f"{'#' * levels[_rank(block)]} {text}"
    return BULLET.sub("- ", text, count=1) if BULLET.match(text) else text


def _rows(lines: list[Line]) -> list[list[str]]:
    """The texts of the cells; a line of one that is not the first goes on with the row above."""
    rows: list[list[str]] = []
    places: list[float] = []
    for line in lines:
        at = next((at for at, left in enumerate(places) if abs(left - line.left) < 2), 0)
        if len(line.cells) == 1 and at:
            rows[-1][at] += f" {line.text}"
        else:
            rows.append([cell.text for cell in line.cells])
            places = [cell.left for cell in line.cells]
    return rows


def _joined(texts: list[str], words: set[str]) -> str:
    """Lines as one; a word that was parted at the end of a line is made whole."""
    pieces = texts[:1]
    for text in texts[1:]:
        head, tail = _LAST.search(pieces[-1][-_LONGEST_WORD:]), _FIRST.match(text)
        if head and tail and (tail[0][0].islower() or (head[1] + tail[0]).isupper()):
            parted = f"{head[1]}-{tail[0]}" in words and head[1] + tail[0] not in words
            pieces[-1] = pieces[-1] if parted else pieces[-1][:-1]
        elif not head:
            pieces.append(" ")
        pieces.append(text)
    return "".join(pieces)


def _code(lines: list[Line]) -> str:
    left = min(line.left for line in lines)
    longest = max((cell for line in lines for cell in line.cells), key=lambda cell: len(cell.text))
    width = max(0.1, (longest.right - longest.left) / len(longest.text))
    texts = []
    for line in lines:
        text = ""
        for cell in line.cells:
            column = min(_MOST_COLUMNS, round((cell.left - left) / width))
            text += " " * max(column - len(text), 1 if text else 0) + cell.text
        texts.append(text)
    runs = (len(run) for text in texts for run in re.findall("`+", text))
    ticks = "`" * max(3, 1 + max(runs, default=0))
    return "\n".join([ticks, *texts, ticks])
