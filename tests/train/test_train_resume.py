"""A run that is stopped anywhere goes on to the very weights of one that was not."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from train import finetune
from train.errors import UsageError
from train.trainer import TokenTrainer

ROOT = Path(__file__).parents[2]
FACTS = [(f"What is {i}?", "", f"The number {i}, and {i + 1} follows.") for i in range(7)]


class Stopped(BaseException):
    """As a kill would: nothing catches it."""


def weights(folder: Path) -> bytes:
    return (folder / "model.safetensors").read_bytes()


def losses(folder: Path) -> list[float]:
    return [json.loads(line)["loss"] for line in (folder / "log.jsonl").read_text().splitlines()]


def stop_at(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    log = TokenTrainer.log

    def stopping(self, logs, start_time=None):
        log(self, logs, start_time)
        if "loss" in logs and self.state.global_step == step:
            raise Stopped

    monkeypatch.setattr(TokenTrainer, "log", stopping)


def cut(
    version: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, step: int, options: dict
) -> None:
    """Begin a run that is stopped at a step."""
    with monkeypatch.context() as patched:
        stop_at(patched, step)
        with pytest.raises(Stopped):
            finetune(version, out=folder, **options)


@pytest.fixture
def numbers(new_version, tmp_path: Path) -> Path:
    return new_version(tmp_path / "numbers/1.0.0", FACTS, [("What is 9?", "", "The number 9.")])


@pytest.mark.parametrize(
    ("step", "more"),
    [
        (7, {}),
        (5, {"save_every": 3, "accumulate": 2}),
        (6, {"lora": 4}),
    ],
)
def test_a_stopped_run_goes_on_as_if_it_had_not_been(
    numbers: Path,
    base: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: int,
    more: dict,
) -> None:
    options = {"base": str(base), "pack_length": 110, "epochs": 2.5, "learning_rate": 0.01}
    options |= {"save_every": 1} | more
    whole = finetune(numbers, out=tmp_path / "whole", **options)
    cut(numbers, tmp_path / "cut", monkeypatch, step, options)
    said: list[str] = []
    again = finetune(numbers, out=tmp_path / "cut", resume=True, say=said.append, **options)
    assert any(line.startswith("Going on from step") for line in said)
    assert weights(again.folder) == weights(whole.folder)
    assert losses(again.folder) == losses(whole.folder)
    assert again.record.test_loss == whole.record.test_loss
    assert again.record.tokens == whole.record.tokens
    assert again.record.flops == whole.record.flops
    names = {path.name for path in again.folder.iterdir()}
    assert not [name for name in names if name.startswith(("checkpoint", ".part"))]


@pytest.mark.parametrize(
    ("step", "more"),
    [
        (2, {"documents_epochs": 3, "max_steps": 4}),  # while the documents are read
        (7, {"documents_epochs": 1, "max_steps": 9, "pack_length": 30}),  # in the second phase
        (9, {"patience": 2, "schedule": "constant", "learning_rate": 0.02, "epochs": 40}),
    ],
)
def test_a_run_of_two_phases_or_one_that_stops_early_goes_on_likewise(
    documented: Path,
    base: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: int,
    more: dict,
) -> None:
    options = {"base": str(base), "pack_length": 60, "save_every": 1, "learning_rate": 0.01} | more
    whole = finetune(documented, out=tmp_path / "whole", **options)
    cut(documented, tmp_path / "cut", monkeypatch, step, options)
    again = finetune(documented, out=tmp_path / "cut", resume=True, **options)
    assert weights(again.folder) == weights(whole.folder)
    assert losses(again.folder) == losses(whole.folder)
    assert again.record.validation_loss == whole.record.validation_loss
    assert again.record.steps == whole.record.steps


def test_a_run_that_is_killed(numbers: Path, base: Path, tmp_path: Path) -> None:
    """With signal 9, in another process, wherever it happens to be."""
    options = {"base": str(base), "pack_length": 110, "epochs": 9, "save_every": 4}
    words = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
    log = tmp_path / "cut/.part/log.jsonl"
    with subprocess.Popen(
        [sys.executable, "-m", "train", str(numbers), "--out", str(tmp_path / "cut"), *words],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stderr=subprocess.DEVNULL,
    ) as process:
        steps = random.randint(5, 20)
        end = time.monotonic() + 120
        while time.monotonic() < end and process.poll() is None:
            if log.exists() and log.read_text().count("\n") >= steps:
                break
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    resumed = finetune(numbers, out=tmp_path / "cut", resume=True, **options)
    whole = finetune(numbers, out=tmp_path / "whole", **options)
    assert weights(resumed.folder) == weights(whole.folder)
    assert losses(resumed.folder) == losses(whole.folder)


def test_a_checkpoint_that_was_cut_off_is_not_used(
    numbers: Path, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from train.trainer import WHOLE, last_whole

    options = {"base": str(base), "pack_length": 110, "epochs": 2, "save_every": 1}
    cut(numbers, tmp_path / "cut", monkeypatch, 5, options)
    newest = last_whole(tmp_path / "cut/.part")
    (newest / WHOLE).unlink()
    (newest / "model.safetensors").write_bytes(b"half")
    older = last_whole(tmp_path / "cut/.part")
    assert older != newest
    resumed = finetune(numbers, out=tmp_path / "cut", resume=True, **options)
    assert weights(resumed.folder) == weights(
        finetune(numbers, out=tmp_path / "whole", **options).folder
    )


def test_another_run_is_not_gone_on_with(
    command, numbers: Path, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {"base": str(base), "pack_length": 110, "save_every": 1}
    cut(numbers, tmp_path / "cut", monkeypatch, 3, options)
    with pytest.raises(UsageError, match=r"of another run: seed was 0 and is 5. Give the options"):
        finetune(numbers, out=tmp_path / "cut", resume=True, seed=5, **options)
    refused = command(numbers, "--base", base, "--out", tmp_path / "cut")
    assert refused.code == 2
    assert "go on with it: --resume" in refused.err


def test_resume_with_nothing_there_begins(numbers: Path, base: Path, tmp_path: Path) -> None:
    model = finetune(numbers, base=str(base), out=tmp_path / "new", resume=True, max_steps=1)
    assert model.record.steps == 1
