"""Files of a version that are as they were published, told before anything reads them.

Some damaged bytes make a reader of Parquet end the process, which no handler of errors sees.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from curate.errors import InputError
from curate.publish.version import manifest


def sha256(path: Path) -> str:
    """The SHA-256 of a file, as the manifest has it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def parquet(folder: Path, *parts: str) -> list[Path]:
    """The Parquet files of a version whose paths fit one of `parts`, such as `data/*`, by path.

    Raises InputError for one that is not what was published.
    """
    files = sorted({file for part in parts for file in folder.glob(f"{part}.parquet")})
    known = manifest(folder).get("files") or {}
    for file in files:
        name = file.relative_to(folder).as_posix()
        try:
            same = name not in known or sha256(file) == known[name]
        except OSError as error:
            raise InputError(f"{file} cannot be read: {error.strerror}") from error
        if not same:
            raise InputError(
                f"{folder} is damaged: {name} is not what was published. "
                f"All that is wrong: curate verify {folder}"
            )
    return files
