"""The command line: help, options, exit codes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from train.config import TrainConfig, options


@pytest.mark.parametrize(
    "args", [["-h"], ["--help"], ["finetune", "-h"], ["ask", "-h"], ["audit", "-h"], ["push", "-h"]]
)
def test_help_has_an_example(command, args: list[str]) -> None:
    done = command(*args)
    assert done.code == 0
    assert "Example:\n" in done.out
    assert "\n    python -m train " in done.out


def test_help_tells_every_option_with_its_default(command) -> None:
    told = " ".join(command("-h").out.split())
    for option in options():
        assert f"--{option.name.replace('_', '-')}" in told
        assert " ".join(option.meaning.split()) in told
    assert f"[default: {TrainConfig().base}]" in told
    assert "ask Ask the model of RUN" in told


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys, train.cli\n"
        "try: train.cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = ('torch', 'transformers', 'datasets', 'polars', 'huggingface_hub', 'rich')\n"
        "print('HEAVY', [name for name in heavy if name in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "HEAVY []" in out.stdout
    assert "DATASET" in out.stdout


def test_options_may_stand_before_the_dataset(command, tmp_path: Path) -> None:
    done = command("--epochs", 1, tmp_path / "nope")
    assert done.code == 2
    assert "nope does not exist" in done.err


def test_finetune_may_be_named(command, tmp_path: Path) -> None:
    assert "nope does not exist" in command("finetune", tmp_path / "nope").err


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (["--epochs", "0"], "--epochs: 0.0 should be greater than 0"),
        (["--epochs", "inf"], "--epochs: inf should be a finite number"),
        (["--learning-rate", "inf"], "--learning-rate: inf should be a finite number"),
        (["--learning-rate", "nan"], "--learning-rate: nan should be a finite number"),
        (["--seed", "1099511627776"], "--seed: 1099511627776 should be less than 4294967296"),
        (["--batch-size", "1" + "0" * 30], "should be less than or equal to 2147483648"),
        (["--warmup", "1"], "--warmup: 1.0 should be less than 1"),
        (["--schedule", "bumpy"], "is not one of 'cosine', 'linear', 'constant'"),
        (["--epoch", "3"], "No such option '--epoch'"),
    ],
)
def test_a_bad_option_is_refused(command, version: Path, option: list[str], message: str) -> None:
    done = command(version, *option)
    assert done.code == 2
    assert message in done.err
    assert "Traceback" not in done.err


def test_a_library_that_is_not_installed_is_named(
    command, version: Path, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("loop", "bases", "data", "packing", "flops", "lora", "trainer", "progress"):
        monkeypatch.delitem(sys.modules, f"train.{name}", raising=False)
        monkeypatch.delattr(f"train.{name}", raising=False)
    monkeypatch.setitem(sys.modules, "torch", None)
    done = command(version, "--base", base, "--out", tmp_path / "run")
    assert done.code == 2
    assert "torch is not installed. Install it with: pip install 'curate-sft[train]'" in done.err


def test_what_is_wrong_is_told_before_pytorch_is_loaded(version: Path, tmp_path: Path) -> None:
    code = (
        "import sys, train\n"
        "for dataset, options in ((sys.argv[2], {}), (sys.argv[1], {'base': 'a/b', 'epochs': 1})):\n"
        "    try: train.finetune(dataset, **options)\n"
        "    except train.errors.TrainError as error: print(type(error).__name__)\n"
        "print('torch' in sys.modules)"
    )
    args = [sys.executable, "-c", code, str(version), str(tmp_path / "nope")]
    out = subprocess.run(args, capture_output=True, text=True, check=True).stdout
    assert out.split() == ["UsageError", "BaseModelError", "False"]
