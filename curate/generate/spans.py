"""A stretch of a document on its way to become a passage."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile

_COMMENTS = re.compile(r"(?:\s*<!--.{0,2000}?-->)+", re.DOTALL)
_LABEL = re.compile(r"[ \t]*(?:\.\. _.*:|<a [^>]*>(?:</a>)?|\[[^\]]+\]: +\S+.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Span:
    """A passage in the making. With its heading it starts at `start`, without at `body`."""

    start: int
    body: int
    end: int
    weight: float
    path: tuple[str, ...]


def join(spans: list[Span]) -> Span:
    """Neighbouring spans as one, under the headings that all of them share."""
    if len(spans) == 1:
        return spans[0]
    first, path = spans[0].start, spans[0].path
    for span in spans[1:]:
        path = shared(path, span.path)
    return Span(first, first, spans[-1].end, sum(span.weight for span in spans), path)


def leads(span: Span, following: Span) -> bool:
    """Whether `following` stands under the same heading or one below it."""
    return following.path[: len(span.path)] == span.path


def shared(one: tuple[str, ...], two: tuple[str, ...]) -> tuple[str, ...]:
    """The headings that two paths begin with."""
    alike = takewhile(lambda pair: pair[0] == pair[1], zip(one, two, strict=False))
    return tuple(heading for heading, _ in alike)


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Without the whitespace, comments and labels around it; the first line stays indented."""
    piece = text[start:end].rstrip()
    comments = _COMMENTS.match(piece)
    skipped = comments.end() if comments else 0
    while (line := piece.rfind("\n", skipped)) >= 0 and _LABEL.match(piece, line + 1):
        piece = piece[:line].rstrip()
    first = start + len(piece) - len(piece[skipped:].lstrip())
    line = text.rfind("\n", max(0, start - 1), first) + 1
    return (line if line >= start + skipped else first), start + len(piece)
