"""Which rows are copies: of earlier data, of benchmark items, of better rows. Drops nothing itself.

Tells before it begins how much memory it will take, and afterwards of a row that much of the data
is a duplicate of.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import psutil

from curate.dedup.alarm import crowds
from curate.dedup.contained import held_among
from curate.dedup.corpus import Spread
from curate.dedup.duplicates import duplicates_among
from curate.dedup.memory import need, need_apart
from curate.dedup.options import Dedup
from curate.dedup.semantic import paraphrases_among
from curate.earlier import Earlier
from curate.embeddings.base import Embedding
from curate.engines.base import Engine
from curate.engines.local import Local
from curate.progress import Progress

_TOLD = 3  # crowds that are told of
_SHOWN = 70  # characters shown of a text


@dataclass(frozen=True)
class Means:
    """What rows are compared with and by, beside the options."""

    earlier: Earlier
    embedding: Embedding

    cache: Path | None = None
    """Folder for vectors that are paid for."""

    engine: Engine = field(default_factory=Local)
    """Where the work is done. The result is the same for any."""


def copies(rows: Spread, options: Dedup, means: Means, progress: Progress) -> pl.DataFrame:
    """The rows that are copies, as DUPLICATE; `rows` are live ones."""
    earlier, engine = means.earlier, means.engine
    against = None if earlier.rows.is_empty() else Spread.of(earlier.rows, engine)
    _tell_need(rows, options, against, progress)
    found = []
    if not earlier.items.is_empty():
        found.append(held_among(rows, earlier.items, options.contained, options.ngram))
        rows = rows.without(found[-1]["id"])
    near = duplicates_among(rows, options, against, progress)
    _tell_crowds(near, rows, progress)
    found.append(near)
    if options.semantic is not None:
        rest, by = rows.without(near["id"]), (options.semantic, means.embedding)
        found.append(paraphrases_among(rest, *by, against, progress, means.cache))
    return pl.concat(found)


def _tell_need(rows: Spread, options: Dedup, against: Spread | None, progress: Progress) -> None:
    given = [rows] if against is None else [rows, against]
    text, count = sum(each.text for each in given), sum(each.keys.height for each in given)
    apart = rows.engine.rows is not None
    wanted = need_apart(count, options) if apart else need(count, text, options)
    free = psutil.virtual_memory().available
    disk = f" and {_size(wanted.disk)} of disk for a while" if wanted.disk else ""
    here = " in this process" if apart else ""
    progress.note(
        f"Near-duplicates among {count:,} rows, {_size(text)} of text: "
        f"about {_size(wanted.memory)} of memory{here}, of {_size(free)} that are free{disk}."
    )
    if wanted.memory > free:
        progress.note(
            "That is more than there is. Give fewer rows at a time, the rest --against the first, "
            "or lower dedup.num_perm."
        )


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def _tell_crowds(near: pl.DataFrame, rows: Spread, progress: Progress) -> None:
    found = crowds(near, rows.keys.height)
    for crowd in found[:_TOLD]:
        progress.note(
            f"Look at this: {crowd.size:,} rows, {crowd.share:.1%} of all, were dropped as "
            f"duplicates of {crowd.kept}. The least alike:"
        )
        for id_ in crowd.examples:
            progress.note(f"  {id_}  {_shown(rows, id_)}")
    if found:
        progress.note(
            "If those say different things, raise dedup.threshold: then it is a template."
        )


def _shown(rows: Spread, id_: str) -> str:
    """Beginnings of question and answer."""
    row = rows.rows([id_]).row(0, named=True)
    parts = (" ".join(row[name].split()) for name in ("instruction", "output"))
    return " → ".join(part[: _SHOWN - 1] + "…" if len(part) > _SHOWN else part for part in parts)
