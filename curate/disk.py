"""Files that must outlive a crash: what is written is on the disk, and what was torn is cut off."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path


def flush(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    if os.name != "posix" and path.is_dir():
        return
    number = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def append(file: io.FileIO, line: bytes) -> None:
    """Append a whole line, or leave the file as it was. Raises OSError."""
    whole = file.seek(0, os.SEEK_END)
    try:
        while line:
            line = line[file.write(line) :]
    except OSError:
        file.truncate(whole)
        raise


def whole_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Number and bytes of the whole lines of a file that is only appended to.

    A kill can tear only the last one, which is cut off the file after all others were read. Nothing
    where there is no file.
    """
    if not path.exists():
        return
    size = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                os.truncate(path, size)
                return
            size += len(line)
            yield number, line
