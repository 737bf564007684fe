"""The rows of a version with all that errors are traced by: kind, document, passage, measures.

`train.version.read` has checked the folder before; what an older version lacks is left empty here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from train.errors import UsageError
from train.version import Version

ANSWER, REFUSAL = "answer", "refusal"


@dataclass(frozen=True)
class Source:
    """A row and where it comes from. `passage` is "" where the version holds no documents."""

    id: str
    instruction: str
    output: str
    input: str = ""
    kind: str = ANSWER
    document: str = ""
    path: str = ""
    title: str = ""
    passage: str = ""
    scores: dict[str, float] = field(default_factory=dict)

    @property
    def off_topic(self) -> bool:
        """Whether the question is one to turn down."""
        return self.kind == REFUSAL

    @property
    def place(self) -> str:
        """The document, as people know it."""
        return self.path or self.title or self.document or "no document"


@dataclass(frozen=True)
class Sources:
    """The rows of both splits, and the text of every passage of the documents."""

    train: list[Source]
    test: list[Source]
    passages: list[str]
    language: str

    @property
    def shared(self) -> int:
        """Documents of the test split that were trained on: none, if the split is by document."""
        trained = {row.document for row in self.train} - {""}
        return len({row.document for row in self.test} & trained)


def read(version: Version) -> Sources:
    """Read the rows of a version. Raises UsageError where its files cannot be read."""
    import polars as pl

    try:
        passages = _passages(version.path)
        splits = {split: _split(version.path, split, passages) for split in ("train", "test")}
    except (pl.exceptions.PolarsError, TypeError) as error:
        raise UsageError(f"{version.path} cannot be read: {error}") from None
    texts = [str(passage["text"]) for passage in passages.values()]
    return Sources(splits["train"], splits["test"], texts, _language(version.path))


def questions(path: Path) -> list[Source]:
    """The questions of a file, one a line, all to be turned down. # begins a line of notes."""
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--off-topic {path} cannot be read: {error}") from None
    asked = [line for line in dict.fromkeys(lines) if line and not line.startswith("#")]
    if not asked:
        raise UsageError(f"--off-topic {path} holds no question: write one a line")
    return [
        Source(f"{path.name}:{number}", question, "", kind=REFUSAL)
        for number, question in enumerate(asked, 1)
    ]


def _passages(path: Path) -> dict[tuple[str, int, int], dict[str, Any]]:
    import polars as pl

    found: dict[tuple[str, int, int], dict[str, Any]] = {}
    for file in sorted(path.glob("documents/passages-*.parquet")):
        frame = pl.read_parquet(file)
        if {"document", "start", "end", "text"} <= set(frame.columns):
            for row in frame.iter_rows(named=True):
                found[row["document"], row["start"], row["end"]] = row
    return found


def _split(
    path: Path, split: str, passages: dict[tuple[str, int, int], dict[str, Any]]
) -> list[Source]:
    import polars as pl

    by_document = {key[0]: row for key, row in passages.items()}
    rows = []
    for file in sorted(path.glob(f"data/{split}-*.parquet")):
        frame = pl.read_parquet(file)
        measures = [name for name, kind in frame.schema.items() if kind == pl.Float64]
        for row in frame.iter_rows(named=True):
            key = (row.get("document") or "", row.get("start") or 0, row.get("end") or 0)
            passage = passages.get(key, {})
            document = passage or by_document.get(key[0], {})
            rows.append(_source(row, measures, passage, document))
    return rows


def _source(
    row: dict[str, Any], measures: list[str], passage: dict[str, Any], document: dict[str, Any]
) -> Source:
    return Source(
        **{name: str(row[name] or "") for name in ("id", "instruction", "output", "input")},
        kind=str(row.get("kind") or ANSWER),
        document=str(row.get("document") or ""),
        path=str(document.get("path") or ""),
        title=str(document.get("title") or ""),
        passage=str(passage.get("text") or ""),
        scores={name: row[name] for name in measures if row[name] is not None},
    )


def _language(path: Path) -> str:
    """The language that the recipe's `language` filter asks for; English where it asks for none."""
    import yaml

    recipe = path / "recipe.yaml"
    if not recipe.is_file():
        return "en"
    data = yaml.safe_load(recipe.read_text(encoding="utf-8"))
    filters = data.get("filters") if isinstance(data, dict) else None
    for each in filters or []:
        options = each.get("language") if isinstance(each, dict) else None
        if isinstance(options, dict):
            return str(options.get("code", "en"))
    return "en"
