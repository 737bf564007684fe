"""Which files a folder holds: in order, without hidden ones, and never outside of it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

_SKIPPED = {"__pycache__", "node_modules"}


@dataclass
class Found:
    """Files to read, by path relative to the folder, and what cannot be read: path and reason."""

    files: dict[str, Path] = field(default_factory=dict)
    losses: list[tuple[str, str]] = field(default_factory=list)


def find(root: Path, include: Sequence[str], exclude: Sequence[str]) -> Found:
    """Everything below `root` that `include` matches (all if it is empty) and `exclude` does not.

    Hidden files and folders, `__pycache__` and `node_modules` are passed over. No link is
    followed: what it leads to is found in its own place, or it is a loss.
    """
    found = Found()
    for entry in _walk(root, found):
        name = Path(entry.path).relative_to(root).as_posix()
        if include and not _matches(name, include):
            continue
        if _matches(name, exclude):
            continue
        shown = readable(name)
        if entry.is_symlink():
            found.losses += [(shown, why) for why in _broken(root, entry)]
        elif entry.is_file(follow_symlinks=False):
            found.files[shown] = Path(entry.path)
        else:
            found.losses.append((shown, "not a regular file"))
    return found


def _walk(root: Path, found: Found) -> Iterator[os.DirEntry[str]]:
    """All entries below `root` but folders."""
    waiting = [str(root)]
    while waiting:
        folder = waiting.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            name = Path(folder).relative_to(root).as_posix()
            found.losses.append((readable(name), f"cannot be listed: {error.strerror}"))
            continue
        for entry in entries:
            if entry.name.startswith(".") or entry.name in _SKIPPED:
                continue
            if entry.is_dir(follow_symlinks=False):
                waiting.append(entry.path)
            else:
                yield entry


def _broken(root: Path, link: os.DirEntry[str]) -> Iterator[str]:
    """Why what a link leads to is not read: nothing where it is found in its own place."""
    try:
        target = Path(os.path.realpath(link.path, strict=True))
    except OSError:
        yield "a link that leads nowhere"
        return
    top = Path(os.path.realpath(root))
    if not target.is_relative_to(top):
        yield f"a link out of the folder, not followed; copy {readable(str(target))} into it"
    elif any(part.startswith(".") or part in _SKIPPED for part in target.relative_to(top).parts):
        yield f"a link to a hidden file, not followed; copy {readable(str(target))}"


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(
        fnmatchcase(name, pattern) or fnmatchcase(name.rpartition("/")[2], pattern)
        for pattern in patterns
    )


def readable(name: str) -> str:
    r"""A path that can stand in a frame, and no two alike: a byte that is not UTF-8 is as `\xe9`.

    So that no other name reads the same, a backslash is doubled.
    """
    return os.fsencode(name).replace(b"\\", rb"\\").decode("utf-8", "backslashreplace")
