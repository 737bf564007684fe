"""A version folder: written whole beside its place, then renamed into it; never changed after."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from curate.disk import flush
from curate.errors import CurateError
from curate.progress import Progress
from curate.publish import changelog, changes, sides
from curate.publish.bump import card_changes, needed, too_small
from curate.publish.card import card
from curate.publish.compared import recipe_changes
from curate.publish.contents import Contents, placed, read_contents
from curate.publish.diff import schema_changes
from curate.publish.facts import described
from curate.publish.histograms import bounds, draw
from curate.publish.shards import write_shards
from curate.publish.verify import MANIFEST, sums
from curate.publish.version import FIRST, Version, manifest, versions
from curate.recipe import to_yaml
from curate.schema import live
from curate.workspace import Workspace

_PARTIAL = ".partial-"


@dataclass(frozen=True)
class Published:
    """A version on disk; `new` is False where it held the same already."""

    folder: Path
    version: Version
    new: bool
    changes: dict[str, Any] = field(default_factory=dict)
    """What its manifest says of the changes since its parent; empty where it is not new."""


@dataclass(frozen=True)
class Draft:
    """A version that is not written yet."""

    contents: Contents
    data: pl.DataFrame
    """Its live rows, placed."""

    past: pl.DataFrame
    """sides.SIDE of its parent."""

    facts: dict[str, Any]


def publish(
    workspace: Workspace,
    progress: Progress,
    bump: str | None = None,
    options: dict[str, Any] | None = None,
) -> Published:
    """Publish the working rows as the next version, by `options` where the recipe's have changed.

    The version is raised by what has changed since the newest one, its parent, or by `bump`. The
    same again: nothing is written. Raises CurateError where no row is live or the disk fails;
    either way the versions stay as they were.
    """
    contents = read_contents(workspace, options)
    if live(contents.rows).is_empty():
        raise CurateError(
            f"None of the {contents.rows.height} candidates of {workspace.name} is live. "
            "See why with: curate filter; then lower a bound: curate filter --min-quality 0.4"
        )
    existing = versions(workspace.versions)
    parent = workspace.versions / str(existing[-1]) if existing else None
    draft = _draft(contents, workspace.name, parent, progress)
    if parent is None:
        return _publish(draft, workspace, FIRST, None, _first(draft))
    told = _changes(draft, parent)
    wanted = told["bump"]
    if wanted is None and bump is None:
        progress.note(f"{parent} holds these very rows and facts: nothing to publish.")
        return Published(parent, existing[-1], new=False)
    if bump and too_small(bump, wanted):
        progress.note(f"What has changed calls for --bump {wanted}; {bump} promises less.")
    told["bump"] = bump or wanted
    return _publish(draft, workspace, existing[-1].next(told["bump"]), parent, told)


def _draft(contents: Contents, name: str, parent: Path | None, progress: Progress) -> Draft:
    past = sides.read_sides(parent, manifest(parent)) if parent else sides.SIDE.to_frame()
    data, leaks = placed(contents, past)
    if leaks.height:
        progress.note(
            f"{leaks.height} training rows are near-duplicates of test rows, of documents that "
            "earlier versions have on other sides: they are dropped."
        )
        gone = contents.rows.join(leaks, on="id", how="left", maintain_order="left")
        dropped = pl.coalesce("dropped", "dropped_right")
        contents = replace(contents, rows=gone.with_columns(dropped=dropped).drop("dropped_right"))
    return Draft(contents, data, past, described(contents, data, name))


def _first(draft: Draft) -> dict[str, Any]:
    none = dict.fromkeys(changes.KINDS, 0)
    added = {**none, "added": draft.data.height}
    schema = schema_changes({}, {})
    return {
        "parent": None,
        "bump": None,
        **added,
        "reasons": {},
        "schema": schema,
        "recipe": [],
        "card": [],
    }


def _changes(draft: Draft, parent: Path) -> dict[str, Any]:
    """What the manifest says of the changes since the parent; `bump` None where there is none."""
    before, after = manifest(parent), json.loads(json.dumps(draft.facts))
    rejected = draft.contents.rows.filter(pl.col("dropped").is_not_null())
    old = changes.read_side(parent, before)
    new = changes.side(
        draft.data.lazy(), rejected.lazy(), draft.contents.passages.lazy(), sides.paths_of(after)
    )
    schema = schema_changes(old.schema, new.schema)
    bump = needed(before, after, schema)
    same = bump in (None, "patch")
    found = changes.changes(old, new) if not same else changes.CHANGE.to_frame()
    return {
        "parent": before["version"],
        "bump": bump,
        **changes.counts(found),
        "reasons": changes.reasons(found),
        "schema": schema,
        "recipe": recipe_changes(before["recipe"], after["recipe"]),
        "card": card_changes(before, after),
    }


def _publish(
    draft: Draft, workspace: Workspace, version: Version, parent: Path | None, told: dict[str, Any]
) -> Published:
    folder = workspace.versions / str(version)
    head = {
        "name": workspace.name,
        "version": str(version),
        "parent": told["parent"],
        "changes": told,
    }
    draft = replace(draft, facts={**head, **draft.facts})
    if folder.exists():
        raise CurateError(
            f"{folder} is there already and is no whole version: it has no {MANIFEST}. Move it "
            "away and publish again. No version was changed."
        )
    try:
        _write(folder, draft, parent)
    except OSError as error:
        _clear(folder.parent)
        raise CurateError(f"could not write {folder}: {error}. No version was changed.") from error
    return Published(folder, version, new=True, changes=told)


def _write(folder: Path, draft: Draft, parent: Path | None) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    _clear(folder.parent)
    partial = Path(tempfile.mkdtemp(prefix=_PARTIAL, dir=folder.parent))
    partial.chmod(0o755)
    _write_rows(partial, draft)
    facts = draft.facts
    draw(draft.contents.rows, bounds(facts["recipe"]), partial)
    text = {
        "recipe.yaml": f"# curate run recipe.yaml\n{to_yaml(facts['recipe'])}",
        "README.md": card(facts),
        changelog.FILE: changelog.changelog(facts, parent),
    }
    for name, value in text.items():
        (partial / name).write_text(value, encoding="utf-8")
    facts = {**facts, "files": sums(partial)}
    (partial / MANIFEST).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    for inner in partial.rglob("*"):
        flush(inner)
    flush(partial)
    os.rename(partial, folder)
    flush(folder.parent)
    flush(folder.parent.parent)


def _write_rows(partial: Path, draft: Draft) -> None:
    contents, data = draft.contents, draft.data
    for side in ("train", "test"):
        write_shards(data.filter(pl.col("split") == side), partial / "data", side)
    rejected = contents.rows.filter(pl.col("dropped").is_not_null())
    write_shards(rejected, partial / "rejected", "rejected")
    if draft.facts["recipe"]["publish"]["documents"]:
        write_shards(contents.passages, partial / "documents", "passages")
        # as it is: it is large, and in no table that `load_dataset` gives
        exchanges = partial / "documents" / "exchanges-00000-of-00001.parquet"
        shutil.copyfile(contents.exchanges, exchanges)
    contents.losses.write_ndjson(partial / "losses.jsonl")
    contents.gaps.write_ndjson(partial / "uncovered.jsonl")
    now = draft.past
    if draft.facts["recipe"]["publish"]["test"] > 0:
        now = sides.carried(draft.past, sides.sides_of(data, contents.paths))
    now.write_ndjson(partial / sides.FILE)


def _clear(folder: Path) -> None:
    """Remove what a publishing that failed or was killed left behind."""
    for left_over in folder.glob(f"{_PARTIAL}*"):
        shutil.rmtree(left_over, ignore_errors=True)
