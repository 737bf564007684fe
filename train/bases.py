"""Load a base model and its tokenizer from a folder.

Weights are read as fp32, from safetensors or as plain tensors; code in a repository is never run.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from train.errors import BaseModelError

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

PADDING = "<|padding|>"


@dataclass(frozen=True)
class Base:
    """A model with the tokenizer that belongs to it."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase

    @property
    def context(self) -> int:
        """The longest text the model can take, in tokens."""
        return int(getattr(self.model.config, "max_position_embeddings", None) or 2**31)

    @property
    def pad(self) -> int:
        """What fills short rows; it is masked, so the end token serves where there is no other."""
        pad = self.tokenizer.pad_token_id
        return int(self.tokenizer.eos_token_id if pad is None else pad)


def read_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    """The tokenizer of a base. Raises BaseModelError where it cannot be read or has no end."""
    try:
        tokenizer: Any = AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
    except Exception as error:  # as in `load`
        raise BaseModelError(f"{folder} does not load: {_short(error)}") from error
    if tokenizer.eos_token_id is None:
        raise BaseModelError(f"{folder}: its tokenizer has no end token, so no answer could end")
    return tokenizer  # type: ignore[no-any-return]


def read_context(folder: Path) -> int:
    """The longest text that a base can take, in tokens, by its config.json."""
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as error:
        raise BaseModelError(f"{folder} does not load: {_short(error)}") from error
    return int(getattr(config, "max_position_embeddings", None) or 2**31)


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:300]


def load(folder: Path, place: bool = False) -> Base:
    """Load the base that a folder holds; `place` puts it on the GPU, if there is one, to answer.

    Raises BaseModelError where it cannot be read or does not fit together.
    """
    try:
        tokenizer = AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
        loaded: Any = AutoModelForCausalLM.from_pretrained(
            folder,
            local_files_only=True,
            trust_remote_code=False,
            weights_only=True,
            dtype=torch.float32,
            ignore_mismatched_sizes=True,  # _check_weights names them
            output_loading_info=True,
        )
    except Exception as error:  # files of all sorts, read by four libraries
        raise BaseModelError(
            f"{folder} does not load as a causal language model: {_short(error)}"
        ) from error
    model, info = loaded
    _check_weights(folder, info)
    if place:
        model.to(torch.device("cuda" if torch.cuda.is_available() else "cpu")).eval()
    return Base(model, _fit(folder, model, tokenizer))


def _check_weights(folder: Path, info: dict[str, Any]) -> None:
    """Raise BaseModelError for what Transformers filled with random numbers, and only warned of."""
    wrong = [f"{name} (missing)" for name in sorted(info["missing_keys"])]
    wrong += [
        f"{name} (is {tuple(found)}, should be {tuple(wanted)})"
        for name, found, wanted in sorted(info["mismatched_keys"])
    ]
    if wrong:
        more = f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""
        raise BaseModelError(
            f"{folder}: its weights do not fit its config.json: {', '.join(wrong[:5])}{more}. "
            "Use the two files that belong together, whole"
        )


def _fit(folder: Path, model: Any, tokenizer: Any) -> Any:
    """Give the tokenizer a padding token if it knows one, and the model the tokenizer's ids."""
    if tokenizer.eos_token_id is None:
        raise BaseModelError(
            f"{folder}: its tokenizer has no end token, so no answer could end. "
            'Set "eos_token" in its tokenizer_config.json'
        )
    rows = model.get_input_embeddings().weight.shape[0]
    if len(tokenizer) > rows:
        raise BaseModelError(
            f"{folder}: its tokenizer has {len(tokenizer)} tokens, its model only {rows}. "
            "Use the tokenizer that the model was trained with"
        )
    if tokenizer.pad_token_id in (
        None,
        tokenizer.eos_token_id,
    ):  # an end that is learned is not padding
        if PADDING in tokenizer.get_vocab():
            tokenizer.pad_token = PADDING
        elif tokenizer.unk_token_id not in (None, tokenizer.eos_token_id):
            tokenizer.pad_token = tokenizer.unk_token
    for settings in (model.config, model.generation_config):
        settings.eos_token_id = tokenizer.eos_token_id
        settings.pad_token_id = tokenizer.pad_token_id
    return tokenizer


def set_threads() -> None:
    """Compute with a thread for each physical core, shared among the processes on this machine.

    Two threads of one core wait for each other's arithmetic, and torchrun gives each process only
    one thread. OMP_NUM_THREADS is heeded where a person set it.
    """
    processes = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    if "OMP_NUM_THREADS" in os.environ and (processes == 1 or os.environ["OMP_NUM_THREADS"] != "1"):
        return
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2**16
    cores = min(allowed, psutil.cpu_count(logical=False) or os.cpu_count() or 1)
    torch.set_num_threads(max(1, cores // processes))
