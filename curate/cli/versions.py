"""Commands that hold versions against each other, and against what was published: diff, verify."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from curate.cli.common import json_option
from curate.cli.look import DATASETS

if TYPE_CHECKING:
    from curate.publish.diff import Diff

_DOCUMENTS = 10  # shown of those with changes
_ROWS = 3  # shown of each kind of change


@click.command()
@click.argument("one", metavar="A")
@click.argument("other", required=False, metavar="[B]")
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write what became of each row as JSON Lines: id, change, path, sides, reason.",
)
@json_option
def diff(one: str, other: str | None, out: Path | None, as_json: bool) -> None:
    """Say what changed from version A to B: rows, reasons, documents, scores, recipe.

    Each is NAME, NAME@VERSION or the folder of a version. A alone is held against its parent.

    \b
    Example:
      curate diff mine
      curate diff mine@0.1.0 mine@0.2.0
      curate diff mine@0.1.0 mine -o changes.jsonl
    """
    from curate.publish.diff import diff as compare
    from curate.publish.diff import operands

    found = compare(*operands(one, other, DATASETS))
    if out is not None:
        found.rows.write_ndjson(out)
    if as_json:
        click.echo(json.dumps(found.to_dict()))
        return
    _show(found)
    if out is not None:
        click.echo(f"Wrote {out}")


def _show(found: Diff) -> None:
    from curate.cli.terminal import say, table

    counts = found.counts
    say(
        f"{found.before} → {found.after}: {counts['added']} rows added, "
        f"{counts['removed']} removed, {counts['changed']} with another text, "
        f"{counts['moved']} moved between splits, {counts['rescored']} measured anew"
    )
    for what, names in found.schema.items():
        if names:
            say(f"columns {what}: {', '.join(names)}")
    table([{"removed": n, "why": why} for why, n in found.reasons.items()], "\nRows that went")
    documents = found.documents
    rest = documents.height - _DOCUMENTS
    table(documents.head(_DOCUMENTS).to_dicts(), "\nDocuments")
    if rest > 0:
        say(f"and {rest} documents more")
    recipe = [
        {**each, "before": _told(each["before"]), "after": _told(each["after"])}
        for each in found.recipe
    ]
    table(recipe, "\nRecipe")
    _show_scores(found)
    _show_rows(found)


def _told(value: object) -> str:
    return "–" if value is None else str(value)


def _show_scores(found: Diff) -> None:
    from curate.cli.terminal import table

    names = ("rows", "mean", "min", "p10", "p50", "p90", "max", "histogram")
    lines = [
        {"measure": each["measure"], "of": version, **{name: each[side][name] for name in names}}
        for each in found.scores
        for side, version in (("before", found.before), ("after", found.after))
    ]
    table(lines, "\nScores of live rows")


def _show_rows(found: Diff) -> None:
    from curate.cli.terminal import table

    columns = ["change", "id", "path", "before", "after", "reason"]
    some = found.rows.group_by("change", maintain_order=True).head(_ROWS).select(columns)
    table(some.to_dicts(), "\nSome rows")


@click.command()
@click.argument("dataset", required=False, metavar="[NAME[@VERSION]]")
@json_option
def verify(dataset: str | None, as_json: bool) -> None:
    """Compute every digest of a version anew; name each file that is damaged, missing or foreign.

    Without a version, all versions of NAME; without NAME, all there are. The folder of a version
    does as well. The exit code is 1 where something is wrong.

    \b
    Example:
      curate verify mine@0.1.0
      curate verify
    """
    from curate.cli.terminal import say
    from curate.errors import CurateError
    from curate.publish.verify import verify as check
    from curate.publish.verify import wanted

    folders = wanted(dataset, DATASETS)
    found = {str(folder): check(folder) for folder in folders}
    wrong = sum(map(bool, found.values()))
    if as_json:
        told = [
            {"folder": folder, "whole": not faults, "faults": [vars(fault) for fault in faults]}
            for folder, faults in found.items()
        ]
        click.echo(json.dumps(told))
    else:
        for folder, faults in found.items():
            say(f"{folder}: " + (f"{len(faults)} faults" if faults else "whole"))
            for fault in faults:
                say(f"  {fault}")
    if wrong:
        raise CurateError(
            f"{wrong} of {len(found)} versions are not as they were published. Bring the files "
            "back from a copy, or delete the folder and publish again"
        )
