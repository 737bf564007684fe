"""What the attempts of a run cost, on disk: a run that was cut short goes on within its budget.

`bill.jsonl` begins with the generation that it is for. Then come a line when an attempt is sent,
with what it could cost at most, and one when it has ended, with what it did; an amount in USD in
each. Lines are written at once, so that a kill leaves them. An attempt without an end counts at its
most, since it may be billed. A run that comes to its end takes the file away.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from curate.disk import append, whole_lines
from curate.errors import CurateError


@dataclass
class Bill:
    """The bill of a generation; use `open`. `before`: what its runs that were cut short cost."""

    path: Path
    generation: str
    before: float = 0.0
    _attempts: int = 0
    _file: io.FileIO | None = field(default=None, repr=False)

    @contextmanager
    def open(self) -> Iterator[Bill]:
        """Go on with the bill of the generation, or begin one. Raises CurateError.

        Taken away where the context ends without an exception.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        known = self._read()
        try:
            with self.path.open("ab" if known else "wb", buffering=0) as self._file:
                if not known:
                    self._write({"generation": self.generation})
                yield self
        finally:
            self._file = None
        self.path.unlink()

    def sent(self, most: float) -> int:
        """Note an attempt that could cost so much; its number. Raises CurateError."""
        self._attempts += 1
        try:
            self._write({"attempt": self._attempts, "most": most})
        except OSError as error:
            raise CurateError(
                f"could not write {self.path}: {error.strerror}. Nothing was sent; make room and "
                "run the same command again."
            ) from error
        return self._attempts

    def ended(self, number: int, cost: float) -> None:
        """Note what an attempt cost. Where that cannot be written it counts at its most."""
        try:
            self._write({"attempt": number, "cost": cost})
        except OSError:
            return

    def _write(self, entry: dict[str, str | int | float]) -> None:
        if self._file is None:
            raise RuntimeError("the bill is not open")
        append(self._file, json.dumps(entry).encode() + b"\n")

    def _read(self) -> bool:
        """Add up what there is, and tell whether it is of the same generation."""
        amounts: dict[int, float] = {}
        for number, line in whole_lines(self.path):
            try:
                entry = json.loads(line)
                if number > 1:
                    amounts[int(entry["attempt"])] = float(entry.get("cost", entry.get("most")))
                elif entry["generation"] != self.generation:
                    return False
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                raise CurateError(
                    f"{self.path}:{number} is damaged ({error}). It says what a run that was cut "
                    "short has spent: remove the file to begin at nothing."
                ) from error
        self.before, self._attempts = sum(amounts.values()), max(amounts, default=0)
        return self.path.exists() and self.path.stat().st_size > 0
