"""Where a run is written: what it may replace, and when."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from train import Model, finetune
from train.errors import TrainError


@pytest.fixture
def old(learned, tmp_path: Path) -> Path:
    """A finished run that may be replaced."""
    return Path(shutil.copytree(learned.folder, tmp_path / "old"))


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.mark.parametrize(
    "names", [["thesis.txt"], ["log.jsonl"], ["log.jsonl", "thesis.txt"], ["run.json"]]
)
def test_a_folder_that_is_no_run_is_never_replaced(
    command, version: Path, base: Path, tmp_path: Path, names: list[str]
) -> None:
    for name in names:
        (tmp_path / name).write_text('{"years": "of work"}')
    refused = command(version, "--base", base, "--out", tmp_path, "--overwrite")
    assert refused.code == 2
    assert "is there already and is no run: choose another with --out" in refused.err
    assert sorted(contents(tmp_path)) == sorted(names)


@pytest.mark.parametrize("name", ["thesis.txt", "notes/thesis.txt", ".part/thesis.txt"])
def test_a_run_with_something_else_in_it_is_not_replaced(
    command, version: Path, base: Path, old: Path, name: str
) -> None:
    (old / name).parent.mkdir(exist_ok=True)
    (old / name).write_text("years of work")
    before = contents(old)
    refused = command(version, "--base", base, "--out", old, "--overwrite")
    assert refused.code == 2
    assert f"holds what no run writes ({name.split('/')[0]}): choose another" in refused.err
    assert contents(old) == before


def test_a_run_does_not_replace_its_own_base(command, version: Path, old: Path) -> None:
    before = contents(old)
    refused = command(version, "--base", old, "--out", old, "--overwrite")
    assert refused.code == 2
    assert f"The base {old} lies in the run folder {old}: choose another with --out" in refused.err
    assert contents(old) == before


def test_a_base_in_the_folder_is_not_deleted(
    command, version: Path, base: Path, tmp_path: Path
) -> None:
    inner = Path(shutil.copytree(base, tmp_path / "holder/base"))
    (tmp_path / "holder/log.jsonl").touch()
    refused = command(version, "--base", inner, "--out", inner.parent, "--overwrite")
    assert refused.code == 2
    assert (inner / "model.safetensors").exists()


def test_an_old_run_outlives_a_new_one_that_fails(
    new_base, tokenizer, version: Path, base: Path, old: Path, tmp_path: Path
) -> None:
    before = contents(old)
    options = {"base": base, "out": old, "overwrite": True, "max_steps": 5}
    with pytest.raises(TrainError, match="The loss is nan"):
        finetune(version, learning_rate=1e30, **options)
    after = contents(old)
    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) == {".part/log.jsonl"}
    assert Model(old)("What does len do?") == "It counts items."
    assert finetune(version, **options).record.steps == 5
    assert set(contents(old)) == set(before)


def test_a_new_run_takes_the_place_of_all_of_the_old_one(
    version: Path, base: Path, old: Path
) -> None:
    (old / "model-00001-of-00002.safetensors").write_text("a shard of a larger model")
    finetune(version, base=base, out=old, overwrite=True, max_steps=1)
    assert "model-00001-of-00002.safetensors" not in contents(old)
    assert Model(old).record.steps == 1


def test_a_run_that_was_stopped_starts_anew_when_asked(
    command, version: Path, base: Path, tmp_path: Path
) -> None:
    (tmp_path / "run/.part").mkdir(parents=True)
    (tmp_path / "run/.part/log.jsonl").write_text("{}\n")
    args = (version, "--base", base, "--out", tmp_path / "run", "--max-steps", 1)
    refused = command(*args)
    assert refused.code == 2
    assert "holds a run already that was stopped or still goes on" in refused.err
    assert command(*args, "--overwrite").code == 0
    assert not (tmp_path / "run/.part").exists()
