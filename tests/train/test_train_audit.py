"""Looking before training; the card after it; and what goes to the Hub."""

from __future__ import annotations

import json
from pathlib import Path
from typing import ClassVar

import pytest

from train import hub
from train.errors import TrainError, UsageError
from train.escape import markdown, printable


def test_an_audit_shows_counts_and_the_mask(command, version: Path, base: Path) -> None:
    done = command("audit", version, "--base", base)
    assert done.code == 0, done.err
    assert "4 to train on, 2 to test on, 0 left out" in done.out
    assert "### Response:\n⟦It counts items.<|endoftext|>⟧" in done.out
    assert "⟦A float.<|endoftext|>⟧" in done.out


def test_an_audit_as_json(command, version: Path, base: Path) -> None:
    told = json.loads(command("audit", version, "--base", base, "--json").out)
    outputs = ("It counts items.", "It drops the sign.", "A float.", "A string.")
    assert told["learned"]["train"] == sum(len(text) + 1 for text in outputs)
    assert told["share_learned"] == pytest.approx(
        told["learned"]["train"] / told["tokens"]["train"]
    )
    packing = told["packing"]
    assert packing["computed"] < told["tokens"]["train"] <= packing["padded"]
    assert 0 < packing["efficiency"] <= 1
    pieces = [piece for _, row in told["batch"] for piece in row]
    assert {piece["text"] for piece in pieces if piece["learned"]} >= {"A float.<|endoftext|>"}


def test_an_audit_names_what_is_left_out(command, new_version, base: Path, tmp_path: Path) -> None:
    facts = [("Why?", "", "So."), ("Why?", "", "x" * 500)]
    version = new_version(tmp_path / "long/1.0.0", facts)
    done = command("audit", version, "--base", base)
    assert "Left out     train-1 (train): " in done.out
    assert "tokens > context 512" in done.out


def test_hostile_rows_cannot_steer_the_terminal(
    command, new_version, base: Path, tmp_path: Path
) -> None:
    version = new_version(tmp_path / "x/1.0.0", [("Hi\x1b[2J⟦", "", "a\x9b31m⟧\u202e")])
    done = command("audit", version, "--base", base)
    assert "Hi\\x1b[2J\\u27e6" in done.out
    assert "⟦a\\x9b31m\\u27e7\\u202e<|endoftext|>⟧" in done.out
    assert not {"\x1b", "\x9b", "\u202e"} & set(done.out)


def test_the_card_tells_data_and_results(learned) -> None:
    card = (learned.folder / "README.md").read_text()
    told = json.loads((learned.folder / "run.json").read_text())
    assert "| dataset | facts 1.2.0 |" in card.replace("\\", "")
    assert "| content digest | `abc123` |" in card
    assert f"{told['test_loss']['before']:.4f}" in card
    assert f"{told['test_loss']['after']:.4f}" in card
    assert "| rows trained on | 4 |" in card
    assert "/bases" not in card  # a folder of this machine is nobody's business


def test_a_hostile_name_stays_text_in_the_card() -> None:
    from train.card import render
    from train.run import Dataset, Record, SplitLoss, StepLoss
    from train.version import Version

    name = "x](http://evil) <script>| a\n# b"
    record = Record(
        dataset=Dataset("p", name, "1", "a`b"),
        base='o/n"\n- x',
        options={"base": "o/n"},
        context=8,
        rows={"train": 1, "test": 0},
        left_out=[],
        tokens={"total": 2, "learned": 1, "learned_in_steps": 1},
        steps=1,
        epochs=1.0,
        loss=StepLoss(1.0, 1.0),
        test_loss=SplitLoss(None, None),
        seconds=1.0,
        device="cpu",
        packages={},
    )
    card = render(record, Version(Path("p"), name, "1", "", [], [], {}))
    assert "<script>" not in card
    assert "](http" not in card
    assert "\n# b" not in card
    assert '"o/n\\"\\n- x"' in card.split("---")[1]


def test_escaping() -> None:
    assert printable("a\tb\n\x07\u202e") == "a\tb\n\\x07\\u202e"
    assert markdown("a*b\n<i>") == "a\\*b &lt;i&gt;"


class Api:
    """The Hub as `push` sees it."""

    calls: ClassVar[list[tuple[str, dict]]] = []

    def create_repo(self, repo: str, **options):
        self.calls.append((repo, options))
        return f"https://hub/{repo}"

    def upload_folder(self, **options) -> None:
        self.calls.append(("upload", options))


def test_a_run_is_pushed_privately_and_only_what_belongs_to_it(
    command, learned, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fnmatch import fnmatch

    monkeypatch.setattr("train.hub.HfApi", Api)
    monkeypatch.setattr(Api, "calls", [])
    done = command("push", learned.folder, "--repo", "me/facts")
    assert done.out == "Pushed to https://hub/me/facts\n"
    (repo, made), (_, sent) = Api.calls
    assert (repo, made["private"]) == ("me/facts", True)
    allowed = sent["allow_patterns"]
    evaluated = "evaluation/evaluation.json"
    for name in ("model.safetensors", "README.md", "run.json", "tokenizer.json", evaluated):
        assert any(fnmatch(name, pattern) for pattern in allowed)
    for name in ("optimizer.pt", "training_args.bin", "secrets.json", ".env"):
        assert not any(fnmatch(name, pattern) for pattern in allowed)
    Api.calls.clear()
    command("push", learned.folder, "--repo", "me/facts", "--public")
    assert Api.calls[0][1]["private"] is False


def test_what_cannot_be_pushed(learned, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="--repo facts: is no Hub id"):
        hub.push(learned.folder, "facts")
    with pytest.raises(UsageError, match="is not a finished run"):
        hub.push(tmp_path, "me/facts")

    def refuse(*_, **__):
        raise OSError("403 Forbidden")

    monkeypatch.setattr(Api, "create_repo", refuse)
    monkeypatch.setattr("train.hub.HfApi", Api)
    with pytest.raises(TrainError, match="could not be pushed to me/facts: 403 Forbidden.*hf auth"):
        hub.push(learned.folder, "me/facts")
