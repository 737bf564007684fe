"""What the reader of one file gives."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Parsed:
    """The title, the text as simple Markdown, and what of the file could not be read, and why."""

    title: str
    text: str
    gaps: tuple[str, ...] = ()
