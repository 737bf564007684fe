"""The bytes of one file of a known kind → its title and text."""

from __future__ import annotations

import re

from curate.outline import first_heading
from curate.sources.contained import Parser
from curate.sources.kinds import CONTAINED
from curate.sources.load import Bounds, Unreadable, decode
from curate.sources.parsed import Parsed
from curate.sources.web_page import read_page

_MATTER = re.compile(r"(---|\+\+\+)[ \t]*\n((?:[^\n]*\n){0,200}?)\1[ \t]*(?:\n|\Z)")
_TITLE = re.compile(r"^title[ \t]*[:=](.*)$", re.MULTILINE)
_QUOTED = re.compile(r"([\"'])(.*)\1\Z")


def parse(kind: str, data: bytes, bounds: Bounds, parser: Parser, charset: str = "") -> Parsed:
    """Read a document; `charset` is a label of an encoding that was told with it.

    Raises Unreadable where it cannot be read.
    """
    if not data:
        raise Unreadable("empty")
    if kind in CONTAINED:
        parsed = parser.parse(kind, data, bounds.document)
        bounds.take(max(0, len(parsed.text) - len(data)))
    elif kind == "html":
        page = read_page(decode(data, declared=True, charset=charset))
        parsed = Parsed(page.title, page.text)
    else:
        text = decode(data, charset=charset)
        parsed = Parsed(*(_front_matter(text) if kind == "markdown" else ("", text)))
    return Parsed(parsed.title or first_heading(parsed.text), parsed.text, parsed.gaps)


def _front_matter(text: str) -> tuple[str, str]:
    """The title in the front matter of a Markdown text, and the text without it."""
    match = _MATTER.match(text)
    if not match or not re.search(r"^[\w-]+[ \t]*[:=]", match[2], re.MULTILINE):
        return "", text
    found = _TITLE.search(match[2])
    title = found[1].strip() if found else ""
    quoted = _QUOTED.match(title)
    return quoted[2].strip() if quoted else title, text[match.end() :].lstrip("\n")
