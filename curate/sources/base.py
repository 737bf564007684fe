"""What a source is: something that gives DOCUMENT rows, and says what it could not read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from curate.options import options
from curate.registry import Named
from curate.schema import DOCUMENT, LOSS


@dataclass(frozen=True)
class Documents:
    """What a source gave: `rows` (DOCUMENT, one per distinct text) and `losses` (LOSS)."""

    rows: pl.DataFrame
    losses: pl.DataFrame


@options
class Source(Named):
    """Where documents come from."""

    licence: ClassVar[str] = ""

    def read(self) -> Documents:
        """Read everything. Raises InputError where the whole source is missing or empty."""
        raise NotImplementedError(f"source {self.name} does not say how to read")


def documents(rows: list[dict[str, str]], losses: list[tuple[str, str]]) -> Documents:
    """Frames from `{path, title, text, licence}` rows and `(path, reason)` losses.

    Documents are ordered by path; a second document with the same text goes to the losses.
    """
    from curate.text import digest

    kept: dict[str, dict[str, str]] = {}
    lost = list(losses)
    for row in sorted(rows, key=lambda row: row["path"]):
        key = digest(row["text"])
        if key in kept:
            lost.append((row["path"], f"same text as {kept[key]['path']}"))
        else:
            kept[key] = {"id": key, **row}
    ledger = [
        {"stage": "source", "path": path, "passage": "", "asked": 0, "got": 0, "reason": reason}
        for path, reason in sorted(lost)
    ]
    return Documents(
        pl.DataFrame(list(kept.values()), schema=DOCUMENT), pl.DataFrame(ledger, schema=LOSS)
    )
