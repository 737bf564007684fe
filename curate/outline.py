"""Where the headings and the fenced code of a text are, in offsets of its characters.

Read are Markdown (`# Title`, underlined titles, fences) and the underlined, perhaps overlined
titles of reStructuredText and of the texts made from it. The levels of underlines follow from
the order in which they first appear, as in reStructuredText; where there are `#` headings too,
`=` is the first and `-` the second level, as in Markdown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_ATX = re.compile(r"(#{1,6})[ \t]+(\S.*)")
_RULER = re.compile(r"([=\-~*^\"'`+#.:_])\1{2,}\s*\Z")
_FENCE = re.compile(r"\s{0,12}(`{3,}(?!.*`)|~{3,})")
_NOT_A_TITLE = re.compile(r"\s|[-*+•|>]\s|[+|=]|\.\. |:\w[^:]*:|```|~~~")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*\)")
_DECORATION = re.compile(r"\*\*|`|\s*\{#[^{}]*\}\s*\Z|(?<=\s)#+\s*\Z|\s*[¶#]\Z")
_LONGEST_TITLE = 200


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading, from line `first` up to but without line `end`; the outermost level is 1."""

    first: int
    end: int
    level: int
    title: str


@dataclass(slots=True)
class Outline:
    """Lines of a text without their ends, the offset of each, and what was found in them.

    `starts` has one offset more than there are lines: the length of the text. `fenced` gives for
    a line of fenced code the line after its fence, else 0.
    """

    lines: list[str]
    starts: list[int]
    fenced: list[int]
    headings: list[Heading] = field(default_factory=list)


def outline(text: str) -> Outline:
    """Find the lines, fences and headings of `text`. Linear in its length."""
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    starts[-1] -= 1
    found = Outline(lines, starts, _fences(lines))
    found.headings = _headings(found)
    return found


def first_heading(text: str) -> str:
    """Title of the first heading of `text`, or "" where it has none."""
    headings = outline(text).headings
    return headings[0].title if headings else ""


def _fences(lines: list[str]) -> list[int]:
    fenced = [0] * len(lines)
    missing: dict[str, int] = {}  # sign → length from which no closing fence follows any more
    at = 0
    while at < len(lines):
        match = _FENCE.match(lines[at]) if "```" in lines[at] or "~~~" in lines[at] else None
        if match is None or _underlines(lines, at):
            at += 1
            continue
        sign, size = match[1][0], len(match[1])
        end = _closing(lines, at, sign, size) if size < missing.get(sign, 1 << 60) else 0
        if not end:
            missing[sign] = min(size, missing.get(sign, size))
            at += 1
            continue
        fenced[at:end] = [end] * (end - at)
        at = end
    return fenced


def _closing(lines: list[str], opening: int, sign: str, size: int) -> int:
    for at in range(opening + 1, len(lines)):
        line = lines[at].strip()
        if len(line) >= size and line == sign * len(line):
            return at + 1
    return 0


def _headings(text: Outline) -> list[Heading]:
    found: list[tuple[int, int, str, str]] = []  # first line, end, style, title
    for at, line in enumerate(text.lines):
        if not line or text.fenced[at]:
            continue
        match = _ATX.match(line) if line[0] == "#" else None
        if match and not _comment(text.lines, at):
            found.append((at, at + 1, match[1], match[2]))
        elif _underlines(text.lines, at) and not text.fenced[at - 1]:
            first = at - 2 if _overlined(text.lines, at) else at - 1
            if found and first < found[-1][1]:  # that line underlines the title before
                first = at - 1
            style = line[0] if first == at - 1 else line[0] * 2
            found.append((first, at + 1, "_" + style, text.lines[at - 1]))
    levels = _levels([style for _, _, style, _ in found])
    return [Heading(first, end, levels[style], _plain(title)) for first, end, style, title in found]


def _levels(styles: list[str]) -> dict[str, int]:
    if any(style[0] == "#" for style in styles):
        fixed = {"_=": 1, "_-": 2}
        return {style: len(style) if style[0] == "#" else fixed.get(style, 3) for style in styles}
    return {style: level for level, style in enumerate(dict.fromkeys(styles), 1)}


def _comment(lines: list[str], at: int) -> bool:
    """Whether a `# line` is one of several below one another, as comments in code are."""
    marks = _ATX.match(lines[at])[1]  # type: ignore[index]
    around = lines[at - 1 : at] + lines[at + 1 : at + 2]
    return any(
        line.startswith(marks) and line[len(marks) : len(marks) + 1] != "#" for line in around
    )


def _underlines(lines: list[str], at: int) -> bool:
    """Whether line `at` underlines a title, which stands alone in the line above it."""
    line = lines[at]
    if at == 0 or not _RULER.match(line):
        return False
    title = lines[at - 1].rstrip()
    over = _overlined(lines, at)
    if not 0 < len(title) <= _LONGEST_TITLE or _RULER.match(title):
        return False
    if _NOT_A_TITLE.match(title.lstrip() if over else title) or not any(map(str.isalnum, title)):
        return False
    alone = over or at == 1 or not lines[at - 2].strip() or lines[at - 2].startswith((".. ", "#"))
    long = len(line.rstrip()) >= 0.8 * len(title.strip())
    return alone and title[-1] not in ".,;" and (long or (line[0] in "=-" and title[-1] != ":"))


def _overlined(lines: list[str], at: int) -> bool:
    return at >= 2 and lines[at - 2].rstrip() == lines[at].rstrip()


def _plain(title: str) -> str:
    bare = _LINK.sub(r"\1", title[:_LONGEST_TITLE])
    for _ in range(3):  # `Title** {#name} ##`: what one removal uncovers
        bare = _DECORATION.sub("", bare.strip())
    return " ".join(bare.replace("\\", "").split())
