"""Semantic versions of a dataset, and finding one on disk."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from curate.errors import InputError, UsageError
from curate.registry import nearest

_NEEDED = {"name", "version", "counts", "recipe", "models", "created", "funnel", "content_digest"}
BUMPS = ("major", "minor", "patch")


@dataclass(frozen=True, order=True)
class Version:
    """`major.minor.patch` as in semver.org: schema, rows, card."""

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The version that `1.2.0` or `v1.2.0` names, or None."""
        match = re.fullmatch(r"v?(\d{1,9})\.(\d{1,9})\.(\d{1,9})", text)
        return cls(*map(int, match.groups())) if match else None

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    def next(self, bump: str) -> Version:
        """The version after this one. Raises UsageError for an unknown kind of bump."""
        if bump == "major":
            return Version(self.major + 1, 0, 0)
        if bump == "minor":
            return Version(self.major, self.minor + 1, 0)
        if bump == "patch":
            return Version(self.major, self.minor, self.patch + 1)
        raise UsageError(f"--bump {bump!r}: expected one of {', '.join(BUMPS)}")


FIRST = Version(0, 1, 0)


def versions(folder: Path) -> list[Version]:
    """The whole versions under `datasets/NAME`, oldest first."""
    if not folder.is_dir():
        return []
    found = [Version.parse(path.name) for path in folder.iterdir() if _whole(path)]
    return sorted(version for version in found if version)


def names(root: Path) -> list[str]:
    """The datasets under a `datasets` folder that have a version, sorted."""
    if not root.is_dir():
        return []
    return sorted(path.name for path in root.iterdir() if path.is_dir() and versions(path))


def locate(spec: str, root: Path) -> Path:
    """The folder of `NAME`, `NAME@1.2.0` or of a path; without version, the newest.

    Raises InputError, naming what there is.
    """
    if _whole(Path(spec)):
        return Path(spec)
    name, _, wanted = spec.partition("@")
    known = names(root)
    if name not in known:
        what = f"There is no dataset {name!r} under {root}/."
        raise InputError(f"{what} {nearest(name, known) if known else 'Make one: curate run'}")
    found = versions(root / name)
    if not wanted:
        return root / name / str(found[-1])
    version = Version.parse(wanted)
    if version not in found:
        raise InputError(
            f"{name} has no version {wanted}. Known: {', '.join(map(str, reversed(found)))}"
        )
    return root / name / str(version)


def manifest(folder: Path) -> dict[str, Any]:
    """What a version says of its making. Raises InputError where it was damaged."""
    path = folder / "manifest.json"
    try:
        loaded = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} is damaged: {error}") from error
    if not isinstance(loaded, dict) or not set(loaded) >= _NEEDED:
        raise InputError(f"{path} is not the manifest of a version of curate")
    return loaded


def _whole(path: Path) -> bool:
    return path.is_dir() and not path.name.startswith(".") and (path / "manifest.json").is_file()
