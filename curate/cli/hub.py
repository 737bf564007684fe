"""Commands that bring versions to the Hugging Face Hub and back: push, pull."""

from __future__ import annotations

import json
import sys
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import click

from curate.cli.common import json_option

if TYPE_CHECKING:
    from curate.publish.hub_plan import Plan


@click.command()
@click.argument("version", metavar="NAME[@VERSION]")
@click.option("--repo", required=True, metavar="ORG/NAME", help="The dataset repository.")
@click.option(
    "--private/--public",
    default=True,
    show_default=True,
    help="Who may see a repository that this push makes. One that exists stays as it is.",
)
@click.option("--dry-run", is_flag=True, help="Show what would be sent; call nobody.")
@json_option
def push(version: str, repo: str, private: bool, dry_run: bool, as_json: bool) -> None:
    """Push a version to the Hugging Face Hub: one commit and a tag such as v1.2.0.

    Without @VERSION, the newest. Stopped half-way, run it again: it goes on where it was. The token
    is that of `hf auth login`, or HF_TOKEN.

    \b
    Example:
      curate push mine@1.2.0 --repo org/mine
      curate push mine --repo org/mine --dry-run
    """
    from curate.cli.look import DATASETS
    from curate.cli.terminal import Terminal, say
    from curate.publish.hub_plan import plan
    from curate.publish.push import push as pushing
    from curate.publish.version import locate

    folder = locate(version, DATASETS)
    if dry_run:
        _forecast(plan(folder), repo, private, as_json)
        return
    with _bars():
        done = pushing(folder, repo, Terminal(), private=private)
    if as_json:
        click.echo(json.dumps(done.to_dict()))
        return
    seen = "private" if done.private else "public"
    text = {
        "pushed": f"Pushed {folder} to {done.repo} ({seen}) as {done.tag}",
        "tagged": f"{done.repo} ({seen}) had {folder} already; tagged it {done.tag}",
        "already there": f"{folder} is already there: {done.tag} of {done.repo} ({seen})",
    }
    say(f"{text[done.status]}: {done.url}")
    if done.status != "already there":
        say(f'Load it: load_dataset("{done.repo}", revision="{done.tag}")')


@click.command()
@click.argument("version", metavar="ORG/NAME[@VERSION]")
@click.option(
    "--max-size",
    type=click.FloatRange(0, min_open=True),
    default=20,
    show_default=True,
    metavar="GB",
    help="Most that the version may have.",
)
@json_option
def pull(version: str, max_size: float, as_json: bool) -> None:
    """Bring a version from the Hugging Face Hub back into datasets/NAME/VERSION.

    Without @VERSION, the newest. It is verified before it stands there.

    \b
    Example:
      curate pull org/mine@1.2.0
    """
    from curate.cli.look import DATASETS
    from curate.cli.terminal import Terminal, say
    from curate.publish.pull import pull as pulling

    with _bars():
        done = pulling(version, DATASETS, Terminal(), most=max_size)
    if as_json:
        click.echo(json.dumps(done.to_dict()))
        return
    if not done.new:
        say(f"{done.folder} is already here, the same as in {done.repo}.")
        return
    say(f"Pulled {done.repo} into {done.folder}")
    say(f"Look at it: curate show {done.name}@{done.version}")


def _forecast(plan: Plan, repo: str, private: bool, as_json: bool) -> None:
    """Print what a push would send."""
    from curate.cli.terminal import say, table
    from curate.publish.hub import check_name

    sizes = plan.sizes
    seen = "private" if private else "public"
    if as_json:
        facts = {"repo": check_name(repo), "tag": plan.tag, "status": "dry run"}
        click.echo(json.dumps({**facts, "private": private, "files": sizes}))
        return
    table([{"file": name, "bytes": size} for name, size in sizes.items()])
    total = sum(sizes.values())
    say(f"Would push {len(sizes)} files, {total} bytes, to {check_name(repo)} as {plan.tag};")
    say(f"the repository would be made {seen} if there is none. Nothing was sent.")


def _bars() -> AbstractContextManager[object]:
    """Keeps the Hub's own bars silent where stderr is no terminal."""
    from huggingface_hub.utils import disable_progress_bars  # type: ignore[attr-defined]

    return nullcontext() if sys.stderr.isatty() else disable_progress_bars()
