"""What a run may do besides: other splits of a batch, LoRA, documents first, stopping early."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from train import Model, finetune
from train.errors import UsageError

FACTS = [("What is one?", "", "It is the first number."), ("Two?", "", "2"), ("3?", "x", "Three.")]
FACTS += [("Name the type of four.", "4", "An integer, which is a whole number.")]


def tensors(folder: Path) -> dict:
    from safetensors.torch import load_file

    return load_file(folder / "model.safetensors")


@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    batch_size=st.integers(1, 4),
    pack_length=st.sampled_from([0, 60, 90, 130]),
    folded=st.booleans(),
)
def test_any_split_of_a_batch_is_the_same_step(
    new_version, base: Path, tmp_path_factory, batch_size: int, pack_length: int, folded: bool
) -> None:
    """However rows are packed, put into batches and accumulated, padded or not."""
    import torch

    folder = tmp_path_factory.mktemp("split")
    version = new_version(folder / "x/1.0.0", FACTS)
    options = {"base": str(base), "max_steps": 1, "learning_rate": 0.001}
    whole = finetune(version, out=folder / "whole", pack_length=1024, batch_size=4, **options)
    with pytest.MonkeyPatch.context() as patched:
        if not folded:
            patched.setattr("train.losses.exact", lambda _model: False)
        parts = finetune(
            version, out=folder / "parts", pack_length=pack_length, batch_size=batch_size,
            accumulate=4, **options,
        )  # fmt: skip
    assert parts.record.loss.first == pytest.approx(whole.record.loss.first, rel=1e-5)
    assert parts.record.epochs == whole.record.epochs == 1
    ours, theirs = tensors(parts.folder), tensors(whole.folder)
    for name in theirs:
        torch.testing.assert_close(ours[name], theirs[name], rtol=1e-3, atol=2e-4)


def test_lora_trains_few_weights_and_saves_a_whole_model(
    version: Path, base: Path, tmp_path: Path
) -> None:
    from transformers import AutoModelForCausalLM

    model = finetune(
        version, base=str(base), out=tmp_path / "run", lora=8, max_steps=30, learning_rate=0.03
    )
    assert model.record.loss.last < model.record.loss.first - 0.3
    before, after = tensors(base), tensors(model.folder)
    assert set(before) == set(after)
    changed = {name for name in before if not before[name].equal(after[name])}
    assert changed
    assert all("query_key_value.weight" in name for name in changed)
    assert not [path.name for path in model.folder.iterdir() if "adapter" in path.name]
    assert AutoModelForCausalLM.from_pretrained(model.folder).config.model_type == "gpt_neox"
    assert isinstance(Model(model.folder)("What?", max_new_tokens=2), str)


def test_documents_of_test_rows_are_never_read(documented: Path, tokenizer) -> None:
    from train.data import documents
    from train.version import read

    found = documents(read(documented), tokenizer, 64)
    texts = "".join(tokenizer.decode(row.response) for row in found.rows)
    assert "text of d0" in texts
    assert "held" not in texts
    assert "unseen" not in texts  # a document without rows: on which side it is, nobody says
    assert all(len(row) <= 64 for row in found.rows)
    whole = [token for row in found.rows if row.id.startswith("p-d3#") for token in row.response]
    assert tokenizer.decode(whole) == "text of d3 " * 4 + "<|endoftext|>"


def test_documents_first(documented: Path, base: Path, tmp_path: Path) -> None:
    options = {"base": str(base), "max_steps": 2, "learning_rate": 0.005}
    plain = finetune(documented, out=tmp_path / "plain", **options)
    said: list[str] = []
    read = finetune(
        documented, out=tmp_path / "read", documents_epochs=4, say=said.append, **options
    )
    assert any("passages to read first" in line for line in said)
    assert read.record.loss.first < plain.record.loss.first - 0.1  # it knows the letters by then
    assert read.record.steps == 2
    assert not [path for path in read.folder.iterdir() if path.is_dir()]


def test_documents_that_are_not_there(version: Path, base: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no documents of its training rows to train on"):
        finetune(version, base=str(base), out=tmp_path / "run", documents_epochs=1)


def test_it_stops_when_held_out_rows_get_no_better(
    documented: Path, base: Path, tmp_path: Path
) -> None:
    import torch

    options = {"base": str(base), "epochs": 60, "learning_rate": 0.02, "batch_size": 8}
    model = finetune(documented, out=tmp_path / "run", patience=2, schedule="constant", **options)
    told = model.record
    assert told.rows == {"train": 11, "validation": 1, "test": 1}
    assert told.epochs < 60
    best = min(told.validation_loss[1:])
    assert told.validation_loss.index(best) == len(told.validation_loss) - 3  # two without gain
    from train import bases
    from train.data import hold_out, tokenise
    from train.losses import measure
    from train.version import read

    base_ = bases.load(model.folder)
    version = read(documented)
    watched = hold_out(tokenise(version.train, base_.tokenizer, 512), version, True)[1]
    with torch.no_grad():
        (found,) = measure(base_.model.eval(), watched.rows)
    assert found.loss / found.tokens == pytest.approx(best, rel=1e-4)  # the best epoch is kept


def test_one_document_cannot_be_both_watched_and_learned(
    new_version, base: Path, tmp_path: Path
) -> None:
    version = new_version(tmp_path / "x/1.0.0", FACTS[:1])
    with pytest.raises(UsageError, match="--patience needs training rows of two documents"):
        finetune(version, base=str(base), out=tmp_path / "run", patience=1)
