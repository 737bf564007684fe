"""The command that writes a version in the shape of another trainer."""

from __future__ import annotations

import pkgutil
from pathlib import Path

import click

from curate import exports

# Each format is a file of its name, so that help can list them and import none.
FORMATS = sorted(module.name for module in pkgutil.iter_modules(exports.__path__))
FORMATS.remove("base")


@click.command()
@click.argument("dataset", metavar="NAME[@VERSION]")
@click.option(
    "--format", "name", type=click.Choice(FORMATS), required=True, help="Shape of the records."
)
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="File ending in .jsonl, .json or .parquet (openai: .jsonl), or - for standard output.",
)
@click.option(
    "--split",
    type=click.Choice(["train", "test", "all"]),
    default="train",
    show_default=True,
    help="Which rows. Train on `train` alone where you measure on `test`.",
)
@click.option(
    "--system", default="", metavar="TEXT", help="System message of all records, where they can."
)
def export(dataset: str, name: str, out: Path, split: str, system: str) -> None:
    """Write a version in the shape that another trainer reads.

    A file that exists is replaced, when all is written. An input follows its instruction under
    `### Input:` where a format has one turn for both; `curate dedup` and `curate filter` read it
    back as two. docs/export.md shows each format.

    \b
    Example:
      curate export python-reference --format messages -o train.jsonl
      curate export python-reference@0.1.0 --format openai -o train.jsonl --system "Be brief."
      curate export python-reference --format alpaca --split all -o - | head -n 1
    """
    from curate.cli.look import DATASETS
    from curate.cli.terminal import say
    from curate.publish.export import export as write
    from curate.publish.version import locate

    aside = str(out) == "-"
    done = write(locate(dataset, DATASETS), name, out, split, system)
    for warning in done.warnings:
        say(f"Warning: {warning}", err=True)
    rest = f"; {done.left_out} rows of the version are not in it" if done.left_out else ""
    say(f"Wrote {done.rows} rows ({split}) to {out}{rest}", err=aside)
