"""The sentences of a passage, each on one line, with what they are said of.

Headings, code and tables are left out. Marks of Markdown and reStructuredText are taken off.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from curate.generate.blocks import Node, parse
from curate.generate.sentences import cuts
from curate.text import units

_BULLET = re.compile(r"\s*(?:[-*+•‣]|\(?\d{1,3}[.)]|#\.)\s+")
_NOT_PROSE = ("|", "+", ">", ".. ", "::", "<", "#")
_UNSPACED = re.compile(r"(?<=[\u3001-\u9fff\uff01-\uff60])\s+(?=[\u3001-\u9fff\uff01-\uff60])")
_SIGNATURE = re.compile(r"(?:class |async |await )?([A-Za-z_][\w.]{1,60})\(([^\n]{0,200})\)")
_LONGEST_TERM = 40
_LONGEST = 800  # characters of a sentence with its marks; bounds the work on each
_FEWEST_LETTERS = 0.75  # of its characters, with digits and spaces; code has fewer
_MARKS = [
    (re.compile(r"^\[\d{1,3}\] | ?(?<!\w)\[\d{1,3}\](?![\w(])"), ""),  # a footnote
    (re.compile(r"(?<!\w):[a-z:]{1,20}:`~?([^`<]{1,200})`(?!\w)"), r'"\1"'),  # a role
    (re.compile(r"(?<![\w!])\[([^\[\]]{1,200})\]\([^()\s]{0,300}\)(?!\w)"), r"\1"),  # a link
    (re.compile(r"(?<![\w`])`([^`<>]{1,100}?)(?: <[^<>`]{1,200}>)?`__?(?!\w)"), r"\1"),
    (re.compile(r"(?<!\w)``([^`]{1,200})``(?!\w)"), r"`\1`"),
    (re.compile(r"(?<![\w*\"'])\*\*(\w[^*]{0,199})\*\*(?![\w*])"), r"\1"),
    (re.compile(r" \((?:[Ss]ee|[Ff]or)\b[^()]{0,200}\)"), ""),
    # Emphasis on a term; what else is set apart so may be the name of a parameter.
    (re.compile(r"(?<![\w*])\*(\w{1,40}[ -][\w -]{1,40}|\w{3,40}s)\*(?![\w*])"), r"\1"),
    (re.compile(r"(?<=\b[Aa] )\*(\w{3,40})\*(?![\w*])"), r"\1"),
    (re.compile(r"(?<=\b[Aa]n )\*(\w{3,40})\*(?![\w*])"), r"\1"),
]
_BROKEN = re.compile(r"(?<=[a-z]-) (?=[a-z])")


def sentences(passage: str, heading: str = "") -> Iterator[tuple[str, str]]:
    """Name and sentence for each sentence of `passage`, in order.

    The name is that of the function whose signature the sentence stands below, "str.lower()",
    or "". What has no end, is mostly signs, or is overlong is left out.
    """
    above = _name(heading.rpartition(" > ")[2])
    for name, block in _blocks(parse(passage), passage, above):
        for item in _items(block):
            starts = [0, *cuts(item, 0, len(item), code=False)]
            for start, end in zip(starts, [*starts[1:], len(item)], strict=True):
                sentence = item[start:end].strip()
                if len(sentence) <= _LONGEST:
                    sentence = _bare(sentence)
                    if _is_prose(sentence):
                        yield name, sentence


def _blocks(node: Node, text: str, name: str) -> Iterator[tuple[str, str]]:
    if node.code:
        return
    name = _name(node.title) if node.title else name
    if not node.children:
        yield name, text[node.body : node.end]
    for child in node.children:
        yield from _blocks(child, text, name)


def _name(title: str) -> str:
    match = _SIGNATURE.fullmatch(title.strip())
    if not match:
        return ""
    alone = match[2].isidentifier() and match[2] not in ("self", "cls")
    return f"{match[1]}({match[2] if alone else ''})"


def _items(block: str) -> Iterator[str]:
    """The paragraph or the list items of a block, unwrapped, without a term that they stand below.

    A term is a short line with more indented ones below it.
    """
    lines: list[str] = []
    for line in block.splitlines():
        if len(lines) == 1 and _is_term(lines[0], line) and not _BULLET.match(block):
            lines.clear()
        if _BULLET.match(line):
            yield _unwrapped(lines)
            lines = [_BULLET.sub("", line, count=1)]
        else:
            lines.append(line)
    yield _unwrapped(lines)


def _is_term(line: str, below: str) -> bool:
    indents = [len(one) - len(one.lstrip()) for one in (line, below)]
    return len(line.strip()) <= _LONGEST_TERM and indents[0] < indents[1]


def _unwrapped(lines: list[str]) -> str:
    """The lines as one. A word that was broken at its hyphen is whole again."""
    return _UNSPACED.sub("", _BROKEN.sub("", " ".join(" ".join(lines).split())))


def _bare(sentence: str) -> str:
    for mark, bare in _MARKS:
        sentence = mark.sub(bare, sentence)
    return sentence.strip()


def _is_prose(sentence: str) -> bool:
    if not sentence or sentence.startswith(_NOT_PROSE) or "| |" in sentence:
        return False
    letters = sum(map(len, units(sentence))) + sentence.count(" ")
    return letters >= _FEWEST_LETTERS * len(sentence)
