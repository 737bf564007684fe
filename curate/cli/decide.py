"""Commands that decide which rows stay: filter, dedup, moderate.

On working rows, on any file of rows, or on shards.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from curate.cli.common import DEFAULT, engine_options, read, set_option

if TYPE_CHECKING:
    from curate.pipeline import Decision

input_argument = click.argument("source", default=DEFAULT, metavar="[INPUT]")
out_option = click.option(
    "-o", "--out", help="Where the rows that stay are written: a file, or a folder for shards."
)
rejected_option = click.option(
    "--rejected",
    help="Where dropped rows are written, with `dropped`, the reason, and their measures.",
)


@click.command("filter")
@input_argument
@click.option(
    "--min-quality", type=click.FloatRange(0, 1), help="Keep rows of at least this quality."
)
@click.option(
    "--target",
    type=click.IntRange(1),
    metavar="N",
    help="Keep the N rows that cover the others best, good ones first.",
)
@out_option
@rejected_option
@click.option(
    "--recipe",
    default=DEFAULT,
    help="Recipe whose filters a file is measured by.",
    metavar="RECIPE",
)
@engine_options
@set_option
def filter_rows(
    source: str,
    min_quality: float | None,
    target: int | None,
    out: str | None,
    rejected: str | None,
    recipe: str,
    engine_name: str,
    address: str | None,
    workers: int | None,
    overrides: tuple[str, ...],
) -> None:
    """Measure rows and drop those that miss a bound, with the reason.

    INPUT is a recipe, whose working rows are decided upon, or a file of rows (Alpaca, messages,
    ShareGPT; JSON, JSONL, Parquet, or a saved dataset) together with -o. Numbers measured before
    are used again and no call is made, so try bounds freely.

    \b
    Example:
      curate filter --min-quality 0.8
      curate filter --target 1000
      curate filter in.jsonl -o out.jsonl --min-quality 0.6 --rejected rejected.jsonl
      curate filter shards/ -o kept/ --engine ray --workers 4
    """
    further = () if min_quality is None else (f"filters.quality.min={min_quality}",)
    if target is not None:
        further = (*further, f"filters.diversity.target={target}")
    if out is None:
        _decide(source, (*overrides, *further), (engine_name, address, workers))
        return
    from curate import pipeline
    from curate.cli import files, shards
    from curate.cli.terminal import Terminal
    from curate.engines.open import opened
    from curate.schema import PAIR
    from curate.tables.shards import is_sharded

    chosen, _ = read(recipe, (*overrides, *further))
    if is_sharded(source):
        shards.filtered(source, chosen.filters, (out, rejected), (engine_name, address, workers))
    else:
        table = files.opened(source, out, rejected)
        bare = table.rows.select(list(PAIR))
        with opened(engine_name, address, workers) as engine:
            rows = pipeline.apply(chosen.filters, chosen.embedding, bare, Terminal(), engine)
        files.write(table, rows, out, rejected)
    absent = [measure.name for measure in chosen.filters if measure.needs_passage]
    if absent:
        click.echo(f"Not measured, since there are no passages: {', '.join(absent)}", err=True)


@click.command()
@input_argument
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1, min_open=True),
    help="Jaccard similarity from which on two rows are near-duplicates.",
)
@click.option(
    "--against",
    multiple=True,
    metavar="OLD",
    help="Drop what is in here already: a dataset (NAME, NAME@1.0.0, NAME@1.0.0:test), a file of "
    "rows, or a benchmark (file or folder; arc, mmlu, hellaswag, truthfulqa). May be repeated.",
)
@out_option
@rejected_option
@engine_options
@set_option
def dedup(
    source: str,
    threshold: float | None,
    against: tuple[str, ...],
    out: str | None,
    rejected: str | None,
    engine_name: str,
    address: str | None,
    workers: int | None,
    overrides: tuple[str, ...],
) -> None:
    """Drop near-duplicates, naming the row that stays and the exact similarity.

    INPUT is a recipe, whose working rows are decided upon, or a file of rows together with -o; `-`
    is standard input or output. Of two near-duplicates the better row stays (by `quality`, if rows
    have it), so working rows are filtered along with it. Rows that share a template and say
    different things stay.

    \b
    Example:
      curate dedup --threshold 0.7
      curate dedup in.json -o out.json --threshold 0.8 --rejected copies.jsonl
      curate dedup new.jsonl -o new-only.jsonl --against mine@1.0.0 --against eval/
      cat in.jsonl | curate dedup - > out.jsonl
      curate dedup s3://bucket/rows/ -o s3://bucket/kept/ --engine ray --address auto
    """
    further = () if threshold is None else (f"dedup.threshold={threshold}",)
    if against:
        further = (*further, f"dedup.against={json.dumps(against)}")
    out = "-" if out is None and source == "-" else out
    if out is None:
        _decide(source, (*overrides, *further), (engine_name, address, workers))
        return
    from curate import drop
    from curate.cli import files, shards
    from curate.cli.look import DATASETS
    from curate.cli.terminal import Terminal
    from curate.copies import Means
    from curate.earlier import earlier
    from curate.engines.open import opened
    from curate.recipe import comparison
    from curate.tables.shards import is_sharded

    options, embedding = comparison((*overrides, *further))
    past, where = earlier(options.against, DATASETS), (engine_name, address, workers)
    if is_sharded(source):
        shards.deduplicated(source, (options, embedding), past, (out, rejected), where)
        return
    table = files.opened(source, out, rejected)
    with opened(*where) as engine:
        means = Means(past, embedding, Path(".curate"), engine)
        rows = drop.duplicates(table.rows, options, means, Terminal())
    files.write(table, rows.with_columns(files.copied(rows)), out, rejected)


@click.command()
@input_argument
@out_option
@rejected_option
@click.option(
    "--recipe",
    help="Recipe whose moderation a file is measured by, against its documents and topic.",
    metavar="RECIPE",
)
@engine_options
@set_option
def moderate(
    source: str,
    out: str | None,
    rejected: str | None,
    recipe: str | None,
    engine_name: str,
    address: str | None,
    workers: int | None,
    overrides: tuple[str, ...],
) -> None:
    """Drop or redact what is unsafe, private or off topic, and add refusals.

    INPUT is a recipe, whose working rows are decided upon (filters and near-duplicates too, since
    which rows are left depends on all), or a file of rows together with -o. For a file, what is off
    topic is measured where --recipe says what the topic is, what is private is dropped, not
    redacted, and no refusals are added.

    \b
    Example:
      curate moderate
      curate moderate in.jsonl -o out.jsonl --rejected unsafe.jsonl
      curate moderate in.jsonl -o out.jsonl --recipe recipes/mine.yaml
      curate moderate shards/ -o kept/ --engine ray --workers 4
    """
    if out is None:
        _decide(source, overrides, (engine_name, address, workers))
        return
    from curate import drop
    from curate import moderate as stage
    from curate.cli import files, shards
    from curate.cli.terminal import Terminal
    from curate.engines.open import opened
    from curate.pipeline import read_passages
    from curate.tables.shards import is_sharded

    chosen, workspace = read(recipe or DEFAULT, overrides)
    measures, where = chosen.moderation.measures, (engine_name, address, workers)
    subject = None
    if recipe is not None:
        passages, _ = read_passages(chosen)
        subject = stage.Subject(passages, chosen.about.topic, chosen.about.seed)
    if is_sharded(source):
        shards.moderated(source, measures, subject, workspace.folder, (out, rejected), where)
    else:
        table = files.opened(source, out, rejected)
        rows = table.rows
        with opened(*where) as engine:
            for measure in measures:
                given = (measure, rows, subject, Terminal(), workspace.folder, engine)
                rows = rows.hstack(stage.measured(*given))
        files.write(table, drop.by_bounds(rows, measures), out, rejected)
    if subject is None and any(each.needs_passage for each in measures):
        click.echo("Not measured, since no --recipe says what the topic is: off_topic", err=True)


def _decide(
    recipe: str, overrides: tuple[str, ...], where: tuple[str, str | None, int | None]
) -> None:
    from curate import pipeline
    from curate.cli.terminal import Terminal, covered, result
    from curate.engines.open import opened
    from curate.errors import UsageError
    from curate.tables import SUFFIXES

    if recipe == "-" or Path(recipe).suffix in SUFFIXES or Path(recipe).is_dir():
        raise UsageError(f"{recipe} is a file of rows: say where to write what stays, with -o FILE")
    chosen, workspace = read(recipe, overrides)
    with workspace.lock(), opened(*where) as engine:
        decision = pipeline.decide(chosen, workspace, Terminal(), engine=engine)
    result(decision.rows)
    covered(decision.coverage, workspace.folder / "uncovered.jsonl")
    click.echo(_moved(decision))
    click.echo(f"Next: curate publish {recipe}")


def _moved(decision: Decision) -> str:
    count = decision.dropped + decision.restored
    measured = f"; measured: {', '.join(decision.measured)}" if decision.measured else ""
    return f"{count} rows moved: {decision.dropped} dropped, {decision.restored} restored{measured}"
