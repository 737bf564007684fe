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
    r"|figure|h[1-6]|header|hr|li|main|ol|p|pre|section|summary|table|t(?:body|foot|head|r)|ul)\Z"
)
_HEADING = re.compile(r"h[1-6]\Z")
_SPACE = re.compile(r"\s+")
_GAP = re.compile(r"\n\s*\n\s*")


def plain_markdown(tree: Any) -> str:
    """Headings, paragraphs, list items, table rows and code of `tree`, in their order."""
    from lxml import etree

    pieces: list[str] = []
    unseen = code = 0
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        tag = element.tag if isinstance(element.tag, str) else "head"
        step = 1 if event == "start" else -1
        unseen += step if _UNSEEN.match(tag) else 0
        if not unseen:
            pieces.append(_mark(tag, event))
        code += step if tag == "pre" else 0
        text = element.text if event == "start" else element.tail
        if text and not unseen:
            pieces.append(text if code else _SPACE.sub(" ", text))
    return _GAP.sub("\n\n", "".join(pieces)).strip()


def _mark(tag: str, event: str) -> str:
    start = event == "start"
    if tag == "pre":
        return "\n\n```\n" if start else "\n```\n\n"
    if tag in ("td", "th"):
        return "" if start else " | "
    if tag == "br":
        return "\n" if start else ""
    if tag == "li" and start:
        return "\n- "
    if _HEADING.match(tag) and start:
        return f"\n\n{'#' * int(tag[1])} "
    if tag in ("li", "tr"):
        return "\n"
    return "\n\n" if _BLOCK.match(tag) else ""
