"""A run: what is learned, what is written, and how it is refused."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from train import Model, finetune
from train.errors import TrainError, UsageError
from train.template import render

ROOT = Path(__file__).parents[2]


def log(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def record(folder: Path) -> dict:
    return json.loads((folder / "run.json").read_text())


def test_the_loss_falls_when_four_rows_are_learned_by_heart(learned) -> None:
    assert learned.done.code == 0, learned.done.err
    lines = log(learned.folder)
    assert lines[-1]["loss"] < 0.1 < 4 < lines[0]["loss"]


def test_the_log_has_one_line_a_step(learned) -> None:
    lines = log(learned.folder)
    assert [line["step"] for line in lines] == list(range(1, 61))
    assert {"step", "epoch", "loss", "learning_rate", "tokens", "tokens_per_second"} <= set(
        lines[0]
    )
    outputs = ("It counts items.", "It drops the sign.", "A float.", "A string.")
    assert {line["tokens"] for line in lines} == {sum(len(text) + 1 for text in outputs)}


def test_the_record_tells_data_options_and_losses(learned, version: Path, base: Path) -> None:
    told = record(learned.folder)
    assert told["dataset"] == {
        "path": str(version),
        "name": "facts",
        "version": "1.2.0",
        "digest": "abc123",
    }
    assert told["base"] == str(base)
    assert told["options"]["max_steps"] == told["steps"] == 60
    assert told["context"] == 512  # the model takes less than the default of 2048
    assert told["rows"] == {"train": 4, "test": 2}
    lines = log(learned.folder)
    assert told["loss"] == {"first": lines[0]["loss"], "last": lines[-1]["loss"]}
    assert told["test_loss"]["before"] > 4
    assert told["tokens"]["learned_in_steps"] == sum(line["tokens"] for line in lines)
    assert set(told["packages"]) >= {"torch", "transformers"}


def test_the_command_prints_both_test_losses_and_what_to_type_next(learned) -> None:
    told = record(learned.folder)
    before, after = (f"{told['test_loss'][when]:.4f}" for when in ("before", "after"))
    assert f"Test loss before training: {before}" in learned.done.err
    assert f"Test loss after training: {after}" in learned.done.err
    assert f"Test loss  {before} → {after}" in learned.done.out
    assert f"python -m train ask {learned.folder}" in learned.done.out


def test_the_libraries_say_nothing(learned, base: Path) -> None:
    assert [line.split(":")[0] for line in learned.done.err.splitlines()] == [
        f"Loading {base}",
        "4 rows to train on, 2 to test on",
        "Test loss before training",
        "Test loss after training",
    ]


def test_only_safetensors_are_written(learned) -> None:
    names = {path.name for path in learned.folder.iterdir()}
    assert names >= {"model.safetensors", "config.json", "tokenizer.json", "run.json", "log.jsonl"}
    assert not [name for name in names if name.endswith((".bin", ".pt", ".pkl"))]
    assert json.loads((learned.folder / "config.json").read_text())["use_cache"] is True


def test_a_test_loss_weighs_every_token_alike(learned, version: Path, tokenizer) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    from train.data import tokenise
    from train.version import read

    rows = tokenise(read(version).test, tokenizer, 512).rows
    assert len(rows[0].response) != len(rows[1].response)
    model = AutoModelForCausalLM.from_pretrained(learned.folder).eval()
    summed = 0.0
    for row in rows:
        ids, labels = torch.tensor([row.input_ids]), torch.tensor([row.labels])
        with torch.no_grad():
            summed += float(model(input_ids=ids, labels=labels).loss) * len(row.response)
    expected = summed / sum(len(row.response) for row in rows)
    assert record(learned.folder)["test_loss"]["after"] == pytest.approx(expected, rel=1e-4)


def test_three_lines_of_python(version: Path, base: Path, tmp_path: Path) -> None:
    model = finetune(version, base=base, out=tmp_path / "run", max_steps=1)
    assert isinstance(model("What does len do?", max_new_tokens=3), str)
    assert model.record.steps == 1


@pytest.mark.parametrize("schedule", ["cosine", "linear", "constant"])
def test_a_run_of_one_step_learns(version: Path, base: Path, tmp_path: Path, schedule: str) -> None:
    options = {"base": base, "max_steps": 1, "learning_rate": 0.01, "schedule": schedule}
    told = finetune(version, out=tmp_path / "run", **options).record
    assert [line["learning_rate"] for line in log(tmp_path / "run")] == [0.01]
    assert told.test_loss.after < told.test_loss.before - 0.1


def test_the_learning_rate_rises_from_its_first_part_and_then_falls(learned) -> None:
    rates = [line["learning_rate"] for line in log(learned.folder)]
    warm = [0.01 * part / 6 for part in range(1, 7)]  # a tenth of 60 steps
    assert rates[:6] == pytest.approx(warm)
    assert rates[6] == pytest.approx(0.01)
    assert rates[33] == pytest.approx(0.005)  # the middle of the cosine
    assert sorted(rates[6:], reverse=True) == rates[6:]
    assert rates[-1] > 0


def test_accumulated_batches_give_the_same_step(version: Path, base: Path, tmp_path: Path) -> None:
    whole = {"base": str(base), "max_steps": 2, "batch_size": 4, "learning_rate": 0.01}
    parts = {**whole, "batch_size": 1, "accumulate": 4}
    one = finetune(version, out=tmp_path / "one", **whole)
    four = finetune(version, out=tmp_path / "four", **parts)
    assert log(four.folder)[1]["loss"] == pytest.approx(log(one.folder)[1]["loss"], rel=1e-4)
    assert log(four.folder)[0]["tokens"] == log(one.folder)[0]["tokens"]


def test_a_seed_gives_the_same_run_again(new_version, base: Path, tmp_path: Path) -> None:
    facts = [(f"What is {i}?", "", f"The number {i}.") for i in range(6)]
    version = new_version(tmp_path / "numbers/1.0.0", facts)
    options = {"base": str(base), "max_steps": 3, "pack_length": 0, "learning_rate": 0.01}
    weights = {}
    for name, seed in {"a": 1, "b": 1, "c": 3}.items():
        folder = finetune(version, out=tmp_path / name, seed=seed, **options).folder
        weights[name] = (folder / "model.safetensors").read_bytes()
    assert weights["a"] == weights["b"]
    assert weights["a"] != weights["c"]


def test_long_and_empty_rows_are_left_out_and_named(
    command, new_version, base: Path, tokenizer, tmp_path: Path
) -> None:
    facts = [("Why?", "", "So."), ("Why?", "", "x" * 500), ("Why?", "", "")]
    version = new_version(tmp_path / "long/1.0.0", facts)
    done = command(version, "--base", base, "--out", tmp_path / "run", "--max-steps", 1)
    assert done.code == 0, done.err
    prompt = len(tokenizer(render("Why?"))["input_ids"])
    reason = f"{prompt + 501} tokens > context 512"
    assert f"Left out 2: train-1 ({reason}), train-2 (empty output)" in done.err
    assert "1 trained on, 0 tested, 2 left out" in done.out
    assert "none: the version has no test split" in done.out
    told = record(tmp_path / "run")
    assert told["left_out"][0] == {"id": "train-1", "split": "train", "reason": reason}
    assert told["test_loss"] == {"before": None, "after": None}


def test_a_version_of_which_no_row_fits(new_version, base: Path, tmp_path: Path) -> None:
    version = new_version(tmp_path / "long/1.0.0", [("Why?", "", "x" * 500)])
    with pytest.raises(UsageError, match="no row left to train on: all 1 are empty or longer"):
        finetune(version, base=str(base), out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_run_is_not_written_over_unless_asked(
    command, version: Path, base: Path, tmp_path: Path
) -> None:
    args = (version, "--base", base, "--out", tmp_path / "run", "--max-steps", 1)
    assert command(*args).code == 0
    refused = command(*args)
    assert refused.code == 2
    assert "holds a run already: choose another with --out, or replace it" in refused.err
    assert command(*args, "--overwrite").code == 0
    assert len(log(tmp_path / "run")) == 1


def test_the_run_folder_is_named_for_dataset_and_base(
    version: Path, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert finetune(version, base=str(base), max_steps=1).folder == Path("runs/facts-1.2.0-tiny")


def test_a_loss_that_is_no_number_stops_the_run(
    new_base, new_tokenizer, version: Path, tmp_path: Path
) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    broken = new_base(tmp_path / "broken", new_tokenizer())
    weights = load_file(broken / "model.safetensors")
    astray = {name: torch.full_like(values, float("nan")) for name, values in weights.items()}
    save_file(astray, broken / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(TrainError, match="The loss is nan at step 1.*lower --learning-rate"):
        finetune(version, base=str(broken), out=tmp_path / "run")
    with pytest.raises(UsageError, match="is not a finished run"):
        Model(tmp_path / "run")


def test_two_processes_take_the_very_steps_of_one(
    new_version, learned, base: Path, tmp_path: Path
) -> None:
    """With five packs, so that one process has none in an epoch's last step."""
    import torch
    from safetensors.torch import load_file

    facts = [(f"What is {i}?", "", f"It is {i}." * (i + 1)) for i in range(5)]
    version = new_version(tmp_path / "five/1.0.0", facts, facts[:3])
    both = Path(shutil.copytree(learned.folder, tmp_path / "both"))  # an older run
    options = {"base": str(base), "epochs": 2, "learning_rate": 0.001, "pack_length": 0}
    words = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
    launch = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    port = ["--master-port", "0", "--rdzv-backend", "c10d", "--rdzv-endpoint", "localhost:0"]
    train = ["-m", "train", str(version), *words, "--batch-size", "1"]
    train += ["--out", str(both), "--overwrite"]
    done = subprocess.run(
        [*launch, *port, *train],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Saved in") == 1
    alone = finetune(version, out=tmp_path / "one", batch_size=2, **options)
    assert alone.record.steps == 6
    for ours, theirs in zip(log(both), log(alone.folder), strict=True):
        assert ours["tokens"] == theirs["tokens"]
        assert ours["loss"] == pytest.approx(theirs["loss"], abs=1e-5)
    weights = load_file(alone.folder / "model.safetensors")
    for name, values in load_file(both / "model.safetensors").items():
        torch.testing.assert_close(values, weights[name], rtol=0, atol=1e-5)
    assert record(both)["test_loss"]["after"] == pytest.approx(
        alone.record.test_loss.after, rel=1e-5
    )


def test_refusals_that_are_too_few_to_learn_from_are_told(
    new_version, base: Path, tmp_path: Path
) -> None:
    from train import finetune

    rows = [("What is one?", "", "A number."), ("Who won the cup?", "", "I only know numbers.")]
    folder = new_version(tmp_path / "few/1.0.0", rows)
    file = folder / "data/train-00000-of-00001.parquet"
    said: list[str] = []
    finetune(folder, base=base, out=tmp_path / "none", max_steps=1, say=said.append)
    assert not [line for line in said if "Refusals" in line]
    pl.read_parquet(file).with_columns(kind=pl.Series(["answer", "refusal"])).write_parquet(file)
    finetune(folder, base=base, out=tmp_path / "few-run", max_steps=1, say=said.append)
    assert any(line.startswith("Refusals to learn from: 1.") for line in said)
