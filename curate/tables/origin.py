"""Where rows come from: a file that is held open from the reading to the writing."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import weakref
from pathlib import Path
from typing import BinaryIO, cast

from curate.errors import InputError

_BUFFER = 1 << 20


class Origin:
    """An open file and its name. Being open, it may be replaced by what is written.

    Standard input and pipes are copied into a file without a name, which goes with the process.
    """

    def __init__(self, name: str, file: BinaryIO) -> None:
        self.name = name
        self.file = file
        self._state = self._now()
        weakref.finalize(self, file.close)

    @classmethod
    def of(cls, source: str | Path) -> Origin:
        """Open a path, or standard input for `-`. Raises InputError where there is no such file."""
        if str(source) == "-":
            return cls("standard input", _spooled(sys.stdin.buffer))
        path = Path(source)
        if path.is_file():
            return cls(str(path), path.open("rb", _BUFFER))
        if not path.exists():
            raise InputError(f"There is no file {path}.")
        with path.open("rb") as pipe:
            return cls(str(path), _spooled(pipe))

    def check(self) -> None:
        """Raise InputError where the file is no longer what was read."""
        if self._now() != self._state:
            raise InputError(f"{self.name} was changed while its rows were decided upon: try again")

    def _now(self) -> tuple[int, int]:
        found = os.fstat(self.file.fileno())
        return found.st_size, found.st_mtime_ns


def _spooled(stream: BinaryIO) -> BinaryIO:
    file = tempfile.TemporaryFile(buffering=_BUFFER)  # noqa: SIM115 - Origin closes it
    try:
        shutil.copyfileobj(stream, file, _BUFFER)
        file.flush()
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return cast("BinaryIO", file)
