"""Commands that decide which rows stay: filter, dedup."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from curate.cli.common import read, recipe_argument, set_option

if TYPE_CHECKING:
    from curate.pipeline import Decision


@click.command("filter")
@recipe_argument
@click.option(
    "--min-quality", type=click.FloatRange(0, 1), help="Keep rows of at least this quality."
)
@set_option
def filter_rows(recipe: str, min_quality: float | None, overrides: tuple[str, ...]) -> None:
    r"""Measure the working rows and drop those that miss a bound, with the reason.

    Numbers measured before are used again and no call is made, so try bounds freely.

    \b
    Example:
      curate filter --min-quality 0.8
      curate filter recipes/mine.yaml --set filters.length.max=200
    """
    further = [] if min_quality is None else [f"filters.quality.min={min_quality}"]
    _decide(recipe, (*overrides, *further))


@click.command()
@recipe_argument
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1, min_open=True),
    help="Jaccard similarity from which on two rows are near-duplicates.",
)
@set_option
def dedup(recipe: str, threshold: float | None, overrides: tuple[str, ...]) -> None:
    r"""Drop near-duplicates among the working rows, naming the row that stays.

    Of two near-duplicates the better row stays, so the bounds are decided along with it.

    \b
    Example:
      curate dedup --threshold 0.7
    """
    further = [] if threshold is None else [f"dedup.threshold={threshold}"]
    _decide(recipe, (*overrides, *further))


def _decide(recipe: str, overrides: tuple[str, ...]) -> None:
    from curate import pipeline
    from curate.cli.terminal import Terminal, result

    chosen, workspace = read(recipe, overrides)
    with workspace.lock():
        decision = pipeline.decide(chosen, workspace, Terminal())
    result(decision.rows)
    click.echo(_moved(decision))
    click.echo(f"Next: curate publish {recipe}")


def _moved(decision: Decision) -> str:
    count = decision.dropped + decision.restored
    measured = f"; measured: {', '.join(decision.measured)}" if decision.measured else ""
    return f"{count} rows moved: {decision.dropped} dropped, {decision.restored} restored{measured}"
