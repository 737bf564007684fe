"""Which files a version may hold, and whether a repository holds the very same."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from curate.errors import InputError

if TYPE_CHECKING:
    from huggingface_hub import RepoFile

ATTRIBUTES = ".gitattributes"
"""The one file of a repository that is the Hub's: which files are in LFS."""

_ALLOWED = re.compile(
    r"(?:data|rejected|documents)/[A-Za-z0-9][A-Za-z0-9_-]{0,80}\.parquet"
    r"|card/[A-Za-z0-9][A-Za-z0-9_-]{0,80}\.png"
    r"|[A-Za-z0-9][A-Za-z0-9_-]{0,80}\.(?:jsonl?|yaml|md)"
)
_CHUNK = 1 << 20


def allowed(path: str) -> bool:
    """Whether a version may hold a file of this path, relative to its folder."""
    return bool(_ALLOWED.fullmatch(path))


def foreign(paths: Iterable[str]) -> list[str]:
    """The paths that no version holds, sorted. Where two differ in case only, one is foreign."""
    seen: dict[str, str] = {}
    known = [path for path in sorted(paths) if path != ATTRIBUTES]
    return [
        path for path in known if not allowed(path) or seen.setdefault(path.lower(), path) != path
    ]


def files(folder: Path) -> dict[str, Path]:
    """The files of a version folder, by path in it. Raises InputError for what none may hold."""
    found = [path for path in sorted(folder.rglob("*")) if path.is_symlink() or not path.is_dir()]
    named = {path.relative_to(folder).as_posix(): path for path in found}
    strange = [name for name, path in named.items() if path.is_symlink() or not path.is_file()]
    if strange := strange or foreign(named):
        raise InputError(
            f"{folder} holds {strange[0]}, which is no file of a version. Remove it: "
            "a version is published whole and never changed"
        )
    return named


def differing(local: Mapping[str, Path], remote: Mapping[str, RepoFile]) -> list[str]:
    """Paths that only one side holds, or that hold other bytes, sorted."""
    return [
        path
        for path in sorted((local.keys() | remote.keys()) - {ATTRIBUTES})
        if path not in local or path not in remote or not same(local[path], remote[path])
    ]


def same(path: Path, entry: RepoFile) -> bool:
    """Whether a local file has the size and the digest of one in a repository."""
    size = path.stat().st_size
    if size != entry.size:
        return False
    if entry.lfs is not None:
        return _digest(path, hashlib.sha256()) == entry.lfs.sha256
    blob = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)  # how git names a file
    return _digest(path, blob) == entry.blob_id


def _digest(path: Path, digest: hashlib._Hash) -> str:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
