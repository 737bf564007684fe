"""What a push does to a repository on the Hub: make it, upload, commit, tag, branch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from curate.publish.hub import Repository, commit_id

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    Change: TypeAlias = CommitOperationAdd | CommitOperationDelete


class Target(Repository):
    """A repository to push to. Needs a token: raises UsageError where there is none."""

    writing = True

    def create(self, private: bool) -> None:
        """Make the repository; nothing where it has been made meanwhile."""

        def make() -> None:
            self.api.create_repo(self.name, private=private, repo_type="dataset", exist_ok=True)

        self.call("create", make)

    def upload(self, additions: list[CommitOperationAdd], branch: str) -> None:
        """Upload the contents of large files; those that the Hub has already are not sent again.

        The Hub's client itself tries each request again.
        """

        def send() -> None:
            self.api.preupload_lfs_files(
                self.name,
                additions,
                repo_type="dataset",
                revision=branch,
                free_memory=False,
                gitignore_content="",
            )

        self.call("upload files to", send, tries=1)

    def commit(self, changes: Sequence[Change], title: str, branch: str, parent: str) -> str:
        """Commit once, if `parent` is still the newest commit. Raises Conflict where it is not.

        Not tried again here: who commits must look whether only the answer was lost.
        """

        def make() -> str:
            made = self.api.create_commit(
                self.name,
                changes,
                commit_message=title,
                repo_type="dataset",
                revision=branch,
                parent_commit=parent,
            )
            return commit_id(made.oid)

        return self.call("commit to", make, tries=1)

    def tag(self, name: str, commit: str) -> None:
        """Tag a commit. Raises Conflict where there is such a tag."""

        def make() -> None:
            self.api.create_tag(self.name, tag=name, revision=commit, repo_type="dataset")

        self.call("tag", make)

    def branch(self, name: str, commit: str) -> None:
        """Make a branch; nothing where it has been made."""

        def make() -> None:
            self.api.create_branch(
                self.name, branch=name, revision=commit, repo_type="dataset", exist_ok=True
            )

        self.call("branch", make)

    def unbranch(self, name: str) -> None:
        """Delete a branch; its commits stay where a tag names them."""

        def drop() -> None:
            self.api.delete_branch(self.name, branch=name, repo_type="dataset")

        self.call("delete a branch of", drop)
