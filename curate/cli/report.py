"""The command that writes a version as a page."""

from __future__ import annotations

import json
from pathlib import Path

import click

from curate.cli.common import json_option


@click.command()
@click.argument("dataset", metavar="NAME[@VERSION]")
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    help="The HTML file to write.  [default: reports/NAME-VERSION.html]",
)
@json_option
def report(dataset: str, out: Path | None, as_json: bool) -> None:
    """Write a page about a version: funnel, measures, topics, documents, rows to read.

    One HTML file, without scripts, that asks nothing of the network.

    \b
    Example:
      curate report python-reference
      curate report python-reference@0.1.0 -o page.html
    """
    from curate.cli.look import DATASETS
    from curate.cli.terminal import Terminal, say
    from curate.pages.overview import overview
    from curate.pages.page import page
    from curate.publish.version import locate

    folder = locate(dataset, DATASETS)
    told = overview(folder, Terminal())
    if as_json:
        click.echo(json.dumps(told))
        return
    out = out or Path("reports") / f"{folder.parent.name}-{folder.name}.html"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page(told, folder), encoding="utf-8")
    say(f"Wrote {out}")
