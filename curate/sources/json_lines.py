"""JSON Lines: one object with a `text` per line, as The Pile's shards have them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from curate.sources.load import Bounds, Unreadable, clean, opened

_SHOWN = 20  # lines of a file that are named one by one where they cannot be read
_BLOCK = 1 << 20


@dataclass
class Lines:
    """What a file gave: number, title and text of each line that was read, and the losses."""

    read: list[tuple[int, str, str]] = field(default_factory=list)
    losses: list[tuple[str, str]] = field(default_factory=list)
    lost: int = 0

    def lose(self, name: str, number: int, reason: str) -> None:
        """Note a line that cannot be read, by itself or, where there are many, in a sum."""
        self.lost += 1
        if self.lost <= _SHOWN:
            self.losses.append((f"{name}:{number}", reason))

    def close(self, name: str, what: str) -> None:
        """Note how many more could not be read than were named."""
        if self.lost > _SHOWN:
            more = f"and {self.lost - _SHOWN:,} more {what} that cannot be read"
            self.losses.append((name, more))


def read_lines(path: Path, name: str, packing: str, bounds: Bounds) -> Lines:
    """Read every line of a file. What cannot be read is in the losses.

    Raises Unreadable where it is empty, or its first lines show that it is something else.
    """
    lines = Lines()
    try:
        with opened(path, packing) as stream:
            for number, data in _numbered(stream, bounds):
                try:
                    _read_line(lines, number, data, bounds)
                except Unreadable as error:
                    lines.lose(name, number, str(error))
                    if lines.lost == _SHOWN and not lines.read:
                        break
    except Unreadable as error:
        lines.losses.append((name, f"read up to {len(lines.read):,} lines: {error}"))
    if lines.lost == _SHOWN and not lines.read:
        raise Unreadable(f"not JSON Lines: its first lines are {lines.losses[0][1]}")
    lines.close(name, "lines")
    if not lines.read and not lines.losses:
        raise Unreadable("empty")
    return lines


def _numbered(stream: IO[bytes], bounds: Bounds) -> Iterator[tuple[int, bytes]]:
    """Each line with its number; of one that is too long, only its first part."""
    number = 0
    while data := stream.readline(bounds.document + 1):
        number += 1
        bounds.take(len(data))
        yield number, data
        if len(data) > bounds.document:
            while data and not data.endswith(b"\n"):
                data = stream.readline(_BLOCK)
                bounds.take(len(data))


def _read_line(lines: Lines, number: int, data: bytes, bounds: Bounds) -> None:
    if len(data) > bounds.document:
        raise Unreadable(f"over {bounds.document:,} bytes; split it or raise max_bytes")
    if data.isspace():
        return
    try:
        row = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"not a JSON object in UTF-8 ({error})") from error
    text = row.get("text") if isinstance(row, dict) else None
    if not isinstance(text, str):
        raise Unreadable('no "text" in it; each line must be {"text": "…"}')
    lines.read.append((number, _title(row), clean(text)))


def _title(row: dict[str, Any]) -> str:
    meta = row.get("meta")
    for place in (row, meta if isinstance(meta, dict) else {}):
        title = place.get("title")
        if isinstance(title, str) and title.strip():
            return clean(" ".join(title.split()))
    return ""
