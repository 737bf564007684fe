"""Texts that came from outside, as Markdown that shows them and does nothing else.

A card is read by several renderers: that of the Hub, of GitHub, of editors. What one of them alone
would make a link or a formula of is broken by a word joiner, which is no letter and has no width.
"""

from __future__ import annotations

import re

from curate.text import printable

_SHOWN = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\\": "&#92;"}
    | {sign: f"\\{sign}" for sign in "`*_{}[]#|~$!"}
)
_JOINER = "\u2060"
_ACTIVE = re.compile(
    r"(?<=/)(?=/)"  # http://, //host
    r"|(?<=www)(?=\.)"
    r"|(?<=\.)(?=[^\W\d_])"  # evil.com
    r"|(?=@)|(?<=@)(?=\w)"  # an address, a mention
    r"|(?<=\\)(?=[()\[\]])"  # \( opens a formula
    r"|(?<=\$)(?=\$)",
    re.IGNORECASE,
)


def escape(text: str, most: int = 200) -> str:
    """`text` in one line of plain Markdown, also in a table: no markup, no HTML, no link.

    At most `most` characters of it.
    """
    return _ACTIVE.sub(_JOINER, printable(_one_line(text, most))).translate(_SHOWN)


def code(text: str, most: int = 120) -> str:
    """`text` in one line as a code span, in which nothing has a meaning. Not for tables.

    With `<` in it as `escape` has it: what looks for tags may not know of code spans.
    """
    shown = printable(_one_line(text, most))
    if not shown:
        return "–"
    if "<" in shown:
        return escape(text, most)
    fence = "`" * (1 + max(map(len, re.findall("`+", shown)), default=0))
    return f"{fence} {shown} {fence}" if "`" in shown else f"`{shown}`"


def plain(text: str) -> str:
    """`text` with all but letters, digits, dot and dash replaced: for code that is copied."""
    return re.sub(r"[^A-Za-z0-9.-]", "_", text[:200])


def _one_line(text: str, most: int) -> str:
    shown = " ".join(text[: 4 * most].split())
    return shown if len(shown) <= most and len(text) <= 4 * most else f"{shown[: most - 1]}…"
