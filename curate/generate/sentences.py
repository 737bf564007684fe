"""Where a block that is too long for one passage may be cut, the best places first."""

from __future__ import annotations

import re
from collections.abc import Iterator

_SENTENCE = re.compile(
    r"(?<=[.!?…])[\"'”’»)\]*_`]{0,4}\s+(?=[^\s\w]{0,3}[^\W_])"
    r"|(?<=[。！？｡])[」』”’）】]{0,3}\s*"
    r"|(?<!\s)\s*\n[^\S\n]*(?=(?:[-*+•‣]|\(?\d{1,3}[.)])\s)"
)
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|cf|vs|viz|approx|resp|fig|eq|sec|ch|nos?|vol|pp?|eds?|dr|mrs?|ms|prof|st"
    r"|jr|sr|dept|est|[a-z])|^\s*\(?\d{1,3})\.\s*\Z",
    re.IGNORECASE | re.MULTILINE,
)
_PARAGRAPH = re.compile(r"\n\s*\n")
_LINE = re.compile(r"\n")
_LOOK_BACK = 12  # characters: longer than any abbreviation


def cuts(text: str, start: int, end: int, *, code: bool) -> list[int]:
    """Offsets inside `text[start:end]` where parts of it start, of the best kind that there is.

    Prose is cut between sentences and list items, else between lines; code between paragraphs of
    it, else between lines. No offset is returned where neither is found.
    """
    first, last = _between_fences(text, start, end) if code else (start, end)
    for find in (_paragraphs, _lines) if code else (_sentences, _lines):
        found = [at for at in find(text, start, end) if first < at < last]
        if found:
            return found
    return []


def _between_fences(text: str, start: int, end: int) -> tuple[int, int]:
    """Bounds that keep a fence together with the line of code next to it."""
    stop = start + len(text[start:end].rstrip())
    after, before = text.find("\n", start, stop) + 1, text.rfind("\n", start, stop) + 1
    first = after if text[start:stop].lstrip().startswith(("```", "~~~")) else start
    last = before if text.startswith(("```", "~~~"), before) else end
    return first, last


def _sentences(text: str, start: int, end: int) -> Iterator[int]:
    for match in _SENTENCE.finditer(text, start, end):
        before = text[max(start, match.start() - _LOOK_BACK) : match.start()]
        after = text[match.end() : match.end() + 1]
        item = "\n" in match.group() and not before.endswith((".", "!", "?"))
        if item or not (after.islower() or _ABBREVIATION.search(before)):
            yield match.end()


def _paragraphs(text: str, start: int, end: int) -> Iterator[int]:
    return (match.end() for match in _PARAGRAPH.finditer(text, start, end))


def _lines(text: str, start: int, end: int) -> Iterator[int]:
    return (match.end() for match in _LINE.finditer(text, start, end))
