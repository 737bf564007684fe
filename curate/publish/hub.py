"""A dataset repository on the Hugging Face Hub, as pushing and pulling see it.

Tokens come from where `huggingface_hub` looks for them (`HF_TOKEN`, `hf auth login`) and go to it
alone. What a server answers is not trusted: numbers of files and sizes are bounded.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from curate import __version__
from curate.errors import CurateError, InputError, UsageError
from curate.progress import Progress
from curate.publish.hub_client import bound, client, notes
from curate.publish.hub_errors import Passing, told
from curate.publish.version import Version, manifest

if TYPE_CHECKING:
    from huggingface_hub import RepoFile

MAIN = "main"
MANIFEST = "manifest.json"
_TRIES = 4
_FILES = 10_000
_MANIFEST_BYTES = 256 << 20
_COMMIT = re.compile(r"[0-9a-f]{40}")

T = TypeVar("T")


@dataclass(frozen=True)
class State:
    """What a repository is: who may see it, its newest commit, and its versions' commits."""

    private: bool
    head: str
    versions: dict[Version, str]


class Repository:
    """One dataset repository. Every call tries again what may pass, and raises CurateErrors."""

    writing = False

    def __init__(self, name: str, progress: Progress) -> None:
        from huggingface_hub import HfApi, get_token, set_client_factory
        from huggingface_hub.constants import is_offline_mode

        self.name = check_name(name)
        self.progress = progress
        if is_offline_mode():
            raise UsageError("HF_HUB_OFFLINE is set, so the Hub is not called. Unset it to go on")
        if self.writing and get_token() is None:
            raise UsageError(
                "Pushing needs a token of the Hub, and there is none. "
                "Log in with: hf auth login, or set HF_TOKEN"
            )
        set_client_factory(client)
        token = True if self.writing else None
        self.api = HfApi(token=token, library_name="curate", library_version=__version__)

    @property
    def url(self) -> str:
        """Where people find it."""
        return f"{self.api.endpoint}/datasets/{self.name}"

    def call(self, doing: str, act: Callable[[], T], tries: int = _TRIES) -> T:
        """What `act` gives, tried again while the failure may pass. Raises CurateError."""
        retrying = Retrying(
            stop=stop_after_attempt(tries),
            retry=retry_if_exception_type(Passing),
            wait=lambda state: pause(_failure(state), state.attempt_number),
            before_sleep=lambda state: self.progress.note(
                f"{_failure(state).brief}. Trying again …"
            ),
            reraise=True,
        )
        with notes(self.progress):
            return retrying(lambda: self._once(doing, act))

    def _once(self, doing: str, act: Callable[[], T]) -> T:
        try:
            return act()
        except CurateError:
            raise
        except Exception as error:
            if (known := told(error, doing, self.name, self.api.endpoint)) is None:
                raise
            raise known from error

    def state(self) -> State | None:
        """What the repository is; None where there is none, or the token may not see it."""
        from huggingface_hub.errors import RepositoryNotFoundError

        def look() -> State | None:
            try:
                info = self.api.dataset_info(self.name, revision=MAIN)
            except RepositoryNotFoundError as error:
                if error.response.status_code == 401:
                    raise
                return None
            refs = self.api.list_repo_refs(self.name, repo_type="dataset")
            found = {Version.parse(tag.name): tag for tag in refs.tags if tag.name[:1] == "v"}
            tags = {version: tag.target_commit for version, tag in found.items() if version}
            return State(info.private is not False, commit_id(info.sha), tags)

        return self.call("look at", look)

    def commit_of(self, revision: str) -> str:
        """The commit that a branch or tag names."""
        look = self.api.dataset_info
        return self.call("look at", lambda: commit_id(look(self.name, revision=revision).sha))

    def tree(self, commit: str) -> dict[str, RepoFile]:
        """Every file of a commit by its path, with size and digest."""
        from huggingface_hub import RepoFile

        def look() -> dict[str, RepoFile]:
            entries = self.api.list_repo_tree(
                self.name, recursive=True, revision=commit, repo_type="dataset"
            )
            found = list(islice(entries, _FILES + 1))
            if len(found) > _FILES:
                raise InputError(f"{self.name} has more than {_FILES} files: no version of curate")
            return {entry.path: _checked(entry) for entry in found if isinstance(entry, RepoFile)}

        return self.call("list the files of", look, tries=1)

    def manifest(self, commit: str, tree: dict[str, RepoFile]) -> dict[str, Any] | None:
        """What the version at a commit says of itself; None where there is none."""
        if MANIFEST not in tree:
            return None
        if tree[MANIFEST].size > _MANIFEST_BYTES:
            raise InputError(f"manifest.json of {self.name} has {tree[MANIFEST].size} bytes")
        with tempfile.TemporaryDirectory() as folder:
            self.download(commit, tree[MANIFEST], Path(folder))
            try:
                return manifest(Path(folder))
            except InputError as error:
                raise InputError(
                    f"{self.name} has a manifest.json that is not that of a version of curate"
                ) from error

    def download(self, commit: str, entry: RepoFile, folder: Path) -> None:
        """One file of a commit into a folder, no longer than the commit says."""
        from huggingface_hub import hf_hub_download

        def fetch() -> None:
            hf_hub_download(
                self.name,
                entry.path,
                repo_type="dataset",
                revision=commit,
                local_dir=folder,
                endpoint=self.api.endpoint,
                token=self.api.token,
                tqdm_class=bound(entry.path, entry.size),
            )

        self.call(f"download {entry.path} of", fetch, tries=2)


def check_name(name: str) -> str:
    """`name`, if it is one of a repository, such as org/name. Raises UsageError."""
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

    try:
        validate_repo_id(name)
    except HFValidationError as error:
        raise UsageError(f"{name!r} is no repository of the Hub: {error}") from error
    if name.count("/") != 1:
        raise UsageError(
            f"{name!r} is no repository of the Hub: expected ORG/NAME, where ORG is an "
            "organisation or yourself (who that is: hf auth whoami)"
        )
    return name


def pause(failure: Passing, attempt: int) -> float:
    """Seconds to wait before trying again: what the server asked for, or ever longer."""
    return float(2 ** (attempt - 1)) if failure.wait is None else failure.wait


def _failure(state: RetryCallState) -> Passing:
    failure = state.outcome.exception() if state.outcome else None
    assert isinstance(failure, Passing)  # noqa: S101 - no other is tried again
    return failure


def commit_id(commit: Any) -> str:
    """`commit`, if it is the id of one. Raises ValueError."""
    if not isinstance(commit, str) or not _COMMIT.fullmatch(commit):
        raise ValueError(f"{commit!r} is no commit")
    return commit


def _checked(entry: RepoFile) -> RepoFile:
    if not (isinstance(entry.path, str) and isinstance(entry.size, int) and entry.size >= 0):
        raise ValueError(f"a file without path or size: {entry.path!r}, {entry.size!r}")
    return entry
