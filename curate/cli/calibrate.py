"""The command that says what measures and bounds are worth: calibrate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from curate.cli.common import json_option, read, recipe_argument, set_option

if TYPE_CHECKING:
    import polars as pl

    from curate.workspace import Workspace

HALF = 0.5
"""The share of faulty rows that is assumed where the recipe has decided on none."""


@click.command()
@recipe_argument
@click.option(
    "--rows",
    "file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Good rows to plant faults in (Parquet, JSONL: instruction, output, passage, …), in place "
    "of the recipe's live rows.",
)
@click.option(
    "--min-rows",
    type=click.IntRange(1),
    default=30,
    show_default=True,
    help="Fewest good rows to go on with.",
)
@click.option(
    "--sample",
    type=click.IntRange(1),
    default=500,
    show_default=True,
    help="Of more good rows than this, take about this many.",
)
@click.option(
    "--faulty",
    type=click.FloatRange(0, 1),
    help="Share of faulty rows among candidates, which the precision assumes. Default: the share "
    "that the recipe's filters dropped, or 0.5 where they have decided on none.",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    help="Seed of what is planted where.",
    default=0,
    show_default=True,
)
@set_option
@json_option
def calibrate(
    recipe: str,
    file: Path | None,
    min_rows: int,
    sample: int,
    faulty: float | None,
    seed: int,
    overrides: tuple[str, ...],
    as_json: bool,
) -> None:
    """Plant known faults in good rows; tell how well the recipe's measures and bounds find them.

    For each measure and kind of fault the area under the ROC curve; for the bounds, what they keep
    of good rows and drop of faulty ones. Good rows are the recipe's live ones, or those of a file.
    Drops nothing; makes no call. The report is kept as .curate/NAME/calibration.json.

    \b
    Example:
      curate calibrate recipes/mine.yaml
      curate calibrate recipes/mine.yaml --rows judged.parquet --set filters.quality.min=0.7
    """
    from curate.calibrate import good
    from curate.calibrate.report import calibrate as report_on
    from curate.cli.terminal import Terminal

    chosen, workspace = read(recipe, overrides)
    rows = good.working(workspace) if file is None else good.read(file)
    rows = good.chosen(rows, min_rows, sample)
    share, origin = _share(faulty, workspace)
    found = report_on(rows, chosen.filters, Terminal(), seed, share).to_dict()
    told = {
        "recipe": chosen.name,
        "origin": "live working rows" if file is None else file.name,
        "share_origin": origin,
        "chosen_by_bounds": file is None,
        **found,
    }
    path = _keep(told, workspace)
    if as_json:
        click.echo(json.dumps(told))
    else:
        _show(told, rows, path)


def _share(given: float | None, workspace: Workspace) -> tuple[float, str]:
    from curate.calibrate.good import faulty_share

    if given is not None:
        return given, "as given"
    share = faulty_share(workspace)
    if share is None:
        return HALF, "a guess: the recipe has decided on no rows"
    return share, "the share that the recipe's filters dropped"


def _keep(report: dict[str, Any], workspace: Workspace) -> Path:
    """Write the report into the working folder, whole or not at all."""
    path = workspace.folder / "calibration.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    partial.replace(path)
    return path


def _show(report: dict[str, Any], rows: pl.DataFrame, path: Path) -> None:
    from curate.calibrate.show import assumptions, tables
    from curate.cli.terminal import say, table

    for title, lines in tables(report):
        table(
            [{name.replace("_", "\n"): cell for name, cell in line.items()} for line in lines],
            title,
        )
        say("")
    for line in assumptions(report):
        say(line)
    bare = rows["passage"].null_count()
    if bare:
        say(f"{bare} of {rows.height} good rows have no passage: what needs one is not measured.")
    say(f"Report: {path}")
