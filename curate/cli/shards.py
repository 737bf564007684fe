"""Commands on rows in shards: checked before the work, decided and written piece by piece."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from curate.dedup.options import Dedup
    from curate.earlier import Earlier
    from curate.embeddings.base import Embedding
    from curate.filters.base import Filter
    from curate.moderate import Subject
    from curate.moderation.base import Moderation
    from curate.sharded import Decided

Targets = tuple[str, str | None]
"""Folders for the rows that stay and, where wanted, for those dropped."""

Where = tuple[str, str | None, int | None]
"""Name of the engine, its address, workers."""


def filtered(source: str, filters: tuple[Filter, ...], to: Targets, where: Where) -> None:
    """Measure the rows of shards, and write those that keep the bounds."""
    from curate import sharded
    from curate.cli.terminal import Terminal
    from curate.engines.open import opened

    _check(to)
    with opened(*where) as engine:
        _write(sharded.measured(source, filters, engine, Terminal()), to)


def deduplicated(
    source: str, by: tuple[Dedup, Embedding], earlier: Earlier, to: Targets, where: Where
) -> None:
    """Write the rows of shards that are no copies."""
    from curate import sharded
    from curate.cli.files import copied
    from curate.cli.terminal import Terminal
    from curate.copies import Means
    from curate.engines.open import opened

    _check(to)
    options, embedding = by
    with opened(*where) as engine:
        means = Means(earlier, embedding, Path(".curate"), engine)
        decided = sharded.dedup(source, options, means, Terminal())
        numbered = decided.rows.with_columns(copied(decided.rows))
        _write(replace(decided, rows=numbered), to)


def moderated(
    source: str,
    measures: tuple[Moderation, ...],
    subject: Subject | None,
    cache: Path,
    to: Targets,
    where: Where,
) -> None:
    """Write the rows of shards that moderation leaves."""
    from curate import sharded
    from curate.cli.terminal import Terminal
    from curate.engines.open import opened

    _check(to)
    with opened(*where) as engine:
        told = (measures, subject, engine, Terminal(), cache)
        _write(sharded.moderated(source, *told), to)


def _check(to: Targets) -> None:
    """Raise, before any work, where a folder to write to cannot take the shards."""
    from curate.errors import UsageError
    from curate.tables.places import full
    from curate.tables.shards import check_folder

    for target in to:
        if target is not None:
            check_folder(target)
    out, rejected = to
    if rejected is not None and full(out).rstrip("/") == full(rejected).rstrip("/"):
        raise UsageError(f"--rejected {rejected} is the folder of -o: give each one of its own")


def _write(decided: Decided, to: Targets) -> None:
    import polars as pl

    from curate.cli.terminal import result

    out, rejected = to
    decided.write(out, rejected)
    result(decided.rows.with_columns(task=pl.lit("")))
    click.echo(f"Wrote {out}" + (f" and {rejected}" if rejected else ""))
