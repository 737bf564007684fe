"""An HTML tree made plain for trafilatura, which on pages of manuals needs help.

It drops the headings of a page without `<article>` or `<main>`, the blank lines and often the
fences of code, it runs definition lists together, and takes a line break inside of `<code>` for
a block. Here headings become bare text, terms become headings or paragraphs, and blocks of code
are taken out and leave a mark.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from curate.text import digest

_BARE = "//h1|//h2|//h3|//h4|//h5|//h6|//code[not(br) and not(ancestor::pre)]"
_MAIN = "//article|//main|//*[@role='main']"
_LAYOUT = "//table[.//h1 or .//h2 or .//h3]"
_BOXES = "//figure|//details|//summary|//section"  # trafilatura drops some with all that is in them
_ANCHORED = "//*[h1 or h2 or h3 or h4 or h5 or h6]"
_CHROME = (
    "//button|//a[not(normalize-space())]"
    "|//*[@role='navigation' or @role='search' or @role='banner' or @role='menu']"
)
_ANCHOR = re.compile(r"\s*(?:¶|#|§|🔗|\[source\]|\[src\])\s*\Z")
_PADDING = "z" * 100  # so that a mark is not taken for the label of a link beside it
_LONG = 120  # characters: where definitions are longer, they are sections, their terms headings


@dataclass
class Code:
    """The blocks of code of a page, and the mark that the first of them left, less its number."""

    mark: str
    blocks: list[str] = field(default_factory=list)

    def put_back(self, text: str) -> str:
        """`text` with a fenced block in the place of each mark."""
        pieces = re.split(rf"{self.mark}(\d+){_PADDING}", text)
        pieces[::2] = [piece.strip() for piece in pieces[::2]]
        pieces[1::2] = [self._fenced(int(number)) for number in pieces[1::2]]
        return "\n\n".join(filter(None, pieces))

    def _fenced(self, number: int) -> str:
        block = self.blocks[number] if number < len(self.blocks) else ""
        ticks = "`" * max(3, 1 + max(map(len, re.findall("`+", block)), default=0))
        return f"{ticks}\n{block}\n{ticks}"


def prepare(tree: Any) -> Code:
    """Change `tree` in place. Returns the code that was taken out."""
    for part in tree.xpath(_CHROME):
        part.drop_tree()
    code = _take_code(tree)
    for part in tree.xpath(_BARE):
        _bare(part)
    for table in tree.xpath(_LAYOUT):
        for cell in [*table.iter("table", "tbody", "tr", "td", "th")]:
            cell.tag = "div"
    for box in tree.xpath(_BOXES):
        box.tag = "div"
    for section in tree.xpath(_ANCHORED):
        section.attrib.pop("id", None)  # "cookie-objects" is no cookie banner
    _define_terms(tree)
    _mark_main(tree)
    return code


def _mark_main(tree: Any) -> None:
    body = tree.find(".//body")
    if body is not None and not tree.xpath(_MAIN):
        body.tag = "article"
        outer = body.makeelement("body")
        body.addprevious(outer)
        outer.append(body)


def _take_code(tree: Any) -> Code:
    code = Code(f"code{digest(tree.text_content())}n")  # nothing that a page could guess
    for block in tree.xpath("//pre[not(ancestor::pre) and not(ancestor::td)]"):
        parts = block.findall("code")
        texts = [part.text_content() for part in (parts if len(parts) > 1 else [block])]
        text = "\n\n".join(texts).strip("\n").rstrip()
        _empty(block)
        block.tag = "p"
        if text.strip():
            block.text = f"{code.mark}{len(code.blocks)}{_PADDING}"
            code.blocks.append(text)
    return code


def _define_terms(tree: Any) -> None:
    for menu in [terms for terms in tree.iter("dl") if _is_menu(terms)]:
        menu.drop_tree()
    _define(tree.xpath("//dl[not(ancestor::dl)]"), "h5")
    _define(tree.xpath("//dl"), "h6")  # what is still a `dl` stands in another one


def _is_menu(part: Any) -> bool:
    linked = sum(len(link.text_content()) for link in part.iter("a"))
    return bool(2 * linked > len(" ".join(part.text_content().split())))


def _define(lists: list[Any], heading: str) -> None:
    sizes = [len(body.text_content()) for terms in lists for body in terms.iterchildren("dd")]
    tag = heading if sum(sizes) > _LONG * len(sizes) else "p"
    for terms in lists:
        for child in [*terms.iterchildren("dt", "dd")]:
            if child.tag == "dt":
                _bare(child)
            child.tag = tag if child.tag == "dt" else "div"
        terms.tag = "div"


def _bare(heading: Any) -> None:
    for link in heading.xpath(".//a"):
        if _ANCHOR.match(link.text_content()):
            link.drop_tree()
    text = " ".join(heading.text_content().split())
    _empty(heading)
    heading.text = text


def _empty(element: Any) -> None:
    tail = element.tail
    element.clear()
    element.tail = tail
