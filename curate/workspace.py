"""The working folder of a recipe, `.curate/NAME/`: journal, checkpoints, lock.

    journal.jsonl       every reply of the teacher
    passages.parquet    what was asked about
    candidates.parquet  what generation gave; exchanges.parquet its calls, losses.parquet its ledger
    rows.parquet        the working rows: measured, and decided upon
    bill.jsonl          what a run that was cut short has spent
    batches.jsonl       the batches under way (`--batch`), with batches/DIGEST.jsonl, their calls
    losses.jsonl uncovered.jsonl   for people: the ledger; passages without a live row, and why

A checkpoint carries, in the file itself, the key of what it was made from and facts about the
making; with another key it is made anew. Files appear whole or not at all.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
from filelock import FileLock, Timeout

from curate.errors import CurateError, InputError, LockedError

_META = "curate"


@dataclass(frozen=True)
class Checkpoint:
    """A frame on disk, the key of what it was made from, and facts about the making."""

    frame: pl.DataFrame
    key: str
    facts: dict[str, Any] = field(default_factory=dict)


class Workspace:
    """`.curate/NAME/` under a root folder, by default the current one."""

    def __init__(self, name: str, root: Path | None = None) -> None:
        self.name = name
        self.root = root or Path()
        self.folder = self.root / ".curate" / name

    @property
    def journal(self) -> Path:
        """Where the replies are kept."""
        return self.folder / "journal.jsonl"

    @property
    def versions(self) -> Path:
        """Where the published versions of this name are."""
        return self.root / "datasets" / self.name

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other runs out while the context is open. Raises LockedError at once."""
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.folder / "lock", timeout=0)
        try:
            with lock:
                yield
        except Timeout as error:
            raise LockedError(
                f"Another run is at work in {self.folder}. Wait for it to end, or stop it."
            ) from error

    def save(self, stage: str, checkpoint: Checkpoint) -> None:
        """Write a checkpoint, whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self._path(stage)
        temporary = path.with_suffix(".partial")
        meta = json.dumps({"key": checkpoint.key, "facts": checkpoint.facts})
        try:
            checkpoint.frame.write_parquet(temporary, metadata={_META: meta})
            os.replace(temporary, path)
        except (OSError, pl.exceptions.PolarsError) as error:
            raise CurateError(
                f"could not write {path}: {error}. Nothing that was paid for is lost; make room "
                "and run the same command again."
            ) from error

    def tell(self, name: str, frame: pl.DataFrame) -> Path:
        """Write a frame as JSON Lines, for people to look at, and give its path."""
        path = self.folder / f"{name}.jsonl"
        frame.write_ndjson(path)
        return path

    def load(self, stage: str) -> Checkpoint | None:
        """The checkpoint of a stage, or None where there is none that can be read."""
        meta = self._meta(stage)
        try:
            frame = pl.read_parquet(self._path(stage))
            return Checkpoint(frame, meta["key"], meta["facts"])
        except (pl.exceptions.PolarsError, KeyError, OSError):
            return None

    def key(self, stage: str) -> str | None:
        """The key of a stage's checkpoint, or None where there is none. Reads no rows."""
        return self._meta(stage).get("key")

    def facts(self, stage: str) -> dict[str, Any] | None:
        """The facts of a stage's checkpoint, or None where there is none. Reads no rows."""
        return self._meta(stage).get("facts")

    def _meta(self, stage: str) -> dict[str, Any]:
        """What the footer of a checkpoint's file says; nothing where there is none."""
        try:
            meta = json.loads(pl.read_parquet_metadata(self._path(stage))[_META])
        except (pl.exceptions.PolarsError, KeyError, ValueError, OSError):
            return {}
        return meta if isinstance(meta, dict) else {}

    def _path(self, stage: str) -> Path:
        return self.folder / f"{stage}.parquet"

    def require(self, stage: str, key: str | None = None) -> Checkpoint:
        """The checkpoint of a stage. Raises InputError, naming the command that makes it.

        With `key`, one that was made from something else does not count: a run that was killed
        while it saved leaves the passages of one generation beside the candidates of another.
        """
        found = self.load(stage)
        if found is None or key not in (None, found.key):
            raise InputError(
                f"There are no whole working rows of {self.name} in {self.folder}. "
                "Make them with: curate generate RECIPE (what was answered is not asked again)"
            )
        return found
