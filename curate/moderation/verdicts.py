"""Judgements that were paid for, on disk before anything looks at them.

One JSON object a line, appended as they come: key, endpoint, when, and the score of each of the
judge's own categories. The key is a digest of endpoint, model and text. The text is not kept.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass, field
from pathlib import Path

from curate.disk import whole_lines
from curate.errors import CurateError

FILE = "moderation.jsonl"
Scores = dict[str, float]


@dataclass
class Verdicts:
    """Scores by key, in a folder; in memory where there is none."""

    folder: Path | None
    endpoint: str
    _known: dict[str, Scores] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.folder is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / FILE
        for number, line in whole_lines(path):
            try:
                entry = json.loads(line)
                scores = {str(name): float(score) for name, score in entry["scores"].items()}
                self._known[str(entry["key"])] = scores
            except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
                raise CurateError(
                    f"{path}:{number} is damaged ({error}). The judgements around it are paid for, "
                    "so nothing was changed: repair or remove that line."
                ) from error

    def find(self, key: str) -> Scores | None:
        """The scores of a key, where it was judged before."""
        return self._known.get(key)

    def add(self, scores: dict[str, Scores]) -> None:
        """Store scores under their keys; on disk on return. Raises CurateError where it cannot."""
        if self.folder is not None:
            at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            lines = [
                json.dumps({"key": key, "endpoint": self.endpoint, "at": at, "scores": one})
                for key, one in scores.items()
            ]
            path = self.folder / FILE
            try:
                with path.open("ab") as file:
                    file.write("".join(f"{line}\n" for line in lines).encode())
                    file.flush()
                    os.fsync(file.fileno())
            except OSError as error:
                raise CurateError(
                    f"could not write {path}: {error.strerror}. All judgements before are kept; "
                    "make room and run the same command again."
                ) from error
        self._known.update(scores)
