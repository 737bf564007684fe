"""Bringing a version back from a Hub on loopback, and loading it from there with `datasets`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner, Result
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st

from curate.cli import main
from curate.publish.hub_files import ATTRIBUTES, allowed, foreign
from curate.publish.verify import sums

# The Hub's client sends files in a way that its own HTTP library calls outdated.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

REPO = "org/small"
HERE = Path("datasets/small/0.1.0")
LOAD = """
import json, sys
from datasets import load_dataset
loaded = load_dataset(sys.argv[1], revision=sys.argv[2])
print(json.dumps({split: rows.to_list() for split, rows in loaded.items()}))
"""


def curate(*args: str) -> Result:
    return CliRunner().invoke(main, args)


def done(*args: str) -> str:
    result = curate(*args)
    assert result.exit_code == 0, result.output
    return result.output


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.fixture
def pushed(hub: Any, version: Callable[..., Path]) -> dict[str, bytes]:
    """A version that is on the Hub and no longer here; its files."""
    version()
    done("push", "small", "--repo", REPO)
    had = contents(HERE)
    shutil.rmtree("datasets")
    return had


def left_over() -> list[str]:
    """All under `datasets` that is not a version."""
    found = Path("datasets").rglob(".*") if Path("datasets").exists() else iter(())
    return sorted(str(path) for path in found)


@pytest.mark.parametrize("private", ["--private", "--public"])
def test_pushed_and_loaded_by_its_tag_the_rows_are_those_that_were_published(
    hub: Any, version: Callable[..., Path], private: str
) -> None:
    """The commands and `load_dataset` each in a process of their own, with a cache of their own."""
    folder = version("publish.test=0.5")
    code = "from curate.cli import main; main()"
    at = [sys.executable, "-c", code, "push", "small", "--repo", REPO, private]
    push = subprocess.run(at, capture_output=True, text=True, check=False)
    assert push.returncode == 0, push.stderr
    environment = {key: value for key, value in os.environ.items() if key != "HF_TOKEN"}
    if private == "--private":
        environment["HF_TOKEN"] = "hf_read"
    load = subprocess.run(
        [sys.executable, "-c", LOAD, REPO, "v0.1.0"],
        capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip
    assert load.returncode == 0, load.stderr
    loaded = json.loads(load.stdout)
    for split, rows in loaded.items():
        assert rows == pl.read_parquet(folder / f"data/{split}-*.parquet").to_dicts()
    assert (
        sum(map(len, loaded.values()))
        == json.loads((folder / "manifest.json").read_text())["counts"]["live"]
    )
    assert hub.strangers == []


def test_a_pull_brings_back_the_very_files(hub: Any, pushed: dict[str, bytes]) -> None:
    assert "Pulled org/small into datasets/small/0.1.0" in done("pull", REPO)
    assert contents(HERE) == pushed
    assert left_over() == []
    done("show", "small")
    done("verify", "small")


def test_a_pulled_version_is_one_that_train_reads(hub: Any, pushed: dict[str, bytes]) -> None:
    from train.version import read

    done("pull", REPO)
    assert read(HERE).name == "small"
    assert read(HERE).train


def test_the_newest_version_comes_unless_another_is_asked_for(
    hub: Any, version: Callable[..., Path]
) -> None:
    version()
    version(hours="twelve")
    done("push", "small@0.1.0", "--repo", REPO)
    done("push", "small@0.2.0", "--repo", REPO)
    hub.repos[REPO].tags |= dict.fromkeys(("vNext", "9.0.0"), hub.repos[REPO].tags["v0.1.0"])
    shutil.rmtree("datasets")
    done("pull", REPO)
    assert [path.name for path in Path("datasets/small").iterdir()] == ["0.2.0"]
    done("pull", f"{REPO}@0.1.0")
    assert sorted(path.name for path in Path("datasets/small").iterdir()) == ["0.1.0", "0.2.0"]


def test_a_version_that_is_here_stays_as_it_is(
    hub: Any, pushed: dict[str, bytes], version: Callable[..., Path]
) -> None:
    done("pull", REPO)
    assert "already here" in done("pull", REPO)
    shutil.rmtree("datasets")
    other = contents(version(hours="twelve"))
    result = curate("pull", REPO)
    assert result.exit_code == 2
    assert "is here already, and its" in result.output
    assert contents(HERE) == other


def test_a_pull_that_was_cut_goes_on_and_nothing_stands_before_it_is_whole(
    hub: Any, pushed: dict[str, bytes]
) -> None:
    hub.faults["cdn"] = [None] + ["cut"] * 50
    result = curate("pull", REPO)
    assert result.exit_code == 1
    assert "run the same command again" in result.output
    assert not HERE.exists()
    assert "no dataset" in curate("show", "small").output
    hub.faults["cdn"] = []
    hub.steps.clear()
    done("pull", REPO)
    assert contents(HERE) == pushed
    parquet = sum(path.endswith(".parquet") for path in pushed)
    assert hub.steps["cdn"] < parquet, "what came before the cut is not fetched again"
    assert left_over() == []


@pytest.mark.parametrize("step", ["info", "refs", "tree", "resolve", "cdn"])
@pytest.mark.parametrize("fault", ["cut", "lost", "torn", (503, {})], ids=str)
def test_a_single_failure_in_any_step_is_got_over(
    hub: Any, pushed: dict[str, bytes], step: str, fault: Any
) -> None:
    hub.faults[step] = [fault]
    done("pull", REPO)
    assert contents(HERE) == pushed


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("org/none", "There is no dataset repository org/none"),
        (f"{REPO}@0.9.0", "no version 0.9.0"),
        (f"{REPO}@../..", "no version ../.."),
        ("small", "is no repository of the Hub"),
        ("../../etc", "is no repository of the Hub"),
    ],
)
def test_what_is_not_there_is_said(
    hub: Any, pushed: dict[str, bytes], spec: str, said: str
) -> None:
    result = curate("pull", spec)
    assert result.exit_code == 2
    assert said in result.output
    assert not Path("datasets").exists()


def test_another_name_than_the_repository_has_is_told(
    hub: Any, version: Callable[..., Path]
) -> None:
    version()
    done("push", "small", "--repo", "org/animals")
    shutil.rmtree("datasets")
    assert "org/animals holds the dataset 'small'" in done("pull", "org/animals")
    done("verify", "small")


def hostile(pushed: dict[str, bytes], **facts: Any) -> dict[str, bytes]:
    """The files of a version with other values in its manifest."""
    manifest = {**json.loads(pushed["manifest.json"]), **facts}
    return {**pushed, "manifest.json": json.dumps(manifest).encode()}


def resummed(files: dict[str, bytes], folder: Path) -> dict[str, bytes]:
    """The files with a manifest whose sums are theirs, as whoever makes a trap would."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return hostile(files, files=sums(folder))


def traps(pushed: dict[str, bytes], folder: Path) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Repositories that mean harm, and what is said of each."""
    for path in ("../../evil", "data/../../evil.md", "/etc/evil.md", "data\\..\\evil.md", "evil.py",
                 "data/evil.py", ".git/config", "a/b/c.parquet", "DATA/train-00000-of-00001.parquet",
                 "con:x.md", "readme.md", "\x1b[2J.md"):  # fmt: skip
        yield "which no version of curate does", {**pushed, path: b"x"}
    yield "has no manifest.json", {k: v for k, v in pushed.items() if k != "manifest.json"}
    for name in ("../../evil", "/evil", "", "a/b", ".hidden", "x" * 200, "a\nb"):
        yield "names the dataset", hostile(pushed, name=name)
    yield "says name 3", hostile(pushed, name=3)
    yield "holds version '9.9.9'", hostile(pushed, version="9.9.9")
    yield "says counts", hostile(pushed, counts="many")
    yield "counts that are no numbers", hostile(pushed, counts={"live": [1]})
    yield "is not that of a version", {**pushed, "manifest.json": b"[" * 200_000}
    yield "is not that of a version", {**pushed, "manifest.json": b"{}"}
    yield "does not hold what was published", hostile(pushed, content_digest="0" * 64)
    yield "does not hold what was published", {**pushed, "losses.jsonl": b"{}\n"}
    for where in ("https://evil.example/x.parquet", "../other/*.parquet", "/home/me/*.parquet"):
        front = f"---\nconfigs:\n- config_name: default\n  data_files: {where}\n---\n"
        card = {**pushed, "README.md": front.encode()}
        yield "names rows outside the version", resummed(card, folder)
    front = "---\nconfigs:\n- config_name: default\n  data_dir: /home/me\n---\n"
    yield "names rows outside", resummed({**pushed, "README.md": front.encode()}, folder)


def test_a_repository_that_means_harm_leaves_nothing_behind(
    hub: Any, hub_server: Any, pushed: dict[str, bytes], tmp_path: Path
) -> None:
    Path("datasets").mkdir()
    before = sorted(str(path) for path in tmp_path.rglob("*") if "home" not in path.parts)
    tries = list(traps(pushed, Path(os.environ["HF_HOME"]) / "trap"))
    for at, (said, files) in enumerate(tries):
        repo = hub.make(f"evil/small{at}", private=False)
        blobs = {
            path: hub_server.Blob(text, path.endswith(".parquet")) for path, text in files.items()
        }
        repo.tags["v0.1.0"] = repo.add(blobs, "a trap")
        result = curate("pull", f"evil/small{at}")
        assert result.exit_code == 2, (said, result.output, result.exception)
        assert said in result.output, result.output
        assert "\x1b" not in result.output
    after = sorted(str(path) for path in tmp_path.rglob("*") if "home" not in path.parts)
    assert after == before


def test_what_is_larger_than_allowed_or_than_it_says_is_not_taken(
    hub: Any, hub_server: Any, pushed: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    result = curate("pull", REPO, "--max-size", "0.000001")
    assert result.exit_code == 2
    assert "more than --max-size 1e-06" in result.output
    honest = hub_server.Blob.entry
    monkeypatch.setattr(
        hub_server.Blob, "entry", lambda blob, path: {**honest(blob, path), "size": 5}
    )
    result = curate("pull", REPO)
    assert result.exit_code == 2
    assert "is longer than the 5 bytes it should be" in result.output
    assert not HERE.exists()


@given(
    st.lists(st.sampled_from(["..", ".", "", "/", "\\\\", "data", "~", "C:", "a.md", "x.parquet"]))
)
def test_a_path_that_is_allowed_stays_inside(parts: list[str]) -> None:
    for path in ("/".join(parts), "".join(parts), "data/" + "".join(parts)):
        inside = Path("/v/1.0.0", path).resolve().is_relative_to("/v/1.0.0")
        assert not allowed(path) or (inside and path.count("/") <= 1 and not path.startswith("~"))


def test_two_pulls_of_one_version_do_not_mix(hub: Any, pushed: dict[str, bytes]) -> None:
    HERE.parent.mkdir(parents=True)
    with FileLock(HERE.parent / ".pull-0.1.0.lock"):
        result = curate("pull", REPO)
        assert result.exit_code == 1
        assert "Another pull of datasets/small/0.1.0 is at work" in result.output
        assert left_over() == ["datasets/small/.pull-0.1.0.lock"]
    done("pull", REPO)
    assert contents(HERE) == pushed


def test_every_file_of_a_version_may_be_pulled(version: Callable[..., Path]) -> None:
    assert foreign([*contents(version()), ATTRIBUTES]) == []


def test_offline_is_said(
    hub: Any, pushed: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    result = curate("pull", REPO)
    assert result.exit_code == 2
    assert "HF_HUB_OFFLINE is set" in result.output


def test_json_says_where_it_is(hub: Any, pushed: dict[str, bytes]) -> None:
    found = json.loads(done("pull", REPO, "--json"))
    assert (found["folder"], found["new"]) == (str(HERE), True)
    assert found["commit"] == hub.repos[REPO].tags["v0.1.0"]
