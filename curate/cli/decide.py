"""Commands that decide which rows stay: filter, dedup. On working rows, or on any file of rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from curate.cli.common import DEFAULT, read, set_option

if TYPE_CHECKING:
    import polars as pl

    from curate.pipeline import Decision
    from curate.tables import Table

input_argument = click.argument("source", default=DEFAULT, metavar="[INPUT]")
out_option = click.option(
    "-o", "--out", type=click.Path(path_type=Path), help="Where the rows that stay are written."
)
rejected_option = click.option(
    "--rejected",
    type=click.Path(path_type=Path),
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
@set_option
def filter_rows(
    source: str,
    min_quality: float | None,
    target: int | None,
    out: Path | None,
    rejected: Path | None,
    recipe: str,
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
    """
    further = () if min_quality is None else (f"filters.quality.min={min_quality}",)
    if target is not None:
        further = (*further, f"filters.diversity.target={target}")
    if out is None:
        _decide(source, (*overrides, *further))
        return
    from curate import pipeline
    from curate.cli.terminal import Terminal
    from curate.schema import PAIR

    chosen, _ = read(recipe, (*overrides, *further))
    table = _table(source, out, rejected)
    bare = table.rows.select(list(PAIR))
    rows = pipeline.apply(chosen.filters, chosen.embedding, bare, Terminal())
    absent = [measure.name for measure in chosen.filters if measure.needs_passage]
    if absent:
        click.echo(f"Not measured, since there are no passages: {', '.join(absent)}", err=True)
    _write(table, rows, out, rejected)


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
@click.option(
    "--workers",
    type=click.IntRange(1),
    help="Threads; by default one a core. The result is the same for any number.",
)
@out_option
@rejected_option
@set_option
def dedup(
    source: str,
    threshold: float | None,
    against: tuple[str, ...],
    workers: int | None,
    out: Path | None,
    rejected: Path | None,
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
    """
    further = () if threshold is None else (f"dedup.threshold={threshold}",)
    if against:
        further = (*further, f"dedup.against={json.dumps(against)}")
    out = Path("-") if out is None and source == "-" else out
    if out is None:
        _decide(source, (*overrides, *further), workers)
        return
    from curate import drop
    from curate.cli.look import DATASETS
    from curate.cli.terminal import Terminal
    from curate.copies import Means
    from curate.earlier import earlier
    from curate.recipe import comparison

    options, embedding = comparison((*overrides, *further))
    past = earlier(options.against, DATASETS)
    table = _table(source, out, rejected)
    means = Means(past, embedding, Path(".curate"), workers)
    rows = drop.duplicates(table.rows, options, means, Terminal())
    _write(table, rows.with_columns(_numbers(rows)), out, rejected)


@click.command()
@input_argument
@out_option
@rejected_option
@click.option(
    "--recipe",
    help="Recipe whose moderation a file is measured by, against its documents and topic.",
    metavar="RECIPE",
)
@set_option
def moderate(
    source: str,
    out: Path | None,
    rejected: Path | None,
    recipe: str | None,
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
    """
    if out is None:
        _decide(source, overrides)
        return
    from curate import drop
    from curate import moderate as stage
    from curate.pipeline import read_passages

    chosen, workspace = read(recipe or DEFAULT, overrides)
    subject = None
    if recipe is not None:
        passages, _ = read_passages(chosen)
        subject = stage.Subject(passages, chosen.about.topic, chosen.about.seed)
    table = _table(source, out, rejected)
    rows = table.rows
    for measure in chosen.moderation.measures:
        rows = rows.hstack(stage.measured(measure, rows, subject, workspace.folder))
    if subject is None and any(each.needs_passage for each in chosen.moderation.measures):
        click.echo("Not measured, since no --recipe says what the topic is: off_topic", err=True)
    _write(table, drop.by_bounds(rows, chosen.moderation.measures), out, rejected)


def _numbers(rows: pl.DataFrame) -> pl.Series:
    """Of each copy, the number of the record that stays, from 1; null for what is of elsewhere."""
    import polars as pl

    kept = rows["dropped"].str.extract(r"^duplicate of (.*) [01]\.\d\d ≥ ")
    places = pl.DataFrame({"id": rows["id"]}).with_row_index("duplicate_of", offset=1)
    found = pl.DataFrame({"id": kept}).join(places, on="id", how="left", maintain_order="left")
    return found["duplicate_of"].cast(pl.Int64)


def _decide(recipe: str, overrides: tuple[str, ...], workers: int | None = None) -> None:
    from curate import pipeline
    from curate.cli.terminal import Terminal, covered, result
    from curate.errors import UsageError
    from curate.tables import SUFFIXES

    if recipe == "-" or Path(recipe).suffix in SUFFIXES or Path(recipe).is_dir():
        raise UsageError(f"{recipe} is a file of rows: say where to write what stays, with -o FILE")
    chosen, workspace = read(recipe, overrides)
    with workspace.lock():
        decision = pipeline.decide(chosen, workspace, Terminal(), workers)
    result(decision.rows)
    covered(decision.coverage, workspace.folder / "uncovered.jsonl")
    click.echo(_moved(decision))
    click.echo(f"Next: curate publish {recipe}")


def _moved(decision: Decision) -> str:
    count = decision.dropped + decision.restored
    measured = f"; measured: {', '.join(decision.measured)}" if decision.measured else ""
    return f"{count} rows moved: {decision.dropped} dropped, {decision.restored} restored{measured}"


def _table(source: str, out: Path, rejected: Path | None) -> Table:
    from curate import tables
    from curate.errors import UsageError

    for path in (out, rejected):
        if path is not None:
            tables.check_target(path)
    if rejected is not None and out.resolve() == rejected.resolve():
        raise UsageError(f"--rejected {rejected} is the file of -o: give each a file of its own")
    return tables.read(source)


def _write(table: Table, rows: pl.DataFrame, out: Path, rejected: Path | None) -> None:
    from curate.cli.terminal import result

    gone = rows["dropped"].is_not_null()
    table.write(out, ~gone)
    if rejected is not None:
        known = [name for name in table.rows.columns if name != "dropped"]
        table.write(rejected, gone, rows.drop(known, strict=False))
    aside = "-" in (str(out), str(rejected))
    result(rows, err=aside)
    click.echo(f"Wrote {out}" + (f" and {rejected}" if rejected else ""), err=aside)
