"""What differs between two versions of a dataset, or of two datasets.

found = diff(Path("datasets/mine/0.1.0"), Path("datasets/mine/0.2.0"))
found.counts["removed"], found.reasons
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from curate.errors import InputError
from curate.publish import changes
from curate.publish.compared import distribution, recipe_changes
from curate.publish.version import locate, manifest

_TOLD = ("prompt", "models", "seed")


@dataclass(frozen=True)
class Diff:
    """Two versions compared; `before` and `after` are what they call themselves."""

    before: str
    after: str

    rows: pl.DataFrame
    """changes.CHANGE."""

    schema: dict[str, list[str]]
    recipe: list[dict[str, Any]]
    scores: list[dict[str, Any]]

    @property
    def counts(self) -> dict[str, int]:
        """Rows added, removed, changed, moved, rescored."""
        return changes.counts(self.rows)

    @property
    def reasons(self) -> dict[str, int]:
        """Removed rows by kind of reason."""
        return changes.reasons(self.rows)

    @property
    def documents(self) -> pl.DataFrame:
        """Changes of each document."""
        return changes.per_document(self.rows)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "before": self.before,
            "after": self.after,
            "counts": self.counts,
            "reasons": self.reasons,
            "documents": self.documents.to_dicts(),
            "schema": self.schema,
            "recipe": self.recipe,
            "scores": self.scores,
            "rows": self.rows.to_dicts(),
        }


def operands(one: str, other: str | None, root: Path) -> tuple[Path, Path]:
    """The folders of two versions; of one alone, its parent and it. Raises InputError."""
    if other is not None:
        return locate(one, root), locate(other, root)
    after = locate(one, root)
    facts = manifest(after)
    if facts.get("parent") is None:
        raise InputError(f"{after} is the first version and has no parent: name two versions")
    before = after.parent / str(facts["parent"])
    if not (before / "manifest.json").is_file():
        raise InputError(f"{before}, the parent of {after}, is not there: name two versions")
    return before, after


def diff(before: Path, after: Path) -> Diff:
    """What differs from one version folder to another. Raises InputError where one is damaged."""
    old, new = manifest(before), manifest(after)
    sides = changes.read_side(before, old), changes.read_side(after, new)
    return Diff(
        _title(old),
        _title(new),
        changes.changes(*sides),
        schema_changes(sides[0].schema, sides[1].schema),
        [*recipe_changes(*(_recipe(facts) for facts in (old, new)))],
        _scores(before, after),
    )


def schema_changes(before: dict[str, str], after: dict[str, str]) -> dict[str, list[str]]:
    """Columns of the rows that were added, removed, or have another type now."""
    return {
        "added": [name for name in after if name not in before],
        "removed": [name for name in before if name not in after],
        "retyped": [name for name in after if before.get(name, after[name]) != after[name]],
    }


def _recipe(facts: dict[str, Any]) -> dict[str, Any]:
    return {**facts["recipe"], **{name: facts.get(name) for name in _TOLD}}


def _title(facts: dict[str, Any]) -> str:
    return f"{facts['name']}@{facts['version']}"


def _scores(before: Path, after: Path) -> list[dict[str, Any]]:
    old, new = changes.scan(before), changes.scan(after)
    names = changes.measures(new.collect_schema())
    shared = [name for name in changes.measures(old.collect_schema()) if name in names]
    values = [each.select(shared).collect() for each in (old, new)]
    return [distribution(name, values[0][name], values[1][name]) for name in shared]
