"""Which lines of a PDF are no text of it: running heads and feet, page numbers, dot leaders."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from curate.sources.pdf_lines import Line

_EDGE = 2  # lines at the top and at the foot of a page that are looked at
_SET_OFF = 1.6  # times the type size: so far from the text they stand
_OFTEN = 3  # pages
_DIGITS = re.compile(r"\d+")
_ALONE = re.compile(
    r"[-–—|\[(\s]*(?:(?:page|seite|p\.)\s*)?(?:\d{1,5}|[ivxlc]{1,7})"
    r"(?:\s*(?:/|of|von|sur|de)\s*\d{1,5})?[-–—|\])\s]*\Z",
    re.IGNORECASE,
)
_LISTED = re.compile(r"\s(?:\d{1,5}|[ivxlc]{1,7})\Z")  # a page, after a title
_LARGE = 1.15  # than most text: such a line is a title, not a running head
_LEADERS = re.compile(r"(?:[.·…_]\s?){4,}\s*(?:\d{1,5}|[ivxlc]{1,7})?\s*\Z")


def without_furniture(pages: list[list[Line]]) -> list[list[Line]]:
    """The pages without what stands at their edges again and again, and counts them."""
    sizes = Counter(line.style.size for lines in pages for line in lines)
    large = _LARGE * max(sizes, key=lambda size: (sizes[size], size), default=0)
    edges = [[edge for edge in _edges(lines) if edge[1].style.size < large] for lines in pages]
    keys = Counter(key for edge in edges for key in {_key(place, line) for place, line in edge})
    offsets = Counter(
        offset
        for number, edge in enumerate(edges)
        for offset in {offset for _, line in edge for offset in _offsets(line, number)}
    )
    often = max(_OFTEN, len(pages) // 20)
    steady = {offset for offset, times in offsets.items() if times >= max(often, len(pages) // 3)}

    def is_furniture(place: int, line: Line, number: int) -> bool:
        outer = place in (0, -1)
        counts = bool(_ALONE.match(line.text)) or not steady.isdisjoint(_offsets(line, number))
        return keys[_key(place, line)] >= often or (outer and counts)

    kept = []
    for number, (lines, edge) in enumerate(zip(pages, edges, strict=True)):
        drop = {id(line) for place, line in edge if is_furniture(place, line, number)}
        kept.append(_without_contents([line for line in lines if id(line) not in drop]))
    return kept


def _without_contents(lines: list[Line]) -> list[Line]:
    """The lines of a page but those of a table of contents, which is no text."""
    kept = [line for line in lines if not _LEADERS.search(line.text)]
    if len(lines) - len(kept) < max(_OFTEN, len(lines) // 3):
        return kept
    return [line for line in kept if not _LISTED.search(line.text)]


def _edges(lines: list[Line]) -> Iterator[tuple[int, Line]]:
    """The outermost lines of a page with their places: 0 is the top one, -1 that at the foot."""
    down = sorted(lines, key=lambda line: -line.y)
    top = _set_off(down)
    for at, line in enumerate(down[:top]):
        yield at, line
    up = down[top:][::-1]
    for at, line in enumerate(up[: _set_off(up)], 1):
        yield -at, line


def _set_off(lines: list[Line]) -> int:
    """How many lines, from an edge inwards, a gap parts from the others; one where none does."""
    for count in range(min(_EDGE, len(lines) - 1), 0, -1):
        gap = abs(lines[count].y - lines[count - 1].y)
        if gap > _SET_OFF * max(lines[count].style.size, lines[count - 1].style.size):
            return count
    return min(1, len(lines))


def _key(place: int, line: Line) -> tuple[bool, int, str]:
    """The same for lines that differ in numbers only, at the same edge and about one height."""
    return place < 0, round(line.y / 8), " ".join(_DIGITS.sub("#", line.text).split()).casefold()


def _offsets(line: Line, number: int) -> set[int]:
    """How far numbers at the ends of a line are ahead of the number of its page."""
    words = line.text.split()
    ends = {words[0], words[-1]} if len(words) <= 16 else set()
    return {int(end) - number for end in ends if end.isascii() and end.isdigit() and len(end) < 6}
