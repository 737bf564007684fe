"""Read a published version of a dataset: `datasets/NAME/VERSION/`, as `curate publish` writes it.

What is read is all that training knows of curation: the rows of the two splits, the manifest
for name and digest, and the `train:` section of the frozen recipe.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from train.errors import UsageError

COLUMNS = ("id", "instruction", "input", "output")


@dataclass(frozen=True)
class Row:
    """One pair. `input` is "" where there is none."""

    id: str
    instruction: str
    input: str
    output: str
    document: str = ""
    "Where it is from; a refusal is from nowhere."
    kind: str = "answer"
    "`answer` or `refusal`."


@dataclass(frozen=True)
class LeftOut:
    """A row that is not trained on, and why."""

    id: str
    split: str
    reason: str


@dataclass(frozen=True)
class Version:
    """One version of a dataset, read. `digest` is that of its rows, from the manifest."""

    path: Path
    name: str
    version: str
    digest: str
    train: list[Row]
    test: list[Row]
    options: dict[str, Any]
    "What the recipe says under `train:`."

    @property
    def refusals(self) -> int:
        """How many of the training rows are refusals."""
        return sum(row.kind == "refusal" for row in self.train)


def read(dataset: str | Path) -> Version:
    """Read a version folder. Raises UsageError where it is none, or has no training rows."""
    path = Path(dataset).expanduser().resolve()
    if not (path / "manifest.json").is_file() or not any(path.glob("data/train-*.parquet")):
        raise UsageError(_not_a_version(str(dataset), path))
    manifest = _manifest(path / "manifest.json")
    train = _rows(path, "train")
    if not train:
        raise UsageError(
            f"{dataset} has no training rows. What became of them: curate show {path.parent.name}"
        )
    return Version(
        path=path,
        name=str(manifest.get("name") or path.parent.name),
        version=str(manifest.get("version") or path.name),
        digest=str(manifest.get("content_digest", "")),
        train=train,
        test=_rows(path, "test"),
        options=_options(path / "recipe.yaml"),
    )


def passages(version: Version) -> list[tuple[str, str]]:
    """Id and text of the passages of the training rows' documents, in order.

    None of a document that has a test row, and none of one that has no row: its side is not told.
    """
    import polars as pl

    learned = {row.document for row in version.train} - {row.document for row in version.test}
    found: list[tuple[str, str]] = []
    for file in sorted(version.path.glob("documents/passages-*.parquet")):
        try:
            frame = pl.read_parquet(file, columns=["id", "document", "text"])
        except pl.exceptions.PolarsError as error:
            raise UsageError(f"{file} cannot be read as passages: {error}") from None
        ours = frame.filter(pl.col("document").is_in(list(learned - {""})))
        found += ours.select(pl.col("id", "text").cast(pl.String).fill_null("")).iter_rows()
    return found


def _not_a_version(given: str, path: Path) -> str:
    wanted = "manifest.json and data/train-*.parquet"
    if not path.exists():
        return (
            f"{given} does not exist. Give the folder of a published version, "
            "datasets/NAME/VERSION: curate ls shows what there is, curate publish makes one"
        )
    versions = sorted(manifest.parent.name for manifest in path.glob("*/manifest.json"))
    if versions:
        return (
            f"{given} is not one version but holds several: {', '.join(versions)}. "
            f"Choose one, as in: python -m train {Path(given) / versions[-1]}"
        )
    return (
        f"{given} is not a published version: it lacks {wanted}. "
        "curate ls shows the versions there are, curate publish makes one"
    )


def _manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is not JSON ({error}). Publish the version again") from None
    if not isinstance(manifest, dict):
        raise UsageError(f"{path} is not a JSON object. Publish the version again")
    return manifest


def _options(path: Path) -> dict[str, Any]:
    import yaml

    if not path.is_file():
        return {}
    try:
        recipe = yaml.safe_load(path.read_text(encoding="utf-8"))
    except Exception as error:  # PyYAML lets errors of many kinds through
        raise UsageError(f"{path} is not YAML: {' '.join(str(error).split())}") from None
    section = recipe.get("train") if isinstance(recipe, dict) else None
    if not isinstance(section, dict | None):
        raise UsageError(f"{path}: train: must hold options, as in train: {{epochs: 3}}")
    return {str(name): value for name, value in (section or {}).items()}


def _rows(path: Path, split: str) -> list[Row]:
    import polars as pl

    rows: list[Row] = []
    for file in sorted(path.glob(f"data/{split}-*.parquet")):
        try:
            frame = pl.read_parquet(file)
        except pl.exceptions.PolarsError as error:
            raise UsageError(f"{file} cannot be read as Parquet: {error}") from None
        missing = [name for name in COLUMNS if name not in frame.columns]
        if missing:
            raise UsageError(f"{file} lacks the column {', '.join(missing)}; has: {frame.columns}")
        told = [name for name in ("document", "kind") if name in frame.columns]
        texts = frame.select(pl.col(*COLUMNS, *told).cast(pl.String).fill_null(""))
        rows += [Row(**values) for values in texts.iter_rows(named=True)]
    return rows
