"""Commands that look and change nothing: check, ls, show."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from curate.cli.common import json_option, read, recipe_argument, set_option

if TYPE_CHECKING:
    from curate.generate.forecast import Forecast
    from curate.publish.trace import Life
    from curate.teachers.base import Teacher

DATASETS = Path("datasets")
_FAMILIES = {
    "sources": "curate.sources.base.Source",
    "teachers": "curate.teachers.base.Teacher",
    "filters": "curate.filters.base.Filter",
    "moderation": "curate.moderation.base.Moderation",
    "embeddings": "curate.embeddings.base.Embedding",
    "exports": "curate.exports.base.Export",
}
KINDS = ("versions", "recipes", "prompts", *_FAMILIES)


@click.command()
@recipe_argument
@set_option
@json_option
def check(recipe: str, overrides: tuple[str, ...], as_json: bool) -> None:
    """Validate a recipe and forecast what it would ask for. Makes no call.

    \b
    Example:
      curate check recipes/mine.yaml
    """
    from dataclasses import asdict

    from curate.cli.terminal import say
    from curate.pipeline import foresee

    chosen, workspace = read(recipe, overrides)
    found = foresee(chosen, workspace)
    if as_json:
        click.echo(json.dumps({"recipe": chosen.name, **asdict(found)}))
        return
    say(f"{recipe} is valid.")
    for line in _foreseen(found, chosen.teacher):
        say(line)


def _foreseen(found: Forecast, teacher: Teacher) -> Iterator[str]:
    yield (
        f"Forecast: {found.passages} passages of {found.documents} documents, "
        f"{found.requests} requests for {found.pairs} pairs by {teacher.model_name}, about "
        f"{found.prompt_tokens} tokens read and {found.completion_tokens} written "
        f"(at most {found.most_completion_tokens})."
    )
    if found.cost is None:
        key = f"teacher.{teacher.name}.input_price"
        yield f"Cost: not known; set {key} and output_price, USD per million tokens."
    elif found.most_cost:
        terms = teacher.batch_terms
        batched = f"; about ${found.cost * terms.price:.4f} with --batch" if terms else ""
        yield f"Cost: about ${found.cost:.4f}, at most ${found.most_cost:.4f}{batched}."
    minutes, seconds = divmod(round(found.seconds), 60)
    basis = "as the run before" if found.measured else "a guess until a run has been timed"
    yield f"Time: about {minutes} min {seconds} s ({basis})."
    if found.flagged:
        yield f"{found.flagged} passages talk to the model (prompt injection?); a run names them."


@click.command()
@click.argument("kind", default="", metavar="[KIND]")
@json_option
def ls(kind: str, as_json: bool) -> None:
    """List versions and recipes, or one KIND of thing.

    KIND is one of: versions, recipes, prompts, sources, teachers, filters, moderation, embeddings,
    exports.

    \b
    Example:
      curate ls
      curate ls filters
    """
    from curate.cli.terminal import table
    from curate.errors import UsageError
    from curate.registry import nearest

    if kind and kind not in KINDS:
        raise UsageError(f"There is no kind {kind!r}. {nearest(kind, KINDS)}")
    wanted = [kind] if kind else ["versions", "recipes"]
    found = {name: _listing(name) for name in wanted}
    if as_json:
        click.echo(json.dumps(found[kind] if kind else found))
        return
    for name, rows in found.items():
        table(rows, name)
        if not rows:
            click.echo(f"No {name} yet." + (" Make one: curate run" if name == "versions" else ""))
        click.echo()


def _listing(kind: str) -> list[dict[str, Any]]:
    if kind == "versions":
        return _versions()
    if kind in ("recipes", "prompts"):
        return _files(kind)
    from importlib import import_module

    from curate.options import describe
    from curate.registry import members

    module, _, name = _FAMILIES[kind].rpartition(".")
    base = getattr(import_module(module), name)
    rows = []
    for name, cls in members(base).items():
        about = (cls.__doc__ or "").strip().splitlines()[0]
        rows.append({"name": name, "option": "", "default": "", "meaning": about})
        for option in describe(cls):
            default = option.default or "required"
            row = {"option": option.name, "default": default, "meaning": option.meaning}
            rows.append({"name": name, **row})
    return rows


def _versions() -> list[dict[str, Any]]:
    from curate.publish.version import names, versions

    return [
        _version(name, str(version))
        for name in names(DATASETS)
        for version in versions(DATASETS / name)
    ]


def _version(name: str, version: str) -> dict[str, Any]:
    from curate.errors import InputError
    from curate.publish.version import manifest

    row: dict[str, Any] = {"dataset": f"{name}@{version}"}
    try:
        facts = manifest(DATASETS / name / version)
    except InputError:
        return {**row, "train": 0, "test": 0, "rejected": 0, "teacher": "damaged", "created": ""}
    counts = {key: facts["counts"][key] for key in ("train", "test", "rejected")}
    return {**row, **counts, "teacher": ", ".join(facts["models"]), "created": facts["created"]}


def _files(kind: str) -> list[dict[str, Any]]:
    import yaml

    from curate import assets
    from curate.yaml_file import NOT_YAML

    paths = {path.stem: path for path in sorted(assets.folder(kind).glob("*.yaml"))}
    paths.update({path.stem: path for path in sorted(Path(kind).glob("*.yaml"))})
    found = []
    for name, path in sorted(paths.items()):
        try:
            data = yaml.safe_load(path.read_text(encoding="utf-8"))
            about = data.get("topic" if kind == "recipes" else "task", "")
        except (*NOT_YAML, OSError, AttributeError):
            about = "not valid YAML"
        found.append({"name": name, "about": str(about), "path": str(path)})
    return found


@click.command()
@click.argument("dataset", metavar="NAME[@VERSION]")
@click.option(
    "--row", metavar="ID", help="Show one row's whole life. The start of the id is enough."
)
@json_option
def show(dataset: str, row: str | None, as_json: bool) -> None:
    """Show a version, or one row of it: document, passage, prompt, reply, scores, fate.

    \b
    Example:
      curate show python-reference@0.1.0
      curate show python-reference --row 3fa9
    """
    from curate.publish.trace import trace
    from curate.publish.version import locate, manifest

    folder = locate(dataset, DATASETS)
    if row is not None:
        life = trace(folder, row)
        if as_json:
            click.echo(json.dumps(life.to_dict()))
        else:
            _show_life(life)
    elif as_json:
        click.echo(json.dumps(manifest(folder)))
    else:
        _show_version(folder)


def _show_version(folder: Path) -> None:
    from curate.cli.terminal import covered, say, table
    from curate.publish.trace import read_rows
    from curate.publish.version import manifest

    facts = manifest(folder)
    counts, recipe = facts["counts"], facts["recipe"]
    say(f"{facts['name']} {facts['version']} · {recipe['topic']} · {facts['created']}")
    say(
        f"{counts['documents']} documents → {counts['passages']} passages → "
        f"{counts['candidates']} candidates → {counts['live']} live "
        f"({counts['train']} train, {counts['test']} test), {counts['rejected']} rejected"
    )
    say(f"teacher {', '.join(facts['models'])}, prompt {facts['prompt']}, seed {facts['seed']}")
    say(f"content {facts['content_digest']}, parent {facts['parent'] or 'none'}\n")
    table([{k: line[k] for k in ("dropped", "rule", "example")} for line in facts["funnel"]])
    covered(facts["coverage"], folder / "uncovered.jsonl")
    say("\nSome rows:")
    rows = read_rows(folder, "data").sort("id").head(5).select("id", "instruction", "output")
    table(rows.to_dicts())
    say(f"\nOne row's life: curate show {facts['name']}@{facts['version']} --row {rows['id'][0]}")


def _show_life(life: Life) -> None:
    from curate.cli.terminal import say, table

    row, passage = life.row, life.passage
    say(f"row {row['id']}: {life.fate}\n")
    for field in ("instruction", "input", "output"):
        say(f"{field}: {row[field]}\n")
    table([{"score": name, "value": value} for name, value in life.scores.items()])
    say(f"\nmade by {row['model']} with {row['prompt']} ({row['task']}) in run {row['run']}")
    if passage:
        say(f"from {passage['path']} “{passage['title']}”, document {row['document']}")
        say(f"characters {row['start']}–{row['end']}, under “{passage['heading']}”:\n")
        say(passage["text"])
    else:
        say("The version leaves passages and replies out (publish.documents: false).")
    for call in life.calls:
        *before, asked = call["messages"]
        lesson = [message for message in before if message["role"] != "system"]
        for message in before:
            if message["role"] == "system":
                say(f"\n[system]\n{message['content']}")
        if lesson:
            say(f"\n[{len(lesson)} messages of examples; --json shows them]")
        say(f"\n[{asked['role']}]\n{asked['content']}")
        reply = call["reply"]
        say(f"\n[reply, {reply['completion_tokens']} tokens, {reply['finish_reason']}]")
        say(reply["text"])
