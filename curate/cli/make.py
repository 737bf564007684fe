"""Commands that make something: new, generate, publish, run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from curate.cli.common import (
    bump_option,
    check_batch,
    check_budget,
    check_losses,
    engine_options,
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
@engine_options
@set_option
def generate(
    recipe: str,
    limit: int | None,
    concurrency: int | None,
    budget: float | None,
    batch: bool,
    max_loss: float,
    engine_name: str,
    address: str | None,
    workers: int | None,
    overrides: tuple[str, ...],
) -> None:
    """Ask the teacher: documents → candidate pairs, the recipe's working rows.

    Every reply is kept at once. Interrupted or killed, the same command goes on where it was.

    \b
    Example:
      curate generate recipes/mine.yaml --limit 20
      curate generate recipes/mine.yaml --batch --budget 5
      curate generate recipes/mine.yaml --engine ray --address auto
    """
    from curate import pipeline
    from curate.cli.terminal import Terminal
    from curate.engines.open import opened

    chosen, workspace = read(recipe, overrides, limit, concurrency)
    check_budget(chosen, budget)
    check_batch(chosen, batch)
    with workspace.lock():
        with opened(engine_name, address, workers) as engine:
            candidates = pipeline.generate(
                chosen, workspace, Terminal(), budget, batch=batch, engine=engine
            )
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

    A version is written whole and never changed; the same again makes no new one. What has changed
    since the newest version chooses the number: columns major, rows minor, facts of the card patch.

    \b
    Example:
      curate publish recipes/mine.yaml
      curate publish recipes/mine.yaml --bump major
    """
    from curate.cli.terminal import Terminal
    from curate.publish.write import publish as publish_rows

    chosen, workspace = read(recipe)
    options = chosen.to_dict()["publish"]
    with workspace.lock():
        _announce(publish_rows(workspace, Terminal(), bump, options))


def _announce(published: Published) -> None:
    from curate.cli.terminal import say

    name = published.folder.parent.name
    say(f"{'Published' if published.new else 'Unchanged:'} {published.folder}{_why(published)}")
    say(f"Next: curate show {name} · python -m train {published.folder}")


def _why(published: Published) -> str:
    """What raised the version, in brackets; nothing for a first or an unchanged one."""
    told = published.changes
    if not published.new or told["parent"] is None:
        return ""
    name = published.folder.parent.name
    rows = f"{told['added']} rows added, {told['removed']} removed, {told['changed']} changed"
    return f" ({told['bump']} since {told['parent']}: {rows}; see: curate diff {name})"


@click.command()
@recipe_argument
@generate_options
@bump_option
@engine_options
@set_option
def run(
    recipe: str,
    limit: int | None,
    concurrency: int | None,
    budget: float | None,
    batch: bool,
    max_loss: float,
    bump: str | None,
    engine_name: str,
    address: str | None,
    workers: int | None,
    overrides: tuple[str, ...],
) -> None:
    """Do everything: generate, measure, filter, deduplicate, publish.

    What is done already is not done again: an unchanged recipe makes no call and no new version.

    \b
    Example:
      curate run recipes/mine.yaml
      curate run recipes/mine.yaml --engine ray --workers 4
    """
    from curate import pipeline
    from curate.cli.terminal import Terminal, covered, result
    from curate.engines.open import opened
    from curate.publish.write import publish as publish_rows

    chosen, workspace = read(recipe, overrides, limit, concurrency)
    check_budget(chosen, budget)
    check_batch(chosen, batch)
    with workspace.lock(), opened(engine_name, address, workers) as engine:
        candidates = pipeline.generate(
            chosen, workspace, Terminal(), budget, batch=batch, engine=engine
        )
        _tell(candidates)
        show_losses(workspace)
        if candidates.frame.is_empty():
            check_losses(workspace, candidates, max_loss=0)
        decision = pipeline.decide(chosen, workspace, Terminal(), engine=engine)
        result(decision.rows)
        covered(decision.coverage, workspace.folder / "uncovered.jsonl")
        _announce(publish_rows(workspace, Terminal(), bump))
        check_losses(workspace, candidates, max_loss)
