"""A version on the Hub → `datasets/NAME/VERSION`, whole and verified, or not at all.

    pull("org/mine@1.2.0", Path("datasets"), progress)

A repository is someone else's: its file names, sizes and manifest are checked before they are used,
its files against the digests of the commit and of the manifest. It is fetched into a hidden folder
beside its place, which a pull that was cut leaves for the next one to go on with.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from curate.disk import flush
from curate.errors import CurateError, InputError, LockedError
from curate.progress import Progress
from curate.publish.hub import MANIFEST, Repository, check_name
from curate.publish.hub_files import ATTRIBUTES, differing, files, foreign
from curate.publish.hub_trust import check_card, check_facts
from curate.publish.verify import verify
from curate.publish.version import Version
from curate.registry import nearest

if TYPE_CHECKING:
    from huggingface_hub import RepoFile

GIGABYTE = 1_000_000_000


@dataclass(frozen=True)
class Pulled:
    """A version that is here now; `new` is False where it was before."""

    repo: str
    name: str
    version: str
    folder: Path
    commit: str
    new: bool

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "folder": str(self.folder)}


def pull(spec: str, root: Path, progress: Progress, *, most: float = 20) -> Pulled:
    """Bring `ORG/NAME`, or `ORG/NAME@1.2.0`, under the folder `root`; by default the newest.

    `most`: gigabytes that it may have. Raises InputError where there is no such version, where the
    repository holds what no version of curate does, or where that version is here with other
    content; CurateError where the Hub fails. Then nothing is changed.
    """
    repo, _, wanted = spec.partition("@")
    hub = Repository(check_name(repo), progress)
    version = _choose(hub, wanted)
    commit = hub.commit_of(f"v{version}")
    tree = {path: entry for path, entry in hub.tree(commit).items() if path != ATTRIBUTES}
    _check_tree(hub, tree, most)
    facts = check_facts(hub.manifest(commit, tree) or {}, f"{repo}@{version}")
    name = facts["name"]
    if facts["version"] != str(version):
        raise InputError(f"Tag v{version} of {repo} holds version {facts['version']!r}")
    folder = root / name / str(version)
    if name != repo.split("/")[1]:
        progress.note(f"{repo} holds the dataset {name!r}: it goes to {folder}.")
    done = Pulled(repo, name, str(version), folder, commit, new=False)
    if folder.exists():
        _check_here(folder, repo, tree)
        return done
    _fetch(hub, commit, tree, folder)
    return Pulled(repo, name, str(version), folder, commit, new=True)


def _choose(hub: Repository, wanted: str) -> Version:
    """The version that is wanted, or the newest. Raises InputError, naming what there is."""
    state = hub.state()
    if state is None:
        raise InputError(
            f"There is no dataset repository {hub.name} at {hub.api.endpoint}, or it is private "
            "and the token may not see it (hf auth login)"
        )
    if not state.versions:
        raise InputError(f"{hub.name} has no version: no tag such as v1.2.0. Make one: curate push")
    if not wanted:
        return max(state.versions)
    version = Version.parse(wanted)
    if version not in state.versions:
        known = [str(version) for version in sorted(state.versions, reverse=True)]
        raise InputError(f"{hub.name} has no version {wanted}. {nearest(wanted, known)}")
    return version


def _check_tree(hub: Repository, tree: dict[str, RepoFile], most: float) -> None:
    """Raise InputError where a commit holds what no version does, or too much."""
    if others := foreign(tree):
        raise InputError(
            f"{hub.name} holds {others[0]!r}, which no version of curate does. Nothing was pulled"
        )
    if MANIFEST not in tree:
        raise InputError(f"{hub.name} has no manifest.json at that tag: no version of curate")
    size = sum(entry.size for entry in tree.values())
    if size > most * GIGABYTE:
        raise InputError(
            f"{hub.name} has {size / GIGABYTE:.1f} GB, more than --max-size {most:g}. Raise that"
        )


def _check_here(folder: Path, repo: str, tree: dict[str, RepoFile]) -> None:
    """Raise InputError where the version that is here has other content."""
    if others := differing(files(folder), tree):
        raise InputError(
            f"{folder} is here already, and its {others[0]} is not that of {repo}. "
            "A version never changes: move yours away, or pull into another folder"
        )


def _fetch(hub: Repository, commit: str, tree: dict[str, RepoFile], folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = folder.parent / f".pull-{folder.name}-{commit[:12]}"
    lock = folder.parent / f".pull-{folder.name}.lock"
    try:
        with FileLock(lock, timeout=0):
            try:
                _place(hub, commit, tree, partial, folder)
            finally:
                _tidy(folder, lock)
    except Timeout as error:
        raise LockedError(f"Another pull of {folder} is at work. Wait for it") from error
    except OSError as error:
        raise CurateError(f"could not write {folder}: {error}. No version was changed") from error


def _place(
    hub: Repository, commit: str, tree: dict[str, RepoFile], partial: Path, folder: Path
) -> None:
    try:
        _download(hub, commit, tree, partial)
        _check_whole(hub, tree, partial)
    except InputError:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    for path in partial.rglob("*"):
        flush(path)
    os.rename(partial, folder)
    flush(folder.parent)


def _download(hub: Repository, commit: str, tree: dict[str, RepoFile], partial: Path) -> None:
    partial.mkdir(exist_ok=True)
    size = sum(entry.size for entry in tree.values())
    free = shutil.disk_usage(partial).free
    if size > free:
        raise CurateError(f"{hub.name} has {size} bytes and the disk {free} left. Make room first")
    with hub.progress.bar("pull", len(tree)) as advance:
        for path, entry in tree.items():
            hub.download(commit, entry, partial)
            advance(1, told=path)


def _check_whole(hub: Repository, tree: dict[str, RepoFile], partial: Path) -> None:
    """Raise InputError where what came is not the commit, or not what was published."""
    shutil.rmtree(partial / ".cache", ignore_errors=True)  # the Hub's client's
    if others := differing(files(partial), tree):
        raise InputError(f"{others[0]} of {hub.name} came damaged. Run the same command again")
    if faults := verify(partial):
        raise InputError(f"{hub.name} does not hold what was published: {faults[0]}")
    check_card(partial / "README.md", hub.name)


def _tidy(folder: Path, lock: Path) -> None:
    """Remove what is of no use any more once a version stands, or an empty folder of its name."""
    if folder.is_dir():
        for left in folder.parent.glob(f".pull-{folder.name}-*"):
            shutil.rmtree(left, ignore_errors=True)
    lock.unlink(missing_ok=True)
    if not any(folder.parent.iterdir()):
        folder.parent.rmdir()
