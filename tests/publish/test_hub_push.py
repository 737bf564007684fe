"""Pushing a version to a Hub on loopback, through the Hub's real client."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from curate.cli import main

# The Hub's client sends files in a way that its own HTTP library calls outdated.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

REPO = "org/small"


def curate(*args: str) -> Result:
    return CliRunner().invoke(main, args)


def done(*args: str) -> str:
    result = curate(*args)
    assert result.exit_code == 0, result.output
    return result.output


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def held(hub: Any, revision: str, repo: str = REPO) -> dict[str, bytes]:
    """What the repository holds at a revision, without the Hub's own file."""
    found = hub.repos[repo].at(revision)
    return {path: content for path, content in found.items() if path != ".gitattributes"}


def test_a_push_is_one_commit_and_a_tag(hub: Any, version: Callable[..., Path]) -> None:
    folder = version()
    text = done("push", "small", "--repo", REPO)
    repo = hub.repos[REPO]
    assert held(hub, "v0.1.0") == contents(folder)
    assert repo.titles == ["initial commit", "small 0.1.0"]
    assert repo.tags["v0.1.0"] == repo.branches["main"]
    assert repo.private
    assert f"{hub.url}/datasets/{REPO}/tree/v0.1.0" in text
    stored = {path for path, blob in repo.commits[repo.tags["v0.1.0"]].items() if blob.lfs}
    assert stored == {path for path in contents(folder) if path.endswith(".parquet")}
    assert hub.strangers == []


def test_files_that_are_large_go_in_parts(hub: Any, version: Callable[..., Path]) -> None:
    folder = version()
    hub.part_size = 3000
    done("push", "small", "--repo", REPO)
    assert held(hub, "v0.1.0") == contents(folder)
    assert hub.steps["part"] > 2 * hub.steps["complete"] > 0


def test_the_same_again_says_so_and_sends_nothing(hub: Any, version: Callable[..., Path]) -> None:
    version()
    done("push", "small", "--repo", REPO)
    hub.steps.clear()
    assert "already there" in done("push", "small@0.1.0", "--repo", REPO)
    assert not {"create", "upload", "commit", "tag"} & set(hub.steps)


def test_what_the_version_before_had_and_this_one_has_not_goes(
    hub: Any, version: Callable[..., Path]
) -> None:
    version()
    done("push", "small", "--repo", REPO)
    second = version("publish.documents=false", hours="twelve")
    assert second.name == "0.2.0"
    done("push", "small", "--repo", REPO)
    assert held(hub, "v0.2.0") == contents(second)
    assert not any(path.startswith("documents/") for path in held(hub, "v0.2.0"))
    assert any(path.startswith("documents/") for path in held(hub, "v0.1.0"))
    assert hub.repos[REPO].titles[1:] == ["small 0.1.0", "small 0.2.0"]


FAULTS = [
    (step, fault)
    for step in ("create", "info", "refs", "tree", "validate", "preupload", "batch", "upload", "commit", "tag")
    for fault in ("cut", "lost", "torn", (503, {}))
    if not (step == "upload" and fault == "torn")  # its answer is not read
]  # fmt: skip


@pytest.mark.parametrize(("step", "fault"), FAULTS, ids=[f"{s}-{f}" for s, f in FAULTS])
def test_a_single_failure_in_any_step_is_got_over(
    hub: Any, version: Callable[..., Path], step: str, fault: Any
) -> None:
    folder = version()
    hub.faults[step] = [fault]
    done("push", "small", "--repo", REPO)
    assert hub.faults[step] == []
    assert held(hub, "v0.1.0") == contents(folder)
    assert hub.repos[REPO].titles == ["initial commit", "small 0.1.0"]


CUTS = [step for step in dict(FAULTS) if step != "create"]


@pytest.mark.parametrize("step", CUTS)
def test_a_push_that_is_cut_for_good_and_repeated_is_one_commit_and_a_tag(
    hub: Any, version: Callable[..., Path], step: str
) -> None:
    folder = version()
    hub.faults[step] = [None] * (step == "upload") + ["cut"] * 50
    cut = curate("push", "small", "--repo", REPO)
    assert cut.exit_code == 1
    assert "run the same command again" in cut.output
    assert "hf_write" not in cut.output
    assert "signature" not in cut.output
    sent = list(hub.sent)
    hub.faults[step] = []
    done("push", "small", "--repo", REPO)
    assert held(hub, "v0.1.0") == contents(folder)
    assert hub.repos[REPO].titles == ["initial commit", "small 0.1.0"]
    assert hub.repos[REPO].tags.keys() == {"v0.1.0"}
    assert len(set(hub.sent)) == len(hub.sent), "no file is sent twice"
    assert step != "upload" or sent, "one file went before the cut"


@pytest.mark.parametrize(("step", "status"), [("upload", "Pushed"), ("commit", "tagged")])
def test_a_push_that_was_killed_is_gone_on_with(
    hub: Any, version: Callable[..., Path], step: str, status: str
) -> None:
    folder = version()
    code = "from curate.cli import main; main()"
    command = [sys.executable, "-c", code, "push", "small", "--repo", REPO]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:

        def kill() -> None:
            process.kill()
            process.wait()

        hub.meanwhile[step] = kill
    assert process.returncode == -signal.SIGKILL
    wait_for(lambda: step != "commit" or len(hub.repos[REPO].titles) == 2)  # the server's last
    assert hub.repos[REPO].tags == {}
    assert status in done("push", "small", "--repo", REPO)
    assert held(hub, "v0.1.0") == contents(folder)
    assert hub.repos[REPO].titles == ["initial commit", "small 0.1.0"]


def wait_for(true: Callable[[], bool]) -> None:
    for _ in range(500):
        if true():
            return
        time.sleep(0.01)
    raise AssertionError("it did not come")


def test_where_only_the_tag_is_missing_only_the_tag_is_made(
    hub: Any, version: Callable[..., Path]
) -> None:
    version()
    done("push", "small", "--repo", REPO)
    del hub.repos[REPO].tags["v0.1.0"]
    hub.steps.clear()
    assert "tagged it v0.1.0" in done("push", "small", "--repo", REPO)
    assert hub.steps["tag"] == 1
    assert not {"upload", "commit"} & set(hub.steps)
    assert hub.repos[REPO].tags["v0.1.0"] == hub.repos[REPO].branches["main"]


def test_a_tag_with_other_content_is_refused(hub: Any, version: Callable[..., Path]) -> None:
    folder = version()
    done("push", "small", "--repo", REPO)
    before = held(hub, "v0.1.0")
    shutil.rmtree(folder)
    version(hours="twelve")
    result = curate("push", "small", "--repo", REPO)
    assert result.exit_code == 2
    assert "holds 0.1.0 already, with other rows" in result.output
    assert "--bump" in result.output
    del hub.repos[REPO].tags["v0.1.0"]  # nor where its push was cut before the tag
    assert "holds 0.1.0 already" in curate("push", "small", "--repo", REPO).output
    assert held(hub, "main") == before


def test_an_older_version_does_not_take_the_place_of_the_newest(
    hub: Any, version: Callable[..., Path]
) -> None:
    first, second = version(), version(hours="twelve")
    done("push", "small@0.2.0", "--repo", REPO)
    assert "newer version" in done("push", "small@0.1.0", "--repo", REPO)
    assert held(hub, "v0.1.0") == contents(first)
    assert held(hub, "v0.2.0") == held(hub, "main") == contents(second)
    assert set(hub.repos[REPO].branches) == {"main"}

    del hub.repos[REPO].tags["v0.1.0"]  # a push that was cut after its commit beside main
    hub.repos[REPO].branches["curate-v0.1.0"] = before = list(hub.repos[REPO].commits)[-1]
    assert "tagged it v0.1.0" in done("push", "small@0.1.0", "--repo", REPO)
    assert hub.repos[REPO].tags["v0.1.0"] == before
    assert "already there" in done("push", "small@0.1.0", "--repo", REPO)


def test_a_repository_of_something_else_is_not_replaced(
    hub: Any, version: Callable[..., Path]
) -> None:
    version()
    hub.make(REPO, **{"mine.csv": b"a,b", "README.md": b"mine"})
    result = curate("push", "small", "--repo", REPO)
    assert result.exit_code == 2
    assert "mine.csv, which curate did not put there" in result.output
    done("push", "small", "--repo", "org/own")
    version("name=other")
    other = curate("push", "other", "--repo", "org/own")
    assert other.exit_code == 2
    assert "another dataset, 'small'" in other.output


def test_a_commit_that_came_in_between_is_told_and_tried_upon_once(
    hub: Any, hub_server: Any, version: Callable[..., Path]
) -> None:
    folder = version()
    repo = hub.make(REPO)

    def someone(text: bytes = b"mine") -> None:
        files = dict(repo.commits[repo.branches["main"]])
        repo.add({**files, "README.md": hub_server.Blob(text, False)}, f"by someone {text!r}")

    hub.meanwhile["commit"] = someone
    text = done("push", "small", "--repo", REPO)
    assert "Someone else has changed org/small meanwhile. Trying once more" in text
    assert held(hub, "v0.1.0") == contents(folder)
    assert repo.titles[-1] == "small 0.1.0"
    assert repo.titles[-2].startswith("by someone")

    version(hours="twelve")
    hub.faults["commit"] = [(412, {})] * 2
    result = curate("push", "small", "--repo", REPO)
    assert result.exit_code == 1
    assert result.output.count("Trying once more") == 1


def test_two_pushes_of_one_version_that_differ_do_not_mix(
    hub: Any, hub_server: Any, version: Callable[..., Path]
) -> None:
    theirs = contents(version())
    shutil.rmtree("datasets")
    version(hours="twelve")
    repo = hub.make(REPO)
    blobs = {path: hub_server.Blob(content, False) for path, content in theirs.items()}
    hub.meanwhile["commit"] = lambda: repo.add(blobs, "small 0.1.0 of theirs")
    result = curate("push", "small", "--repo", REPO)
    assert result.exit_code == 2
    assert "holds 0.1.0 already, with other rows" in result.output
    assert held(hub, "main") == theirs


def test_it_is_private_unless_asked_and_a_repository_keeps_its_visibility(
    hub: Any, version: Callable[..., Path]
) -> None:
    version()
    done("push", "small", "--repo", "org/open", "--public")
    assert not hub.repos["org/open"].private
    version(hours="twelve")
    text = done("push", "small", "--repo", "org/open")
    assert "org/open is public and stays so" in text
    assert "(public)" in text
    assert not hub.repos["org/open"].private


def test_a_dry_run_lists_what_would_go_and_calls_nobody(
    hub: Any, version: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = version()
    monkeypatch.delenv("HF_TOKEN")
    text = done("push", "small", "--repo", REPO, "--dry-run")
    assert all(path in text for path in contents(folder))
    assert "org/small as v0.1.0" in text
    assert "private" in text
    found = json.loads(done("push", "small", "--repo", REPO, "--dry-run", "--json"))
    assert found["files"] == {path: len(content) for path, content in contents(folder).items()}
    assert not hub.steps


def test_json_says_what_was_done(hub: Any, version: Callable[..., Path]) -> None:
    version()
    found = json.loads(done("push", "small", "--repo", REPO, "--json"))
    assert found["commit"] == hub.repos[REPO].tags["v0.1.0"]
    assert (found["status"], found["tag"], found["private"]) == ("pushed", "v0.1.0", True)


@pytest.mark.parametrize(
    ("step", "fault", "said"),
    [
        ("create", (403, {}), "the role `write`"),
        ("commit", (403, {}), "the role `write`"),
        ("info", (401, {}), "hf auth login"),
        ("commit", (429, {"Retry_After": "3600"}), "it asks to wait 3600 seconds"),
        ("commit", (413, {}), "the server's own words"),
        ("refs", (503, {}), "The Hub is not well"),
    ],
)
def test_a_refusal_says_what_to_do(
    hub: Any, version: Callable[..., Path], step: str, fault: Any, said: str
) -> None:
    version()
    hub.faults[step] = [fault] * 10
    result = curate("push", "small", "--repo", REPO)
    assert result.exit_code == 1
    assert said in result.output
    assert "hf_write" not in result.output


def test_it_waits_as_long_as_the_server_asks(hub: Any, version: Callable[..., Path]) -> None:
    version()
    hub.faults["commit"] = [(429, {"Retry_After": "7"})]
    done("push", "small", "--repo", REPO)
    assert hub.waits == [7.0]


@pytest.mark.parametrize(
    ("token", "code", "said"),
    [
        (None, 2, "hf auth login"),
        ("hf_read", 1, "the role `write`"),
        ("hf_wrong", 1, "The token is not valid"),
    ],
)
def test_the_token_comes_from_the_usual_places_and_is_never_shown(
    hub: Any,
    version: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    token: str | None,
    code: int,
    said: str,
) -> None:
    version()
    monkeypatch.delenv("HF_TOKEN")
    if token:
        monkeypatch.setenv("HF_TOKEN", token)
    result = curate("push", "small", "--repo", REPO)
    assert result.exit_code == code
    assert said in result.output
    assert token is None or token not in result.output
    assert not hub.repos


def test_a_server_without_xet_storage_is_told_with_the_way_round(
    hub: Any, version: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    version()
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", False)
    result = curate("push", "small", "--repo", REPO)
    assert result.exit_code == 1
    assert "set HF_HUB_DISABLE_XET=1" in result.output
    assert "hf_write" not in result.output


def test_offline_is_said(
    hub: Any, version: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    version()
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    result = curate("push", "small", "--repo", REPO)
    assert result.exit_code == 2
    assert "HF_HUB_OFFLINE is set" in result.output
    assert not hub.steps


@pytest.mark.parametrize("repo", ["small", "a/b/c", "../x", "org/sm all", "org/-x"])
def test_a_name_that_is_no_repository_is_refused(
    hub: Any, version: Callable[..., Path], repo: str
) -> None:
    version()
    result = curate("push", "small", "--repo", repo)
    assert result.exit_code == 2
    assert "is no repository of the Hub" in result.output
    assert not hub.steps


def test_a_version_that_was_changed_is_not_pushed(hub: Any, version: Callable[..., Path]) -> None:
    folder = version()
    (folder / "losses.jsonl").write_text("{}\n", encoding="utf-8")
    result = curate("push", "small", "--repo", REPO)
    assert result.exit_code == 2
    assert "losses.jsonl" in result.output
    assert not hub.steps


def test_what_a_server_says_cannot_steer_the_terminal(
    hub: Any, version: Callable[..., Path]
) -> None:
    version()
    hub.words = "\x1b[2J token hf_write"
    hub.faults["commit"] = [(400, {})]
    result = curate("push", "small", "--repo", REPO)
    assert result.exit_code == 1
    assert "\x1b" not in result.output
    assert "token <token>" in result.output
