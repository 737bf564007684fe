"""Commands that make something: new, generate, publish, run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from curate.cli.common import (
    bump_option,
    check_batch,
    check_budget,
    check_losses,
    generate_options,
    read,
    recipe_argument,
    set_option,
    show_losses,
)

if TYPE_CHECKING:
    from curate.publish.write import Published
    from curate.workspace import Checkpoint


@click.command()
@click.argument("name")
@click.argument("docs", nargs=-1, required=True, type=click.Path())
@click.option("--topic", default="", help="What the documents are about, in a few words.")
@click.option("--force", is_flag=True, help="Overwrite a recipe of that name.")
def new(name: str, docs: tuple[str, ...], topic: str, force: bool) -> None:
    """Write recipes/NAME.yaml for a folder of documents, or several, or single files.

    It runs as it is: with the embedded teacher or, where OPENAI_API_KEY is set, with OpenAI's.

    \b
    Example:
      curate new mine docs/ --topic "our billing system"
    """
    from curate.starter import write

    made = write(name, docs, topic, force)
    for line in made.lines():
        click.echo(line)


@click.command()
@recipe_argument
@generate_options
@set_option
def generate(
    recipe: str,
    limit: int | None,
    concurrency: int | None,
    budget: float | None,
    batch: bool,
    max_loss: float,
    overrides: tuple[str, ...],
) -> None:
    """Ask the teacher: documents → candidate pairs, the recipe's working rows.

    Every reply is kept at once. Interrupted or killed, the same command goes on where it was.

    \b
    Example:
      curate generate recipes/mine.yaml --limit 20
      curate generate recipes/mine.yaml --batch --budget 5
    """
    from curate import pipeline
    from curate.cli.terminal import Terminal

    chosen, workspace = read(recipe, overrides, limit, concurrency)
    check_budget(chosen, budget)
    check_batch(chosen, batch)
    with workspace.lock():
        candidates = pipeline.generate(chosen, workspace, Terminal(), budget, batch=batch)
        _tell(candidates)
        show_losses(workspace)
        click.echo(f"Next: curate filter {recipe}")
        check_losses(workspace, candidates, max_loss)


def _tell(candidates: Checkpoint) -> None:
    facts, usage = candidates.facts, candidates.facts["usage"]
    retries = f", {usage['retries']} retries" if usage["retries"] else ""
    cost = f", ${usage['cost']:.4f}" if usage["cost"] else ""
    click.echo(
        f"{candidates.frame.height} candidate pairs from {facts['passages']} passages of "
        f"{facts['documents']} documents in {facts['seconds']:.0f} s: "
        f"{usage['requests']} requests ({usage['reused']} answered before){retries}, "
        f"{usage['prompt_tokens']} tokens read, {usage['completion_tokens']} written{cost}"
    )


@click.command()
@recipe_argument
@bump_option
def publish(recipe: str, bump: str | None) -> None:
    """Publish the working rows as the next version, datasets/NAME/VERSION.

    A version is written whole and never changed; the same rows again make no new one.

    \b
    Example:
      curate publish recipes/mine.yaml
    """
    from curate.cli.terminal import Terminal
    from curate.publish.write import publish as publish_rows

    chosen, workspace = read(recipe)
    options = chosen.to_dict()["publish"]
    with workspace.lock():
        _announce(publish_rows(workspace, Terminal(), bump, options))


def _announce(published: Published) -> None:
    name = published.folder.parent.name
    click.echo(f"{'Published' if published.new else 'Unchanged:'} {published.folder}")
    click.echo(f"Next: curate show {name} · python -m train {published.folder}")


@click.command()
@recipe_argument
@generate_options
@bump_option
@set_option
def run(
    recipe: str,
    limit: int | None,
    concurrency: int | None,
    budget: float | None,
    batch: bool,
    max_loss: float,
    bump: str | None,
    overrides: tuple[str, ...],
) -> None:
    """Do everything: generate, measure, filter, deduplicate, publish.

    What is done already is not done again: an unchanged recipe makes no call and no new version.

    \b
    Example:
      curate run recipes/mine.yaml
    """
    from curate import pipeline
    from curate.cli.terminal import Terminal, covered, result
    from curate.publish.write import publish as publish_rows

    chosen, workspace = read(recipe, overrides, limit, concurrency)
    check_budget(chosen, budget)
    check_batch(chosen, batch)
    with workspace.lock():
        candidates = pipeline.generate(chosen, workspace, Terminal(), budget, batch=batch)
        _tell(candidates)
        show_losses(workspace)
        if candidates.frame.is_empty():
            check_losses(workspace, candidates, max_loss=0)
        decision = pipeline.decide(chosen, workspace, Terminal())
        result(decision.rows)
        covered(decision.coverage, workspace.folder / "uncovered.jsonl")
        _announce(publish_rows(workspace, Terminal(), bump))
        check_losses(workspace, candidates, max_loss)
