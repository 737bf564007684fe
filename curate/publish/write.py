"""A version folder: written whole beside its place, then renamed into it; never changed after."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from curate import provenance
from curate.disk import flush
from curate.errors import CurateError, InputError
from curate.progress import Progress
from curate.publish.card import card
from curate.publish.split import split
from curate.publish.version import FIRST, Version, manifest, versions
from curate.recipe import to_yaml
from curate.report import coverage, funnel, uncovered
from curate.schema import ADDED, live
from curate.workspace import Workspace

SHARD = 200_000
_PARTIAL = ".partial-"


@dataclass(frozen=True)
class Published:
    """A version on disk; `new` is False where it held the same rows already."""

    folder: Path
    version: Version
    new: bool


@dataclass(frozen=True)
class Contents:
    """All that a version is written from."""

    rows: pl.DataFrame
    passages: pl.DataFrame
    exchanges: pl.DataFrame
    losses: pl.DataFrame
    facts: dict[str, Any]
    calibration: dict[str, Any] | None

    @cached_property
    def gaps(self) -> pl.DataFrame:
        """The passages without a live row."""
        return uncovered(self.rows, self.passages, self.losses)


def publish(
    workspace: Workspace,
    progress: Progress,
    bump: str | None = None,
    options: dict[str, Any] | None = None,
) -> Published:
    """Publish the working rows as the next version, by `options` where the recipe's have changed.

    Same live rows as the newest version: nothing is written. Raises CurateError where no row
    is live or the disk fails; either way the versions stay as they were.
    """
    contents = _contents(workspace)
    if options is not None:
        contents.facts["recipe"]["publish"] = options
    if live(contents.rows).is_empty():
        raise CurateError(
            f"None of the {contents.rows.height} candidates of {workspace.name} is live. "
            "See why with: curate filter; then lower a bound: curate filter --min-quality 0.4"
        )
    existing = versions(workspace.versions)
    parent = existing[-1] if existing else None
    data = split_live(contents)
    content = provenance.content_digest(data)
    if parent is not None and bump is None:
        folder = workspace.versions / str(parent)
        if manifest(folder)["content_digest"] == content:
            progress.note(f"{folder} holds these very rows: nothing to publish.")
            return Published(folder, parent, new=False)
    version = parent.next(bump or "minor") if parent else FIRST
    facts = _manifest(contents, data, workspace.name, version, parent, content)
    folder = workspace.versions / str(version)
    try:
        _write(folder, data, contents, facts)
    except OSError as error:
        _clear(folder.parent)
        raise CurateError(f"could not write {folder}: {error}. No version was changed.") from error
    return Published(folder, version, new=True)


def split_live(contents: Contents) -> pl.DataFrame:
    """The live rows with their side, ordered by document and place."""
    recipe = contents.facts["recipe"]
    rows = split(live(contents.rows), recipe["publish"]["test"], recipe["seed"])
    return rows.sort("document", "start", "id")


def _contents(workspace: Workspace) -> Contents:
    rows = workspace.load("rows")
    candidates = workspace.require("candidates")
    if rows is None or rows.facts["candidates"] != candidates.key:
        raise InputError(
            f"The working rows of {workspace.name} are not decided upon. Run: curate filter RECIPE"
        )
    return Contents(
        rows=rows.frame,
        passages=workspace.require("passages", candidates.key).frame,
        exchanges=workspace.require("exchanges", candidates.key).frame,
        losses=workspace.require("losses", candidates.key).frame,
        facts=rows.facts,
        calibration=_calibration(workspace.folder / "calibration.json"),
    )


def _calibration(path: Path) -> dict[str, Any] | None:
    """What `curate calibrate` has found last; None where it was not asked."""
    if not path.is_file():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} is damaged: {error}. Delete it, or: curate calibrate") from error
    return found if isinstance(found, dict) else None


def _manifest(
    contents: Contents,
    data: pl.DataFrame,
    name: str,
    version: Version,
    parent: Version | None,
    content: str,
) -> dict[str, Any]:
    facts = contents.facts
    added = data.filter(ADDED).height
    documents = contents.passages.select("path", "title", "licence", id="document").unique("id")
    counts = {side: data.filter(pl.col("split") == side).height for side in ("train", "test")}
    return {
        "name": name,
        "version": str(version),
        "parent": str(parent) if parent else None,
        "content_digest": content,
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "recipe": facts["recipe"],
        "prompt": facts["prompt"],
        "models": facts["models"],
        "seed": facts["seed"],
        "counts": {
            "documents": facts["documents"],
            "passages": facts["passages"],
            "candidates": contents.rows.height - added,
            "refusals": added,
            "live": data.height,
            **counts,
            "rejected": contents.rows.height - data.height,
            "losses": contents.losses.height,
        },
        "coverage": coverage(contents.passages, contents.gaps),
        "funnel": funnel(contents.rows).to_dicts(),
        "calibration": contents.calibration,
        "seconds": {"generate": facts["seconds"], "decide": facts["decide_seconds"]},
        "usage": facts["usage"],
        "packages": facts["packages"],
        "documents": documents.sort("path").to_dicts(),
    }


def _write(folder: Path, data: pl.DataFrame, contents: Contents, facts: dict[str, Any]) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    _clear(folder.parent)
    partial = Path(tempfile.mkdtemp(prefix=_PARTIAL, dir=folder.parent))
    partial.chmod(0o755)
    rejected = contents.rows.filter(pl.col("dropped").is_not_null())
    for side in ("train", "test"):
        write_shards(data.filter(pl.col("split") == side), partial / "data", side)
    write_shards(rejected, partial / "rejected", "rejected")
    if facts["recipe"]["publish"]["documents"]:
        write_shards(contents.passages, partial / "documents", "passages")
        write_shards(contents.exchanges, partial / "documents", "exchanges")
    contents.losses.write_ndjson(partial / "losses.jsonl")
    contents.gaps.write_ndjson(partial / "uncovered.jsonl")
    text = {
        "manifest.json": json.dumps(facts, indent=2) + "\n",
        "recipe.yaml": f"# curate run recipe.yaml\n{to_yaml(facts['recipe'])}",
        "README.md": card(facts),
    }
    for name, value in text.items():
        (partial / name).write_text(value, encoding="utf-8")
    _to_disk(partial)
    os.rename(partial, folder)
    _to_disk(folder.parent)


def _clear(folder: Path) -> None:
    """Remove what a publishing that failed or was killed left behind."""
    for left_over in folder.glob(f"{_PARTIAL}*"):
        shutil.rmtree(left_over, ignore_errors=True)


def write_shards(rows: pl.DataFrame, folder: Path, name: str) -> None:
    """Parquet files `NAME-00000-of-00001.parquet` with explicit Hugging Face features."""
    from datasets import Dataset, Features, Value, disable_progress_bars

    disable_progress_bars()
    kinds = {pl.String: "string", pl.Int64: "int64", pl.Float64: "float64"}
    features = Features({name: Value(kinds[type(kind)]) for name, kind in rows.schema.items()})
    folder.mkdir(parents=True, exist_ok=True)
    shards = max(1, -(-rows.height // SHARD))
    for shard in range(shards):
        part = rows.slice(shard * SHARD, SHARD)
        path = folder / f"{name}-{shard:05d}-of-{shards:05d}.parquet"
        Dataset.from_polars(part, features=features).to_parquet(path)


def _to_disk(path: Path) -> None:
    """Flush a folder and what is in it, so that a crash after the rename cannot empty the files."""
    if path.name.startswith(_PARTIAL):
        for inner in path.rglob("*"):
            flush(inner)
    flush(path)
