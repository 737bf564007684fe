"""Text of strangers (rows, names) made harmless where it is shown: on a terminal, in Markdown."""

from __future__ import annotations

import html
import re
import unicodedata


def printable(text: str) -> str:
    """A text with control characters, but for newline and tab, as escapes: none steers a terminal.

    Characters that turn the direction of reading are among them.
    """
    return "".join(
        char if char in "\n\t" or unicodedata.category(char)[0] != "C" else _code(char)
        for char in text
    )


def _code(char: str) -> str:
    return f"\\x{ord(char):02x}" if ord(char) < 256 else f"\\u{ord(char):04x}"


def markdown(text: str) -> str:
    """A text as one line of Markdown that is nothing but text: no link, tag, table or emphasis."""
    line = " ".join(html.escape(printable(text)).split())
    return re.sub(r"([\\`*_{}\[\]()#+!|~:@-])", r"\\\1", line)
