"""What a source is: something that gives DOCUMENT rows, and says what it could not read."""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from curate.options import options
from curate.registry import Named
from curate.schema import DOCUMENT, LOSS
from curate.text import digest

_REASONS_SHOWN = 5
_NUMBER = re.compile(r"(\d+)")


@dataclass(frozen=True)
class Documents:
    """What a source gave: `rows` (DOCUMENT, one per distinct text) and `losses` (LOSS)."""

    rows: pl.DataFrame
    losses: pl.DataFrame


@options
class Source(Named):
    """Where documents come from."""

    def read(self) -> Documents:
        """Read everything. Raises InputError where the whole source is missing or empty."""
        raise NotImplementedError(f"source {self.name} does not say how to read")


def documents(rows: list[dict[str, str]], losses: list[tuple[str, str]]) -> Documents:
    """Frames from `{path, title, text, licence}` rows and `(path, reason)` losses.

    Documents are ordered by path, numbers in it by their value; a second document with the same
    text goes to the losses.
    """
    kept: dict[str, dict[str, str]] = {}
    lost = list(losses)
    for row in sorted(rows, key=lambda row: _natural(row["path"])):
        key = digest(row["text"])
        if key in kept:
            lost.append((row["path"], f"same text as another document: {kept[key]['path']}"))
        else:
            kept[key] = {"id": key, **row}
    ledger = [
        {"stage": "source", "path": path, "passage": "", "asked": 0, "got": 0, "reason": reason}
        for path, reason in sorted(lost, key=lambda loss: (_natural(loss[0]), loss[1]))
    ]
    return Documents(
        pl.DataFrame(list(kept.values()), schema=DOCUMENT), pl.DataFrame(ledger, schema=LOSS)
    )


def nothing_read(what: str, losses: list[tuple[str, str]]) -> str:
    """What to tell where nothing could be read of `what`: the first reasons."""
    reasons = [f"  {path}: {reason}" for path, reason in sorted(losses)[:_REASONS_SHOWN]]
    more = len(losses) - len(reasons)
    tail = [f"  and {more} more"] if more else []
    return "\n".join([f"No document could be read from {what}:", *reasons, *tail])


def _natural(path: str) -> list[tuple[int, str]]:
    """A key that sorts `part-10` after `part-9`."""
    parts = _NUMBER.split(path)
    return [(len(part.lstrip("0")) if at % 2 else 0, part) for at, part in enumerate(parts)]
