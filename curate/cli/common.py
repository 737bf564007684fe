"""Options that several commands share, and the recipe that they name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from curate.recipe import Recipe
    from curate.workspace import Checkpoint, Workspace

DEFAULT = "recipes/python-reference.yaml"

F = TypeVar("F", bound=Callable[..., Any])


def recipe_argument(command: F) -> F:
    """The argument RECIPE: a file, or the name of a bundled recipe."""
    return click.argument("recipe", default=DEFAULT, metavar="[RECIPE]")(command)


def set_option(command: F) -> F:
    """The option --set."""
    return click.option(
        "--set",
        "overrides",
        multiple=True,
        metavar="KEY.PATH=VALUE",
        help="Override one option of the recipe, as in generate.pairs=3. May be repeated.",
    )(command)


def generate_options(command: F) -> F:
    """What shapes generation besides the recipe: --limit, --batch, --budget and so on."""
    for option in (
        click.option(
            "--max-loss",
            type=click.FloatRange(0, 1),
            default=0.05,
            show_default=True,
            help="Share of passages that may give no pair; above it, the exit code is 3.",
        ),
        click.option(
            "--budget",
            type=click.FloatRange(0, min_open=True),
            metavar="USD",
            help="Most that new replies may cost, by the prices in the recipe.",
        ),
        click.option(
            "--batch",
            is_flag=True,
            help="Ask in batches, for less money and within a day. Stopped, run it again: it "
            "collects what it submitted.",
        ),
        click.option(
            "--concurrency", type=click.IntRange(1), help="Calls to the teacher under way at once."
        ),
        click.option(
            "--limit",
            type=click.IntRange(1),
            help="Ask about at most this many passages, spread over the documents.",
        ),
    ):
        command = option(command)
    return command


def engine_options(command: F) -> F:
    """Where the work is done: --engine, --address, --workers."""
    for option in (
        click.option(
            "--workers",
            type=click.IntRange(1),
            help="Threads and processes; by default one a core. The result is the same for any.",
        ),
        click.option(
            "--address",
            metavar="HOST:PORT",
            help="Ray cluster to work on (or auto, ray://…); by default one of this machine.",
        ),
        click.option(
            "--engine",
            "engine_name",
            type=click.Choice(["local", "ray"]),
            default="local",
            show_default=True,
            help="Work on this machine, or on Ray. The result is the same.",
        ),
    ):
        command = option(command)
    return command


def bump_option(command: F) -> F:
    """The option --bump."""
    return click.option(
        "--bump",
        type=click.Choice(["major", "minor", "patch"]),
        help="Which part of the version to raise. Default: minor, where rows have changed.",
    )(command)


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


def check_budget(recipe: Recipe, budget: float | None) -> None:
    """Raise UsageError where a budget is given and nothing is known of prices."""
    from curate.errors import UsageError

    if budget is not None and recipe.teacher.prices is None:
        raise UsageError(
            f"--budget {budget:g} needs the prices of {recipe.teacher.model_name}, in USD per "
            f"million tokens: set teacher.{recipe.teacher.name}.input_price and output_price"
        )


def check_batch(recipe: Recipe, batch: bool) -> None:
    """Raise UsageError where batches are wanted of a teacher that takes none."""
    from curate.generate.pairs import batch_terms

    if batch:
        batch_terms(recipe.teacher)


def read(
    name: str,
    overrides: tuple[str, ...] = (),
    limit: int | None = None,
    concurrency: int | None = None,
) -> tuple[Recipe, Workspace]:
    """A recipe with its overrides, and its working folder. Raises UsageError."""
    from curate.recipe import load
    from curate.workspace import Workspace

    further = [f"generate.limit={limit}"] if limit else []
    recipe = load(name, [*overrides, *further])
    if concurrency:
        further.append(f"teacher.{recipe.teacher.name}.concurrency={concurrency}")
        recipe = load(name, [*overrides, *further])
    return recipe, Workspace(recipe.name)


def show_losses(workspace: Workspace) -> None:
    """Print the ledger, alike losses together."""
    import polars as pl

    from curate.cli.terminal import table

    losses = workspace.require("losses").frame
    kind = pl.col("reason").str.extract(r"^([^:]*)")
    examples = {"reason": pl.first("reason"), "as in": pl.first("path")}
    found = losses.group_by("stage", kind=kind).agg(count=pl.len(), **examples)
    ledger = found.sort("count", "reason", descending=[True, False]).head(8)
    table(ledger.select("count", "stage", *examples).to_dicts(), "Loss ledger")


def check_losses(workspace: Workspace, candidates: Checkpoint, max_loss: float) -> None:
    """Raise LossError where more passages that were asked about gave nothing than allowed."""
    import polars as pl

    from curate.errors import LossError

    losses = workspace.require("losses").frame
    lost = losses.filter(pl.col("asked") > 0, stage="generate", got=0).height
    passages = candidates.facts["passages"]
    if lost > max_loss * passages:
        raise LossError(
            f"{lost} of {passages} passages gave no pair ({lost / passages:.0%}), more than "
            f"--max-loss {max_loss:g} allows. The reasons are above; what was made is kept, and "
            "the same command asks again where the teacher failed."
        )
