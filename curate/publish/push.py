"""A version folder → one commit and a tag on the Hub.

    push(Path("datasets/mine/1.2.0"), "org/mine", progress)

Each step looks first at what is there already, so that a push that was cut is repeated whole:
files that the Hub has are not sent again, a commit that was made is not made twice, and a tag that
is missing is made. `main` holds the newest version; an older one is committed on a branch that is
deleted once the tag holds the commit.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.errors import CurateError
from curate.progress import Progress
from curate.publish.hub import MAIN, State, pause
from curate.publish.hub_errors import Conflict, Passing
from curate.publish.hub_files import ATTRIBUTES, differing
from curate.publish.hub_plan import Plan, held, plan, taken
from curate.publish.hub_write import Target

if TYPE_CHECKING:
    from huggingface_hub import RepoFile

    from curate.publish.hub_write import Change

_TRIES = 4


@dataclass(frozen=True)
class Pushed:
    """What came of a push: `status` is `pushed`, `tagged` or `already there`."""

    repo: str
    tag: str
    status: str
    commit: str
    url: str
    private: bool
    files: dict[str, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def push(folder: Path, repo: str, progress: Progress, *, private: bool = True) -> Pushed:
    """Bring a version to the Hub: one commit, then its tag.

    A repository that is not there is made, `private` or public; one that is there keeps its
    visibility. Raises InputError where its tag holds other content or the repository is another's,
    CurateError where the Hub fails.
    """
    wanted = plan(folder)
    hub = Target(repo, progress)
    state = _repository(hub, private)
    if wanted.version in state.versions:
        return _already(hub, wanted, state)
    branch = _branch(hub, wanted, state)
    commit, made = _commit(hub, wanted, branch)
    status = "pushed" if made else "tagged"
    try:
        hub.tag(wanted.tag, commit)
    except Conflict:  # by an answer that was lost, or by someone else
        commit = _already(hub, wanted, state).commit
    if branch != MAIN:
        _unbranch(hub, branch)
    return _done(hub, wanted, state, status, commit)


def _unbranch(hub: Target, branch: str) -> None:
    try:
        hub.unbranch(branch)
    except CurateError as error:
        hub.progress.note(f"{error}. The version is there; the branch {branch} can be deleted.")


def _done(hub: Target, wanted: Plan, state: State, status: str, commit: str) -> Pushed:
    url = f"{hub.url}/tree/{wanted.tag}"
    return Pushed(hub.name, wanted.tag, status, commit, url, state.private, wanted.sizes)


def _repository(hub: Target, private: bool) -> State:
    """The repository, made where it is not there; whoever asked is told when it looks otherwise."""
    state = hub.state()
    if state is None:
        hub.create(private)
        state = hub.state()
    if state is None:
        raise CurateError(f"{hub.name} was made but cannot be read: the token lacks that right")
    if state.private != private:
        is_, asked = ("private", "public") if state.private else ("public", "private")
        hub.progress.note(
            f"{hub.name} is {is_} and stays so, though this push is {asked}. "
            f"Change it at {hub.url}/settings"
        )
    return state


def _already(hub: Target, wanted: Plan, state: State) -> Pushed:
    """The push that was done before. Raises InputError where the tag holds other content."""
    commit = hub.commit_of(wanted.tag)
    tree = hub.tree(commit)
    if others := differing(wanted.files, tree):
        raise taken(hub, wanted, commit, tree, f"Tag {wanted.tag}", others)
    return _done(hub, wanted, state, "already there", commit)


def _branch(hub: Target, wanted: Plan, state: State) -> str:
    """Where to commit: `main`, unless it holds a newer version; then a branch beside it."""
    tree = hub.tree(state.head)
    known = (*state.versions, *held(hub, wanted, state.head, tree))
    if max(known, default=wanted.version) <= wanted.version:
        return MAIN
    name = f"curate-{wanted.tag}"
    hub.progress.note(f"{hub.name} has a newer version, which stays its newest.")
    hub.branch(name, state.head)
    return name


def _commit(hub: Target, wanted: Plan, branch: str) -> tuple[str, bool]:
    """A commit that holds exactly the version, and whether it was made now.

    After each failure that may pass, looks anew: the answer alone may have been lost. Someone
    else's commit in between is told, and tried upon once.
    """
    conflicts = 0
    for attempt in range(1, _TRIES + 1):
        head = hub.commit_of(branch)
        tree = hub.tree(head)
        if not differing(wanted.files, tree):
            return head, attempt > 1
        if any(held > wanted.version for held in held(hub, wanted, head, tree)) and branch == MAIN:
            raise Conflict(
                f"A newer version came to {hub.name} meanwhile. Run the same command again"
            )
        changes = _upload(hub, wanted, branch, tree)
        try:
            commit = hub.commit(changes, f"{wanted.name} {wanted.version}", branch, head)
            return _checked(hub, wanted, commit), True
        except Conflict as error:
            conflicts += 1
            if conflicts > 1:
                raise
            hub.progress.note(f"{error}. Trying once more, upon that …")
        except Passing as error:
            if attempt == _TRIES:
                raise
            hub.progress.note(f"{error.brief}. Looking again …")
            time.sleep(pause(error, attempt))
    raise AssertionError("the last try returns or raises")


def _upload(hub: Target, wanted: Plan, branch: str, tree: dict[str, RepoFile]) -> list[Change]:
    """The changes that make a commit out of the one before, with large files uploaded."""
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    additions = [CommitOperationAdd(name, str(path)) for name, path in wanted.files.items()]
    hub.upload(additions, branch)
    gone = sorted(tree.keys() - wanted.files.keys() - {ATTRIBUTES})
    return [*additions, *(CommitOperationDelete(name, is_folder=False) for name in gone)]


def _checked(hub: Target, wanted: Plan, commit: str) -> str:
    """`commit`, if it holds exactly the version."""
    if others := differing(wanted.files, hub.tree(commit)):
        raise CurateError(
            f"{hub.name} took the commit {commit[:8]} but holds another {others[0]}: not tagged"
        )
    return commit
