"""A tokenizer of single bytes, a tiny GPT-NeoX made in a second, and versions to train on."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click.testing
import polars as pl
import pytest

os.environ["HF_HUB_OFFLINE"] = "1"  # before any Hugging Face library is imported
# Over so small tensors, more threads only wait for each other
os.environ["OMP_NUM_THREADS"] = "1"

FACTS = [
    ("What does len do?", "", "It counts items."),
    ("What does abs do?", "", "It drops the sign."),
    ("Name the type.", "3.5", "A float."),
    ("Name the type.", "'a'", "A string."),
]


def make_tokenizer(padding: str | None = "<|padding|>"):
    """Every byte is a token, but for the template's opening words, to keep rows short.

    Two newlines in a row merge into one token, as in Pythia's tokenizer.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    from train.template import WITH_INPUT, WITHOUT_INPUT

    tokens = ["<|endoftext|>", "<|padding|>", *sorted(pre_tokenizers.ByteLevel.alphabet()), "ĊĊ"]
    model = models.BPE({token: i for i, token in enumerate(tokens)}, [("Ċ", "Ċ")])
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_tokens([text.split("\n")[0] for text in (WITH_INPUT, WITHOUT_INPUT)])
    special = {"eos_token": "<|endoftext|>"} | ({"pad_token": padding} if padding else {})
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special)


def make_model(**options: int):
    import torch
    from transformers import GPTNeoXConfig, GPTNeoXForCausalLM

    torch.set_num_threads(1)
    torch.manual_seed(0)
    sizes = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
    sizes |= {"intermediate_size": 128, "vocab_size": 264, "max_position_embeddings": 512}
    return GPTNeoXForCausalLM(GPTNeoXConfig(**{**sizes, **options}))


def write_base(folder: Path, tokenizer=None, **options: int) -> Path:
    make_model(**options).save_pretrained(folder)
    if tokenizer is not None:
        tokenizer.save_pretrained(folder)
    return folder


def write_version(
    folder: Path,
    train: list[tuple[str, str, str]],
    test: list[tuple[str, str, str]] = (),
    recipe: str = "",
) -> Path:
    (folder / "data").mkdir(parents=True)
    for split, facts in {"train": train, "test": test}.items():
        rows = [
            {"id": f"{split}-{i}", "instruction": q, "input": x, "output": a, "kind": "answer"}
            for i, (q, x, a) in enumerate(facts)
        ]
        if rows or split == "train":
            schema = dict.fromkeys(("id", "instruction", "input", "output", "kind"), pl.String)
            frame = pl.DataFrame(rows, schema=schema)
            frame.write_parquet(folder / f"data/{split}-00000-of-00001.parquet")
    manifest = {"name": "facts", "version": "1.2.0", "content_digest": "abc123"}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    if recipe:
        (folder / "recipe.yaml").write_text(recipe)
    return folder


@dataclass(frozen=True)
class Done:
    """What a command did."""

    code: int
    out: str
    err: str


def call(*args: object) -> Done:
    """Run `python -m train ARGS` in this process."""
    from train.cli import main

    result = click.testing.CliRunner().invoke(
        main, [str(arg) for arg in args], prog_name="python -m train"
    )
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return Done(result.exit_code, result.stdout, result.stderr)


@pytest.fixture(scope="session")
def command() -> Callable[..., Done]:
    return call


@pytest.fixture(scope="session")
def tokenizer():
    return make_tokenizer()


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory, tokenizer) -> Path:
    """A folder with a random model of 120,000 parameters and its tokenizer."""
    return write_base(tmp_path_factory.mktemp("bases") / "tiny", tokenizer)


@pytest.fixture(scope="session")
def new_base() -> Callable[..., Path]:
    return write_base


@pytest.fixture(scope="session")
def new_tokenizer() -> Callable[..., object]:
    return make_tokenizer


@pytest.fixture(scope="session")
def new_version() -> Callable[..., Path]:
    return write_version


@pytest.fixture(scope="session")
def version(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four rows to train on and two to test on, of unlike lengths."""
    test = [("What does id do?", "", "It names."), ("What does sum do?", "", "It adds up items.")]
    return write_version(tmp_path_factory.mktemp("datasets") / "facts/1.2.0", FACTS, test)


@dataclass(frozen=True)
class Learned:
    """A run that learned its four rows by heart, with what the command said."""

    folder: Path
    done: Done


@pytest.fixture(scope="session")
def learned(tmp_path_factory: pytest.TempPathFactory, base: Path, version: Path) -> Learned:
    folder = tmp_path_factory.mktemp("runs") / "facts"
    options = ["--batch-size", 4, "--learning-rate", 0.01, "--max-steps", 60]
    return Learned(folder, call(version, "--base", base, "--out", folder, *options))


@pytest.fixture(scope="session")
def pythia():
    """The tokenizer that every Pythia model was trained with."""
    from transformers import PreTrainedTokenizerFast

    data = os.environ.get("CURATE_TEST_DATA")
    if not data:
        pytest.skip("CURATE_TEST_DATA is not set: no pythia-tokenizer.json")
    return PreTrainedTokenizerFast(
        tokenizer_file=str(Path(data) / "pythia-tokenizer.json"),
        eos_token="<|endoftext|>",
        pad_token="<|padding|>",
    )


def with_documents(folder: Path, version: Path) -> Path:
    """Give rows documents d0, d1, … in turn; the test row is of `held`. All have a passage."""
    rows = pl.read_parquet(version / "data/train-00000-of-00001.parquet")
    names = [f"d{i}" for i in range(rows.height)]
    rows.with_columns(pl.Series("document", names)).write_parquet(
        version / "data/train-00000-of-00001.parquet"
    )
    test = pl.read_parquet(version / "data/test-00000-of-00001.parquet")
    test.with_columns(pl.lit("held").alias("document")).write_parquet(
        version / "data/test-00000-of-00001.parquet"
    )
    (version / "documents").mkdir()
    passages = [(f"p-{name}", name, f"text of {name} " * 4) for name in (*names, "held", "unseen")]
    pl.DataFrame(passages, schema=["id", "document", "text"], orient="row").write_parquet(
        version / "documents/passages-00000-of-00001.parquet"
    )
    return version


@pytest.fixture
def documented(new_version, tmp_path: Path) -> Path:
    facts = [(f"What is {i}?", "", f"It is {i}.") for i in range(12)]
    version = new_version(tmp_path / "doc/1.0.0", facts, [("What is x?", "", "It is x.")])
    return with_documents(tmp_path, version)
