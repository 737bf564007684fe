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
    RevisionNotFoundError,
)

from train import made, run
from train.errors import BaseModelError, TrainError, UsageError

HUB_TIMEOUT = 5.0
SIZES = ("14m", "31m", "70m", "160m", "410m", "1b", "1.4b")
PINNED = {
    f"EleutherAI/pythia-{size}{kind}": "step143000" for size in SIZES for kind in ("", "-deduped")
}
"The branch of the last step. What was written to `main` later is not taken unasked."
WEIGHTS = ("model.safetensors", "model.safetensors.index.json")
PICKLED = ("pytorch_model.bin", "pytorch_model.bin.index.json")
TOKENIZERS = ("tokenizer.json", "vocab.json", "tokenizer.model", "spiece.model", "vocab.txt")
PUSHED = (
    *("README.md", "run.json", "log.jsonl", "*.safetensors", "model.safetensors.index.json"),
    *("config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json"),
    *("special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt", "*.jinja"),
    *("tokenizer.model", "spiece.model", "evaluation/evaluation.json"),
)
"What `push` uploads; nothing pickled, nothing else that lies in the folder."
OFFLINE = (
    "Without the Hub, take --base embedded, give a local folder that has config.json, weights and "
    "tokenizer.json (--base FOLDER), or the id of a model that is already in the Hugging Face "
    "cache (a Pythia: hf download EleutherAI/pythia-70m --revision step143000)"
)


def find(base: str, tokenizer: str | None = None) -> Path:
    """The folder that holds a base: the one given, one made here, or where the Hub's files are.

    A Pythia is taken at the revision in PINNED; ORG/NAME@REVISION asks for another.
    """
    if base == made.EMBEDDED:
        return made.embedded()
    if base.startswith(made.RANDOM):
        return made.random(base.removeprefix(made.RANDOM), tokenizer)
    folder = Path(base).expanduser()
    if folder.is_dir():
        if missing := _missing(folder):
            raise UsageError(_incomplete(base, missing))
        return folder
    name, _, revision = base.partition("@")
    if not re.fullmatch(r"[\w.-]+(/[\w.-]+)?", name) or base.startswith("."):
        raise UsageError(f"--base {base}: there is no such folder, and it is no Hub id (ORG/NAME)")
    wanted = revision or PINNED.get(name)
    return _cached(name, wanted) or _download(name, wanted)


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


def _cached(base: str, revision: str | None) -> Path | None:
    try:
        folder = Path(
            snapshot_download(
                base,
                revision=revision,
                local_files_only=True,
                allow_patterns=["*.json", "*.safetensors"],
                ignore_patterns=["*/*"],
            )
        )
    except (LocalEntryNotFoundError, HFValidationError):
        return None
    return None if _missing(folder) else folder


def _download(base: str, revision: str | None) -> Path:
    """Fetch a model from the Hub. Asks once, shortly, so that no network is told at once."""
    try:
        info = HfApi().model_info(base, revision=revision, timeout=HUB_TIMEOUT)
        names = {file.rfilename for file in info.siblings or []}
        weights = "*.safetensors" if names & set(WEIGHTS) else "*.bin"
        patterns = ["*.json", "*.txt", "*.model", weights]
        folder = Path(
            snapshot_download(
                base, revision=info.sha, allow_patterns=patterns, ignore_patterns=["*/*"]
            )
        )
    except (RepositoryNotFoundError, RevisionNotFoundError, HFValidationError) as error:
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


def push(folder: Path, repo: str, private: bool = True) -> str:
    """Upload a finished run: weights as safetensors, tokenizer, card and records. Returns its URL.

    Raises TrainError where the Hub refuses; the token is taken from where `hf auth login` put it.
    """
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", repo):
        raise UsageError(f"--repo {repo}: is no Hub id, give ORG/NAME")
    run.read(folder)
    if not any(folder.glob("*.safetensors")):
        raise UsageError(f"{folder} holds no weights as safetensors")
    api = HfApi()
    try:
        url = api.create_repo(repo, private=private, exist_ok=True, repo_type="model")
        api.upload_folder(
            repo_id=repo,
            folder_path=folder,
            allow_patterns=list(PUSHED),
            commit_message="A run of curate's trainer",
        )
    except Exception as error:  # the Hub's client lets errors of several HTTP libraries through
        reason = " ".join(str(error).split())[:200]
        raise TrainError(
            f"{folder} could not be pushed to {repo}: {reason}. "
            "Is the name right, and are you logged in (hf auth login)?"
        ) from error
    return str(url)
