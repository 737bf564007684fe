"""Whether a version is what was published: every digest in its manifest computed anew.

    for fault in verify(Path("datasets/mine/0.1.0")):
        print(fault)

The manifest has the SHA-256 of every other file, and the content digest of the rows. It is itself
covered only so far: its name, version, counts and content digest must be those of the folder and
of the rows.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from curate.errors import InputError
from curate.provenance import content_digest
from curate.publish.sound import sha256
from curate.publish.trace import read_rows
from curate.publish.version import Version, locate, manifest

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a version."""

    path: str
    """The file, relative to the version folder; `data` for the rows as a whole."""

    what: str
    """`damaged`, `missing` or `foreign`."""

    why: str

    def __str__(self) -> str:
        return f"{self.path}: {self.what}, {self.why}"


def verify(folder: Path) -> list[Fault]:
    """All that is wrong with a version folder, files first, by path; nothing where it is whole."""
    if not (folder / MANIFEST).is_file():
        return [Fault(MANIFEST, "missing", "so this is no version")]
    try:
        facts = manifest(folder)
    except InputError as error:
        return [Fault(MANIFEST, "damaged", str(error))]
    known = facts.get("files")
    if not isinstance(known, dict) or not all(isinstance(each, str) for each in known.values()):
        return [Fault(MANIFEST, "damaged", "it does not list the sums of the files")]
    faults = list(_files(folder, known))
    # What is damaged is not handed to a reader of Parquet: some bytes make it end the process.
    if not any(fault.path.startswith("data/") for fault in faults):
        faults += _rows(folder, facts)
    if Version.parse(folder.name) and facts["version"] != folder.name:
        faults.append(Fault(MANIFEST, "damaged", f"it says version {facts['version']}"))
    return faults


def wanted(spec: str | None, root: Path) -> list[Path]:
    """The folders to verify: of `NAME@1.0.0`, or of a path; all versions of `NAME`; or all.

    Folders with the name of a version count even where their manifest is gone. Raises InputError
    where a name stands for nothing.
    """
    if spec is None:
        return [folder for each in sorted(_folders(root)) for folder in _versions(each)]
    name, at, version = spec.partition("@")
    one = root / name / version.removeprefix("v") if at else Path(spec)
    if Version.parse(one.name) and one.is_dir():
        return [one]
    return ([] if at else _versions(root / name)) or [locate(spec, root)]


def _versions(folder: Path) -> list[Path]:
    found = [(Version.parse(each.name), each) for each in _folders(folder)]
    return [each for _, each in sorted((v, each) for v, each in found if v)]


def _folders(folder: Path) -> list[Path]:
    return [each for each in folder.iterdir() if each.is_dir()] if folder.is_dir() else []


def sums(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of a version but its manifest, by path relative to the folder."""
    return {name: sha256(folder / name) for name in _found(folder) if name != MANIFEST}


def _files(folder: Path, known: dict[str, str]) -> Iterator[Fault]:
    found = {name for name in _found(folder) if name != MANIFEST}
    for name in sorted(found | known.keys()):
        if name not in found:
            yield Fault(name, "missing", "the manifest lists it")
        elif name not in known:
            yield Fault(name, "foreign", "the manifest does not list it")
        else:
            yield from _damage(folder, name, known[name])


def _damage(folder: Path, name: str, expected: str) -> Iterator[Fault]:
    try:
        actual = sha256(folder / name)
    except OSError as error:
        yield Fault(name, "damaged", f"it cannot be read: {error.strerror}")
        return
    if actual != expected:
        yield Fault(name, "damaged", f"its SHA-256 is {actual}, published was {expected}")


def _rows(folder: Path, facts: dict[str, Any]) -> Iterator[Fault]:
    try:
        rows = read_rows(folder, "data")
        content, height = content_digest(rows), rows.height
    except (InputError, pl.exceptions.PolarsError) as error:
        yield Fault("data", "damaged", f"the rows cannot be read: {error}")
        return
    if content != facts["content_digest"]:
        said = facts["content_digest"]
        yield Fault(
            "data", "damaged", f"the rows' content digest is {content}, published was {said}"
        )
    if facts["counts"].get("live") != height:
        said = facts["counts"].get("live")
        yield Fault("data", "damaged", f"there are {height} rows, published were {said}")


def _found(folder: Path) -> Iterator[str]:
    """Every file in a folder, and links to folders, which a version has none of."""
    for at, folders, files in os.walk(folder):
        links = [name for name in folders if (Path(at) / name).is_symlink()]
        for name in (*files, *links):
            yield (Path(at) / name).relative_to(folder).as_posix()
