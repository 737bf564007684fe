"""HTML → its main text as Markdown, by trafilatura, with a plain conversion to fall back on."""

from __future__ import annotations

import copy
import logging
import re
from dataclasses import dataclass
from typing import Any

from curate.sources.load import Unreadable
from curate.sources.plain_page import plain_markdown
from curate.sources.prepare_page import prepare

_SHORT = 500  # characters; less than this and far less than the plain text is a bad extraction
_MOST_ELEMENTS = 100_000
_MOST_SIBLINGS = 20_000_000  # sum of squares: trafilatura's time grows with it
_ESCAPE = re.compile(r"\\([\\_*\[\]#<>`~+.!()-])")


@dataclass(frozen=True)
class Page:
    """The title and the main text of a page."""

    title: str
    text: str


def read_page(html: str) -> Page:
    """Read a page. Raises Unreadable where there is no text in it, or it is nested too deep."""
    tree = parse_page(html)
    title = " ".join(tree.findtext(".//title", "").split())
    code = prepare(tree)
    text = _extract(tree) if _manageable(tree) else ""
    if len(text) < _SHORT:
        plain = plain_markdown(tree)
        text = plain if len(plain) > 2 * len(text) else text
    text = code.put_back(re.sub(r"\n{3,}", "\n\n", text)).strip()
    if not text:
        raise Unreadable("no text in this page")
    return Page(title, text)


def parse_page(html: str) -> Any:
    """The tree of a page. Raises Unreadable where there is nothing in it, or it is too deep."""
    from lxml import etree
    from lxml.html import (
        HTMLParser,
        document_fromstring,
    )

    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        tree = document_fromstring(html.encode("utf-8"), parser=parser)
    except etree.ParserError as error:
        raise Unreadable("no text in this page") from error
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        raise Unreadable("over 255 elements deep, or a stretch over 10 MB; give it as plain text")
    return tree


def _manageable(tree: Any) -> bool:
    sizes = [len(element) for element in tree.iter()]
    return len(sizes) <= _MOST_ELEMENTS and sum(n * n for n in sizes) <= _MOST_SIBLINGS


def _extract(tree: Any) -> str:
    import trafilatura

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # what it logs is a loss here
    try:
        text = trafilatura.extract(
            copy.deepcopy(tree),
            output_format="markdown",
            fast=True,
            include_formatting=True,
            include_tables=True,
            include_comments=False,
        )
    except Exception:  # whatever it stumbles over, the page still has its plain conversion
        return ""
    return _ESCAPE.sub(r"\1", text or "")
