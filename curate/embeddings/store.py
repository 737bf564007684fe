"""Vectors that were paid for, on disk before anything looks at them.

One SQLite file. A batch is one transaction, flushed: a kill or a power cut loses at most the batch
under way, and what it left half written is rolled back when the file is opened again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import numpy as np

from curate.embeddings.base import F32
from curate.errors import CurateError

FILE = "embeddings.sqlite"
_PART = 500  # keys in a question
_WAIT = 60.0  # seconds for another process that writes


@dataclass
class Store:
    """Vectors by key, in a folder; in memory where there is none. Use as a context manager."""

    folder: Path | None
    _open: sqlite3.Connection | None = field(default=None, repr=False)

    @property
    def path(self) -> str:
        """Where it is."""
        return ":memory:" if self.folder is None else str(self.folder / FILE)

    def __enter__(self) -> Self:
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
        with self._named():
            self._open = sqlite3.connect(self.path, timeout=_WAIT)
            self._open.execute("PRAGMA synchronous = FULL")
            self._open.execute(
                "CREATE TABLE IF NOT EXISTS vectors (key TEXT PRIMARY KEY, vector BLOB NOT NULL)"
            )
        return self

    def __exit__(self, *reason: object) -> None:
        if self._open is not None:
            self._open.close()

    def find(self, keys: Sequence[str]) -> dict[str, F32]:
        """The vectors of those keys that have one. Raises CurateError where it cannot be read."""
        found: dict[str, F32] = {}
        with self._named():
            for at in range(0, len(keys), _PART):
                part = keys[at : at + _PART]
                marks = ",".join("?" * len(part))
                asked = f"SELECT key, vector FROM vectors WHERE key IN ({marks})"  # noqa: S608
                for key, vector in self._database.execute(asked, part):
                    found[key] = np.frombuffer(vector, "<f4")
        return found

    def add(self, vectors: Mapping[str, F32]) -> None:
        """Store vectors under their keys; on disk on return. Raises CurateError like `find`."""
        rows = [(key, vector.astype("<f4").tobytes()) for key, vector in vectors.items()]
        with self._named(), self._database:
            self._database.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)

    @property
    def _database(self) -> sqlite3.Connection:
        if self._open is None:
            raise RuntimeError("the store is not open")
        return self._open

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Tell what goes wrong with the file as a CurateError."""
        try:
            yield
        except sqlite3.Error as error:
            raise CurateError(
                f"{self.path} cannot be read or written ({error}). The vectors in it are paid for, "
                "so nothing was changed: make room, repair it, or move it away."
            ) from error
