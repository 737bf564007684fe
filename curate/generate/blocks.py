"""A document as a tree: sections hold sections and blocks, blocks hold what hangs on them.

A block is a paragraph, a list item, a table or one piece of code. What a paragraph introduces
(an indented block, a list, fenced code) is its child, so that both stay together where they fit.
The parts of a node lie end to end: each ends where the next one starts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from curate.outline import Heading, Outline, outline
from curate.tokens import weigh

_ITEM = re.compile(r"\s*(?:[-*+•‣]|\(?\w{1,3}[.)]|#\.)(?:\s|\Z)|\s*[|+]")
_TERM = re.compile(
    r"(?![-*+•|>]\s|\.\. )(.{1,99}[^\s.:;,!?。：])"
    r"|([\w.]+(?:\(.{0,99})?)(?:\n[\w.]+(?:\(.{0,99})?){1,9}"  # signatures, one below the other
)
_TITLE = re.compile(r"\*\*([^*\n]{1,100})\*\*:?")  # a bold line
_DEEPEST = 40  # columns of indentation that are told apart; bounds the depth of the tree
_SECTION = -100  # keys of sections lie below those of the blocks in them
_GROUP = -1


@dataclass(slots=True)
class Node:
    """A part of a document, from character `start` to `end`, worth `weight` tokens.

    `title` is the heading or the term that stands at its start; `body` is where the text after a
    heading starts. Where there are `children`, they and the heading are all there is.
    """

    start: int
    end: int
    body: int
    weight: float = 0.0
    title: str = ""
    code: bool = False
    children: list[Node] = field(default_factory=list)


def parse(text: str) -> Node:
    """The tree of `text`. Its depth is bounded, whatever the text."""
    root = Node(0, 0, 0)
    path = [(_SECTION, root)]
    for key, part in _parts(text):
        if key > _GROUP and path[-1][0] < _GROUP:
            group = Node(part.start, part.end, part.start)
            path[-1][1].children.append(group)
            path.append((_GROUP, group))
        while path[-1][0] >= key:
            path.pop()
        _hang(part, path[-1][1], text, block=path[-1][0] > _GROUP)
        path.append((key, part))
    _settle(root, text)
    return root


def _hang(part: Node, parent: Node, text: str, *, block: bool) -> None:
    if block and not parent.children:
        parent.children.append(Node(parent.start, parent.end, parent.start, code=parent.code))
        term = text[parent.start : parent.end].strip()
        match = _TITLE.fullmatch(term) or _TERM.fullmatch(term)
        parent.title = next(filter(None, match.groups()), "") if match else ""
        parent.code = parent.code or term.endswith("::")
    part.code = part.code or (block and parent.code)
    parent.children.append(part)


def _settle(node: Node, text: str) -> None:
    """Give `node` and all below it their ends and weights. Sections with nothing in them go."""
    if not node.children and node.body == node.start:
        node.weight = weigh(text[node.start : node.end])
        return
    kept: list[Node] = []
    heading = weigh(text[node.start : node.body])
    for child in node.children:
        _settle(child, text)
        if child.body > child.start and not child.children:
            heading += child.weight  # what stands before and after it may still be joined
        else:
            kept.append(child)
    node.children = kept
    node.end = kept[-1].end if kept else node.body
    node.weight = heading + sum(child.weight for child in kept)


def _parts(text: str) -> Iterator[tuple[int, Node]]:
    """Headings and blocks in order, each up to the start of the next, with how deep it lies."""
    waiting: tuple[int, Node] | None = None
    for key, node in _marks(outline(text)):
        if waiting:
            waiting[1].end = node.start
            yield waiting
        waiting = key, node
    if waiting:
        waiting[1].end = len(text)
        yield waiting


def _marks(found: Outline) -> Iterator[tuple[int, Node]]:
    headings = {heading.first: heading for heading in found.headings}
    at = 0
    while at < len(found.lines):
        start = found.starts[at]
        if at in headings:
            heading = headings[at]
            body = min(found.starts[heading.end], found.starts[-1])
            yield _SECTION + heading.level, Node(start, body, body, title=heading.title)
            at = heading.end
        elif not found.lines[at].strip():
            at += 1
        else:
            fenced = bool(found.fenced[at])
            yield _key(found.lines[at], fenced), Node(start, start, start, code=fenced)
            at = found.fenced[at] or _stop(found, headings, at + 1)


def _stop(found: Outline, headings: dict[int, Heading], at: int) -> int:
    while at < len(found.lines) and found.lines[at].strip():
        if at in headings or found.fenced[at]:
            break
        at += 1
    return at


def _key(line: str, fenced: bool) -> int:
    """How deep a block lies: by its indentation, then titles, paragraphs, what hangs on them."""
    indent = min(len(line) - len(line.lstrip()), _DEEPEST)
    rank = 2 if fenced or _ITEM.match(line) else 0 if _TITLE.fullmatch(line.strip()) else 1
    return 3 * indent + rank
