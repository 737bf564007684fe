"""Loading a base: from a folder, from the cache, and with no Hub to ask."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import huggingface_hub.constants
import pytest

from train import bases, hub
from train.errors import BaseModelError, TrainError, UsageError


def load(base: str | Path) -> bases.Base:
    return bases.load(hub.find(str(base)))


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty Hugging Face cache."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)


def put_in_cache(cache: Path, base: Path, name: str) -> Path:
    """Lay a model out as the Hub's client does."""
    folder = cache / f"models--{name.replace('/', '--')}"
    (folder / "refs").mkdir(parents=True)
    (folder / "refs/main").write_text("0" * 40)
    return Path(shutil.copytree(base, folder / "snapshots" / ("0" * 40)))


@pytest.mark.usefixtures("cache", "offline")
def test_offline_a_hub_id_fails_at_once_and_says_what_works(command, version: Path) -> None:
    done = command(version, "--base", "EleutherAI/pythia-70m", "--out", "never")
    assert done.code == 1
    assert (
        "The Hub could not be reached for EleutherAI/pythia-70m: HF_HUB_OFFLINE is set" in done.err
    )
    assert "give a local folder that has config.json, weights and tokenizer.json" in done.err
    assert "--base FOLDER" in done.err
    assert "already in the Hugging Face cache" in done.err
    assert not Path("never").exists()


@pytest.mark.usefixtures("cache")
def test_without_a_network_it_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    class Cut:
        def model_info(self, name: str, revision: str | None, timeout: float):
            raise ConnectionError(f"no route to {name} in {timeout} s")

    monkeypatch.setattr("train.hub.HfApi", Cut)
    with pytest.raises(BaseModelError, match=r"could not be reached for a/b: no route .*--base"):
        load("a/b")


@pytest.mark.usefixtures("offline")
def test_a_model_in_the_cache_needs_no_hub(cache: Path, base: Path) -> None:
    put_in_cache(cache, base, "org/tiny")
    assert load("org/tiny").model.config.hidden_size == 64


@pytest.mark.usefixtures("offline")
def test_half_a_model_in_the_cache_is_not_taken(cache: Path, base: Path) -> None:
    (put_in_cache(cache, base, "org/tiny") / "model.safetensors").unlink()
    with pytest.raises(BaseModelError, match="could not be reached for org/tiny"):
        load("org/tiny")


def test_the_weights_are_fp32_whatever_the_file_says(
    base: Path, tmp_path: Path, new_tokenizer
) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    AutoModelForCausalLM.from_pretrained(base).half().save_pretrained(tmp_path)
    new_tokenizer().save_pretrained(tmp_path)
    assert json.loads((tmp_path / "config.json").read_text())["dtype"] == "float16"
    assert load(tmp_path).model.dtype == torch.float32


def test_a_folder_without_tokenizer(new_base, tmp_path: Path) -> None:
    folder = new_base(tmp_path / "bare")
    with pytest.raises(UsageError, match=r"bare: the folder lacks a tokenizer. Copy the tokenizer"):
        load(folder)


@pytest.mark.parametrize(
    ("name", "lacks"), [("config.json", "config.json"), ("model.safetensors", "weights")]
)
def test_a_folder_that_lacks_a_file(base: Path, tmp_path: Path, name: str, lacks: str) -> None:
    folder = Path(shutil.copytree(base, tmp_path / "part"))
    (folder / name).unlink()
    with pytest.raises(UsageError, match=f"part: the folder lacks {lacks}. "):
        load(folder)


@pytest.mark.parametrize("name", ["./models/none", "/no/such/folder", "a b"])
def test_a_path_that_is_not_there_is_not_asked_of_the_hub(name: str) -> None:
    with pytest.raises(UsageError, match="there is no such folder, and it is no Hub id"):
        load(name)


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "tokenizer.json"])
def test_a_damaged_file(base: Path, tmp_path: Path, name: str) -> None:
    folder = Path(shutil.copytree(base, tmp_path / "damaged"))
    (folder / name).write_bytes(b"\x00\x01 damaged")
    with pytest.raises(TrainError, match="damaged does not load as a causal language model: "):
        load(folder)


def test_weights_that_lack_a_layer_are_not_filled_with_chance(base: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = Path(shutil.copytree(base, tmp_path / "torn"))
    weights = load_file(folder / "model.safetensors")
    kept = {name: values for name, values in weights.items() if ".layers.1." not in name}
    assert len(kept) < len(weights)
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(
        BaseModelError, match=r"torn: its weights .*layers\.1\.\S+ \(missing\).* more"
    ):
        load(folder)


@pytest.mark.parametrize(
    ("setting", "value", "named"),
    [
        ("num_hidden_layers", 3, r"layers\.2\.\S+ \(missing\)"),
        ("intermediate_size", 256, r"mlp\S+ \(is \(128, 64\), should be \(256, 64\)\)"),
    ],
)
def test_a_config_that_its_weights_do_not_fit(
    command, version: Path, base: Path, tmp_path: Path, setting: str, value: int, named: str
) -> None:
    folder = Path(shutil.copytree(base, tmp_path / "apart"))
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {setting: value}))
    with pytest.raises(BaseModelError, match=named):
        load(folder)
    done = command(version, "--base", folder, "--out", tmp_path / "run")
    assert done.code == 1
    assert "do not fit its config.json" in done.err
    assert not (tmp_path / "run").exists()


def test_weights_that_are_tied_need_not_be_there_twice(new_base, tokenizer, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    folder = new_base(tmp_path, tokenizer, tie_word_embeddings=True)
    names = set(load_file(folder / "model.safetensors"))
    model = load(folder).model
    assert set(model.state_dict()) - names
    assert model.get_input_embeddings().weight is model.get_output_embeddings().weight


def test_code_in_a_folder_is_never_run(base: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(base, tmp_path / "trap"))
    (folder / "trap.py").write_text(f"open({str(tmp_path / 'sprung')!r}, 'w')")
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": "trap", "auto_map": {"AutoModelForCausalLM": "trap.Trap"}}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(TrainError, match="does not load"):
        load(folder)
    assert not (tmp_path / "sprung").exists()


def test_padding_is_pythias_own_where_the_tokenizer_knows_it(
    new_base, new_tokenizer, tmp_path: Path
) -> None:
    base = load(new_base(tmp_path, new_tokenizer(padding=None)))
    assert (base.tokenizer.pad_token, base.pad) == ("<|padding|>", 1)
    assert base.model.config.pad_token_id == 1


def test_the_model_ends_where_its_tokenizer_ends(new_base, tokenizer, tmp_path: Path) -> None:
    model = load(new_base(tmp_path, tokenizer, eos_token_id=2)).model
    assert model.config.eos_token_id == model.generation_config.eos_token_id == 0


def test_a_tokenizer_larger_than_the_model(new_base, tokenizer, tmp_path: Path) -> None:
    with pytest.raises(BaseModelError, match="its tokenizer has 261 tokens, its model only 100"):
        load(new_base(tmp_path, tokenizer, vocab_size=100))


def test_a_tokenizer_without_end(new_base, tokenizer, tmp_path: Path) -> None:
    folder = new_base(tmp_path, tokenizer)
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    del settings["eos_token"]
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    with pytest.raises(BaseModelError, match="has no end token"):
        load(folder)
