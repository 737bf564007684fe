"""What a version is written from: the decided rows of a workspace, and what belongs to them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from curate.errors import InputError
from curate.publish.sides import known
from curate.publish.split import split
from curate.report import uncovered
from curate.schema import live
from curate.workspace import Workspace


@dataclass(frozen=True)
class Contents:
    """All that a version is written from."""

    rows: pl.DataFrame
    passages: pl.DataFrame
    exchanges: Path
    """Parquet file: these are large, and are copied as they are."""

    losses: pl.DataFrame
    ties: pl.DataFrame
    """Documents that say nearly the same: document, other, row, other_row, similarity."""

    facts: dict[str, Any]
    calibration: dict[str, Any] | None

    @cached_property
    def gaps(self) -> pl.DataFrame:
        """The passages without a live row."""
        return uncovered(self.rows, self.passages, self.losses)

    @property
    def paths(self) -> pl.DataFrame:
        """document, path of each document asked about."""
        return self.passages.select("document", "path").unique("document")


def read_contents(workspace: Workspace, publish: dict[str, Any] | None = None) -> Contents:
    """The decided rows of a workspace; `publish` takes the place of that section of the recipe.

    Raises InputError where they are not decided upon, or not whole.
    """
    rows = workspace.load("rows")
    candidates = workspace.require("candidates").key
    ties = workspace.load("ties")
    stale = rows is None or rows.facts["candidates"] != candidates
    if rows is None or stale or ties is None or ties.key != rows.key:
        raise InputError(
            f"The working rows of {workspace.name} are not decided upon. Run: curate filter RECIPE"
        )
    if workspace.key("exchanges") != candidates:
        workspace.require("exchanges", candidates)
    facts = rows.facts
    if publish is not None:
        facts = {**facts, "recipe": {**facts["recipe"], "publish": publish}}
    return Contents(
        rows=rows.frame,
        passages=workspace.require("passages", candidates).frame,
        exchanges=workspace.folder / "exchanges.parquet",
        losses=workspace.require("losses", candidates).frame,
        ties=ties.frame,
        facts=facts,
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


def placed(contents: Contents, past: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The live rows with their side, by document and place; and the rows that are dropped for it.

    `past` are the sides of earlier versions (SIDE). Documents that say nearly the same come on one
    side. Two that are on different ones since earlier keep theirs; then those rows of the training
    side are dropped that are near-duplicates of test rows.
    """
    recipe = contents.facts["recipe"]
    alike = contents.ties.select("document", "other").unique().rows()
    chosen = (recipe["publish"]["test"], recipe["seed"], known(past), contents.paths, alike)
    rows = split(live(contents.rows), *chosen)
    leaks = _leaks(rows, contents.ties)
    if leaks.height:
        rows = rows.join(leaks, on="id", how="anti")
    return rows.sort("document", "start", "id"), leaks


def _leaks(rows: pl.DataFrame, ties: pl.DataFrame) -> pl.DataFrame:
    """Training rows that test rows are near-duplicates of: columns `id`, `dropped`, the reason."""
    sides = rows.select("id", "split")
    pairs = ties.filter(pl.col("row").is_not_null()).select("row", "other_row", "similarity")
    both = pl.concat(
        [pairs, pairs.select(row="other_row", other_row="row", similarity="similarity")]
    )
    across = (
        both.join(sides, left_on="row", right_on="id")
        .join(sides, left_on="other_row", right_on="id", suffix="_other")
        .filter(split="train", split_other="test")
        .sort("similarity", "other_row", descending=[True, False])
        .unique("row", keep="first", maintain_order=True)
    )
    told = [
        f"across_split {share:.2f}: near-duplicate of {other}, on the test side"
        for other, share in across.select("other_row", "similarity").iter_rows()
    ]
    return across.select(id="row").with_columns(pl.Series("dropped", told, pl.String))
