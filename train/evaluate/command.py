"""The command `python -m train evaluate`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from train.config import MAX_NEW_TOKENS

FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)
COUNT = click.IntRange(min=1)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--tasks",
    default="",
    metavar="NAMES",
    help="Benchmarks of lm-eval, with commas between; `default` for ARC, HellaSwag, MMLU, "
    "TruthfulQA, PIQA and LAMBADA.  [default: none, only the held-out rows]",
)
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder with the benchmarks' files, instead of the Hub.",
)
@click.option(
    "--keep-tasks", type=FOLDER, help="With --data-dir: keep the task files, for lm_eval."
)
@click.option("--limit", type=COUNT, help="Items of each benchmark (of each subject of MMLU).")
@click.option("--rows", type=COUNT, help="Held-out rows, drawn by their ids.  [default: all]")
@click.option(
    "--off-topic",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="More questions to be turned down, one a line.",
)
@click.option("--base", help="Where the base is now, if not where run.json says.")
@click.option(
    "--dataset", type=FOLDER, help="Where the version is now, if not where run.json says."
)
@click.option("--max-new-tokens", type=COUNT, default=MAX_NEW_TOKENS, show_default=True)
@click.option("--batch-size", type=COUNT, default=16, show_default=True)
@click.option("--sheet", type=FILE, help="Write a CSV for people to choose the better answer in.")
@click.option("--score", type=FILE, help="Read such a CSV back; nothing else is done.")
@click.option("--json", "as_json", is_flag=True, help="Print evaluation.json instead of the table.")
def evaluate(
    run: Path, tasks: str, sheet: Path | None, score: Path | None, as_json: bool, **given: Any
) -> None:
    """Set the model of RUN beside its base: held-out rows, benchmarks, faults and where they come
    from. The results go to RUN/evaluation/, with a page report.html.

    \b
    Example:
      python -m train evaluate runs/python-reference-1.0.0-pythia-70m
      python -m train evaluate runs/mine --tasks arc_easy,piqa --limit 200
      python -m train evaluate runs/mine --tasks default --data-dir eval --json
      python -m train evaluate runs/mine --sheet judge.csv
      python -m train evaluate runs/mine --score judge.csv
    """
    from train.evaluate import files
    from train.evaluate import sheet as sheets
    from train.evaluate.evaluation import Options
    from train.evaluate.evaluation import evaluate as measure
    from train.evaluate.table import table

    if score is not None:
        _score(run, score, as_json)
        return
    if sheet is not None and sheet.exists():
        from train.errors import UsageError

        raise UsageError(f"--sheet {sheet} is there already: move it away first")
    options = Options(tasks=_names(tasks), **given)
    found = measure(run, options, _say)
    folder = files.write(found)
    click.echo(_json(files.result(found)) if as_json else table(found))
    _say(f"Saved in {folder}")
    if sheet is not None:
        count = sheets.write(sheet, folder, list(files.answers(found)))
        _say(
            f"{sheet}: {count} rows to judge; then: python -m train evaluate {run} --score {sheet}"
        )


def _score(run: Path, path: Path, as_json: bool) -> None:
    from train.evaluate import files
    from train.evaluate import sheet as sheets

    preference = sheets.score(path, run / files.FOLDER)
    click.echo(_json(preference.as_dict()) if as_json else preference.text)


def _names(tasks: str) -> tuple[str, ...]:
    from train.evaluate.tasks import DEFAULT

    named = [name.strip() for name in tasks.split(",") if name.strip()]
    every = [each for name in named for each in (DEFAULT if name == "default" else (name,))]
    return tuple(dict.fromkeys(every))


def _json(value: Any) -> str:
    import json

    return json.dumps(value, indent=2, ensure_ascii=False)


def _say(line: str) -> None:
    click.echo(line, err=True)
