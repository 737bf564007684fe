"""Find the folder that holds a base model: the one given, or where the Hub's files are kept here.

A Hub id is first looked for in the local cache, so that a model once fetched needs no network.
"""

from __future__ import annotations

import re
from pathlib import Path

from huggingface_hub import HfApi, snapshot_download
from huggingface_hub.errors import (
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
)

from train.errors import BaseModelError, UsageError

HUB_TIMEOUT = 5.0
WEIGHTS = ("model.safetensors", "model.safetensors.index.json")
PICKLED = ("pytorch_model.bin", "pytorch_model.bin.index.json")
TOKENIZERS = ("tokenizer.json", "vocab.json", "tokenizer.model", "spiece.model", "vocab.txt")
OFFLINE = (
    "Without the Hub, give a local folder that has config.json, weights and tokenizer.json "
    "(--base FOLDER), or the id of a model that is already in the Hugging Face cache"
)


def find(base: str) -> Path:
    """The folder that holds a base: the one given, or where the Hub's files are on this machine."""
    folder = Path(base).expanduser()
    if folder.is_dir():
        if missing := _missing(folder):
            raise UsageError(_incomplete(base, missing))
        return folder
    if not re.fullmatch(r"[\w.-]+(/[\w.-]+)?", base) or base.startswith("."):
        raise UsageError(f"--base {base}: there is no such folder, and it is no Hub id (ORG/NAME)")
    return _cached(base) or _download(base)


def _missing(folder: Path) -> str:
    """What a folder lacks to be loaded, or ""."""
    wanted = {"config.json": ("config.json",), "weights": (*WEIGHTS, *PICKLED)}
    # Transformers makes an empty tokenizer of a folder that has none, and says nothing
    wanted["a tokenizer"] = TOKENIZERS
    for what, names in wanted.items():
        if not any((folder / name).is_file() for name in names):
            return what
    return ""


def _incomplete(base: str, missing: str) -> str:
    fixes = {
        "config.json": "Give the folder that save_pretrained wrote the model to",
        "weights": f"Put the model's {WEIGHTS[0]} there",
        "a tokenizer": "Copy the tokenizer.json that the model was trained with into it, "
        "or write it with tokenizer.save_pretrained",
    }
    return f"--base {base}: the folder lacks {missing}. {fixes[missing]}"


def _cached(base: str) -> Path | None:
    try:
        folder = Path(
            snapshot_download(
                base,
                local_files_only=True,
                allow_patterns=["*.json", "*.safetensors"],
                ignore_patterns=["*/*"],
            )
        )
    except (LocalEntryNotFoundError, HFValidationError):
        return None
    return None if _missing(folder) else folder


def _download(base: str) -> Path:
    """Fetch a model from the Hub. Asks once, shortly, so that no network is told at once."""
    try:
        info = HfApi().model_info(base, timeout=HUB_TIMEOUT)
        names = {file.rfilename for file in info.siblings or []}
        weights = "*.safetensors" if names & set(WEIGHTS) else "*.bin"
        patterns = ["*.json", "*.txt", "*.model", weights]
        folder = Path(snapshot_download(base, allow_patterns=patterns, ignore_patterns=["*/*"]))
    except (RepositoryNotFoundError, HFValidationError) as error:
        raise BaseModelError(
            f"--base {base}: no folder of that name, and no model that the Hub lets you read. "
            "Check the name; for a private or gated model run: hf auth login"
        ) from error
    except Exception as error:  # the Hub's client lets errors of several HTTP libraries through
        raise BaseModelError(f"{_unreachable(base, error)}. {OFFLINE}") from error
    if missing := _missing(folder):
        raise BaseModelError(f"--base {base}: the model on the Hub lacks {missing}")
    return folder


def _unreachable(base: str, error: Exception) -> str:
    if isinstance(error, OfflineModeIsEnabled):
        return f"The Hub could not be reached for {base}: HF_HUB_OFFLINE is set"
    if isinstance(error, HfHubHTTPError):
        return f"The Hub could not give {base}: {' '.join(str(error).split())[:200]}"
    return f"The Hub could not be reached for {base}: {' '.join(str(error).split())[:200]}"
