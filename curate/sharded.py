"""Deduplication, filters and moderation over rows in shards, which no process holds all of.

    told = dedup("s3://bucket/rows/", options, means, progress)
    told.write("s3://bucket/out/", "s3://bucket/rejected/")

This process has of each row its id, what orders it, its measures and its reason; pieces are read,
and shards written, wherever the engine runs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import polars as pl

from curate import drop
from curate.copies import Means, copies
from curate.dedup.corpus import Spread
from curate.dedup.options import Dedup
from curate.engines.base import Engine
from curate.errors import InputError, UsageError
from curate.filters.base import Filter
from curate.filters.parallel import IN_PARTS, measure_parts
from curate.moderate import Subject, alone
from curate.moderation.base import Moderation
from curate.progress import Advance, Progress
from curate.tables.pieces import Piece, Told, numbered
from curate.tables.shards import Shards

ROWS = 100_000
"""Rows in a piece, where row groups allow it. Other engines get the same pieces."""

Map = Callable[[pl.DataFrame], pl.DataFrame]


@dataclass(frozen=True)
class Decided:
    """Rows that are decided upon."""

    pieces: list[Piece]
    rows: pl.DataFrame
    """Of each row `id`, its measures, and `dropped`, the reason or null."""

    engine: Engine

    def write(self, target: str, rejected: str | None = None) -> None:
        """Write the records that stay as shards in a folder, and those dropped, with the reason and
        measures, in another.
        """
        calls, at = [], 0
        for piece in self.pieces:
            calls.append((piece, self.rows.slice(at, piece.rows).drop("id"), target, rejected))
            at += piece.rows
        self.engine.get(self.engine.run(_write, calls))


def dedup(source: str, options: Dedup, means: Means, progress: Progress) -> Decided:
    """The rows of some shards, those dropped that are copies. Raises what `copies` does."""
    pieces, rows, text = _named(source, means.engine)
    engine = means.engine
    keys = rows.select("id", *(name for name in ("quality",) if name in rows.columns))
    frames = [engine.keep(piece) for piece in pieces]
    spread = Spread(keys, frames, [piece.rows for piece in pieces], text, engine)
    named = copies(spread, options, means, progress).select("id", dropped="reason")
    found = keys.select("id").join(named, on="id", how="left", maintain_order="left")
    return Decided(pieces, found, engine)


def measured(source: str, filters: Sequence[Filter], engine: Engine, progress: Progress) -> Decided:
    """The rows of some shards, measured and dropped by the bounds of filters of one row.

    What needs a passage is null and drops nothing. Raises UsageError for a filter that compares
    rows or has others asked.
    """
    other = [each.name for each in filters if each.name not in IN_PARTS]
    if other:
        raise UsageError(
            f"Rows in shards are not measured by {', '.join(other)}: leave it out "
            f"(--set filters=…), or give one file. Measured are {', '.join(sorted(IN_PARTS))}."
        )
    pieces, rows, _ = _named(source, engine)
    made = _each(partial(measure_parts, tuple(filters)), pieces, engine, progress)
    return Decided(pieces, drop.by_bounds(_beside(rows, [made]), filters), engine)


def moderated(
    source: str,
    measures: Sequence[Moderation],
    subject: Subject | None,
    engine: Engine,
    progress: Progress,
    cache: Path,
) -> Decided:
    """The rows of some shards, measured and dropped by the bounds of moderation measures.

    Without a subject, null for what needs one. Who has to be asked is asked from this process,
    piece after piece, and answers are kept in the folder `cache`.
    """
    pieces, rows, _ = _named(source, engine)
    columns = []
    for measure in measures:
        function = alone(measure, subject)
        if function is not None:
            columns.append(_each(function, pieces, engine, progress))
        else:
            told = (measure.told(_pairs(piece), progress, cache) for piece in pieces)
            columns.append(pl.concat(told))
    return Decided(pieces, drop.by_bounds(_beside(rows, columns), measures), engine)


def _named(source: str, engine: Engine) -> tuple[list[Piece], pl.DataFrame, int]:
    """The pieces of some shards with the ids of their rows; `id` and, where one has one, `quality`
    of all rows; the bytes of text.
    """
    pieces = Shards.of(source).pieces(ROWS)
    if not pieces:
        raise InputError(f"{source}: its .parquet files hold no rows")
    found = engine.get(engine.run(_told, [(piece,) for piece in pieces]))
    if len(frozenset[str]().union(*(each.systems for each in found))) > 1:
        pieces = [replace(piece, apart=True) for piece in pieces]
        found = engine.get(engine.run(_told, [(piece,) for piece in pieces]))
    ids = pl.concat([each.ids for each in found])
    if not all(each.own for each in found) or ids.n_unique() < len(ids):
        again = engine.get(engine.run(_told, [(piece, True) for piece in pieces]))
        ids = numbered(pl.concat([each.ids for each in again]))
    rows = ids.alias("id").to_frame()
    if any(each.quality is not None for each in found):
        none = [pl.repeat(None, len(each.ids), dtype=pl.Float64, eager=True) for each in found]
        parts = [
            blank if each.quality is None else each.quality
            for each, blank in zip(found, none, strict=True)
        ]
        rows = rows.with_columns(quality=pl.concat(parts))
    named, at = [], 0
    for piece in pieces:
        named.append(replace(piece, ids=rows["id"].slice(at, piece.rows)))
        at += piece.rows
    return named, rows, sum(each.text for each in found)


def _told(piece: Piece, digests: bool = False) -> Told:
    return piece.tell(digests=digests)


def _each(function: Map, pieces: list[Piece], engine: Engine, progress: Progress) -> pl.DataFrame:
    """The columns that a function makes of the rows of each piece."""
    given = engine.keep(function)
    calls = [(replace(piece, ids=None), given) for piece in pieces]
    amounts = [piece.rows for piece in pieces]
    with progress.bar("measure", sum(amounts)) as advance:
        made = engine.run(_measured, calls, advance=advance, amounts=amounts)
    found: pl.DataFrame = pl.concat(engine.get(made))
    return found


def _measured(piece: Piece, function: Map, advance: Advance | None = None) -> pl.DataFrame:
    made = function(_pairs(piece))
    if advance is not None:
        advance(piece.rows)
    return made


def _pairs(piece: Piece) -> pl.DataFrame:
    """Its rows as measures take them."""
    return piece.read().with_columns(kind=pl.lit("answer"), passage=pl.lit(None, pl.String))


def _beside(rows: pl.DataFrame, columns: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The ids, with nothing dropped, and measures."""
    named = rows.select("id", dropped=pl.lit(None, pl.String))
    return pl.concat([named, *columns], how="horizontal")


def _write(piece: Piece, rows: pl.DataFrame, target: str, rejected: str | None) -> int:
    gone = rows["dropped"].is_not_null()
    kept = piece.write(target, ~gone)
    if rejected is not None:
        piece.write(rejected, gone, rows)
    return kept
