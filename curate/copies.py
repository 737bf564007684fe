"""Which rows are copies: of earlier data, of benchmark items, of better rows. Drops nothing itself.

Tells before it begins how much memory it will take, and afterwards of a row that much of the data
is a duplicate of.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl
import psutil

from curate.dedup.alarm import crowds
from curate.dedup.contained import contaminated
from curate.dedup.duplicates import near_duplicates
from curate.dedup.memory import need
from curate.dedup.options import Dedup
from curate.dedup.semantic import paraphrases
from curate.earlier import Earlier
from curate.embeddings.base import Embedding
from curate.progress import Progress

_TOLD = 3  # crowds that are told of
_SHOWN = 70  # characters shown of a text
_TEXTS = ("instruction", "input", "output")


@dataclass(frozen=True)
class Means:
    """What rows are compared with and by, beside the options."""

    earlier: Earlier
    embedding: Embedding

    cache: Path | None = None
    """Folder for vectors that are paid for."""

    workers: int | None = None
    """Threads, by default one a core. The result is the same for any number."""


def copies(rows: pl.DataFrame, options: Dedup, means: Means, progress: Progress) -> pl.DataFrame:
    """The rows that are copies, as DUPLICATE; `rows` are live ones."""
    earlier, workers = means.earlier, means.workers
    _tell_need(rows, options, earlier, progress)
    found = []
    if not earlier.items.is_empty():
        of = (earlier.items, options.contained, options.ngram, workers)
        found.append(contaminated(rows, *of))
        rows = _without(rows, found[-1])
    against = None if earlier.rows.is_empty() else earlier.rows
    near = near_duplicates(rows, options, against, workers, progress)
    _tell_crowds(near, rows, progress)
    found.append(near)
    if options.semantic is not None:
        rest, by = _without(rows, near), means.embedding
        found.append(paraphrases(rest, options.semantic, by, against, progress, means.cache))
    return pl.concat(found)


def _without(rows: pl.DataFrame, gone: pl.DataFrame) -> pl.DataFrame:
    return rows.join(gone.select("id"), on="id", how="anti", maintain_order="left")


def _tell_need(rows: pl.DataFrame, options: Dedup, earlier: Earlier, progress: Progress) -> None:
    frames = (rows, earlier.rows)
    text = sum(
        int(frame.select(pl.col(_TEXTS).str.len_bytes().sum()).sum_horizontal()[0] or 0)
        for frame in frames
    )
    count = sum(frame.height for frame in frames)
    wanted = need(count, text, options)
    free = psutil.virtual_memory().available
    disk = f" and {_size(wanted.disk)} of disk for a while" if wanted.disk else ""
    progress.note(
        f"Near-duplicates among {count:,} rows, {_size(text)} of text: "
        f"about {_size(wanted.memory)} of memory, of {_size(free)} that are free{disk}."
    )
    if wanted.memory > free:
        progress.note(
            "That is more than there is. Give fewer rows at a time, the rest --against the first, "
            "or lower dedup.num_perm."
        )


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def _tell_crowds(near: pl.DataFrame, rows: pl.DataFrame, progress: Progress) -> None:
    found = crowds(near, rows.height)
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


def _shown(rows: pl.DataFrame, id_: str) -> str:
    """Beginnings of question and answer."""
    row = rows.row(by_predicate=pl.col("id") == id_, named=True)
    parts = (" ".join(row[name].split()) for name in ("instruction", "output"))
    return " → ".join(part[: _SHOWN - 1] + "…" if len(part) > _SHOWN else part for part in parts)
