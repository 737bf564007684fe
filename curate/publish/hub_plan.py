"""What a push sends, and what it must not replace."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from curate.errors import InputError
from curate.publish.hub import Repository
from curate.publish.hub_files import ATTRIBUTES, differing, files, foreign
from curate.publish.verify import verify
from curate.publish.version import Version, manifest

if TYPE_CHECKING:
    from huggingface_hub import RepoFile

_STARTERS = {ATTRIBUTES, "README.md", "LICENSE"}  # what the Hub's own pages put into a new one


@dataclass(frozen=True)
class Plan:
    """What a push sends: a whole version, and the tag for it."""

    name: str
    version: Version
    content: str
    files: dict[str, Path]

    @property
    def tag(self) -> str:
        """`v1.2.0`."""
        return f"v{self.version}"

    @property
    def sizes(self) -> dict[str, int]:
        """Bytes of each file."""
        return {name: path.stat().st_size for name, path in self.files.items()}


def plan(folder: Path) -> Plan:
    """What pushing a version folder would send. Calls nobody.

    Raises InputError where the folder is not what was published.
    """
    facts = manifest(folder)
    if faults := verify(folder):
        raise InputError(
            f"{folder} is not what was published, so it is not pushed: {faults[0]}"
            + (f" (and {len(faults) - 1} more)" if len(faults) > 1 else "")
        )
    version = Version.parse(str(facts["version"]))
    if version is None:
        raise InputError(f"{folder}: its version is {facts['version']!r}, expected one like 1.2.0")
    return Plan(str(facts["name"]), version, str(facts["content_digest"]), files(folder))


def held(
    hub: Repository, wanted: Plan, commit: str, tree: dict[str, RepoFile]
) -> tuple[Version, ...]:
    """The version that a commit holds, if any.

    Raises InputError where it holds what no version does, or another dataset: it would be replaced.
    """
    if tree.keys() <= _STARTERS:
        return ()
    facts = hub.manifest(commit, tree)
    others = [path for path in foreign(tree) if path not in _STARTERS]
    if facts is None or others:
        path = others[0] if others else min(tree.keys() - _STARTERS)
        raise InputError(
            f"{hub.name} holds {path}, which curate did not put there, and a push replaces all "
            "that there is. Push to a repository of its own, or delete it there first"
        )
    if facts["name"] != wanted.name:
        raise _another(hub, wanted, facts["name"])
    found = Version.parse(str(facts["version"]))
    if found == wanted.version and (others := differing(wanted.files, tree)):
        raise taken(hub, wanted, commit, tree, "The newest commit", others)
    return (found,) if found else ()


def taken(
    hub: Repository,
    wanted: Plan,
    commit: str,
    tree: dict[str, RepoFile],
    what: str,
    others: list[str],
) -> InputError:
    """The error where a version of this number is there with `others`, the files that differ."""
    facts = hub.manifest(commit, tree) or {}
    if facts and facts["name"] != wanted.name:
        return _another(hub, wanted, facts["name"])
    rows = "the same rows" if facts.get("content_digest") == wanted.content else "other rows"
    shown = ", ".join(others[:3]) + (f" and {len(others) - 3} more" if len(others) > 3 else "")
    return InputError(
        f"{what} of {hub.name} holds {wanted.version} already, with {rows} and another {shown}. "
        "A version never changes: publish yours as the next one (curate publish --bump patch), "
        "or push to another repository"
    )


def _another(hub: Repository, wanted: Plan, name: object) -> InputError:
    return InputError(
        f"{hub.name} holds another dataset, {name!r:.80}, and a push replaces all that there is. "
        f"Push {wanted.name} to a repository of its own"
    )
