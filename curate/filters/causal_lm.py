"""Load a causal language model to measure texts with, from a folder or the Hub.

Weights are read from safetensors only, and no code of a repository is run. What is on this machine
already is not asked for again. A model that would measure nonsense is refused: one with weights
missing, with a tokenizer of another model, or one that looks ahead.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from curate.errors import InputError, MissingExtra

if TYPE_CHECKING:
    import torch

Precision = Literal["float32", "bfloat16"]


@dataclass(frozen=True)
class CausalLM:
    """A model ready to measure, where it runs, and its tokenizer.

    `context` is the most tokens that it reads, None where it does not say.
    """

    model: Any
    tokenizer: Any
    device: torch.device
    context: int | None

    @property
    def start(self) -> list[int]:
        """What its tokenizer puts before every text by itself: mostly nothing, or a start token."""
        plain = self.tokenizer("a", add_special_tokens=False)["input_ids"]
        whole = self.tokenizer("a")["input_ids"]
        before = len(whole) - len(plain)
        return [int(token) for token in whole[: max(0, before)] if whole[before:] == plain]

    def tokens(self, texts: list[str]) -> list[list[int]]:
        """The token ids of each text. The name of a special token in a text is text."""
        if not texts:
            return []
        encoded = self.tokenizer(
            texts, add_special_tokens=False, split_special_tokens=True, verbose=False
        )
        ids: list[list[int]] = encoded["input_ids"]
        return ids


def load_causal_lm(name: str, revision: str | None, precision: Precision) -> CausalLM:
    """The model of an id or a folder, on the GPU where there is one.

    Raises MissingExtra without torch or transformers, InputError for a model that does not load or
    cannot measure.
    """
    try:
        import torch
        import transformers
    except ImportError as error:
        raise MissingExtra("torch with transformers", "train") from error
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    kept = {"revision": revision, "trust_remote_code": False}
    with _silent(transformers):
        tokenizer = _found(transformers.AutoTokenizer.from_pretrained, name, kept)
        model, info = _found(
            transformers.AutoModelForCausalLM.from_pretrained,
            name,
            kept
            | {
                "dtype": getattr(torch, precision),
                "use_safetensors": True,
                "output_loading_info": True,
                "ignore_mismatched_sizes": True,  # told below, with their names
            },
        )
    _check(name, model, tokenizer, info)
    context = getattr(model.config, "max_position_embeddings", None)
    loaded = CausalLM(model.to(device).eval(), tokenizer, device, context)
    if not _looks_back_only(loaded):
        raise InputError(f"{name} is no causal language model: a later word changes an earlier one")
    return loaded


def _found(load: Any, name: str, kept: dict[str, Any]) -> Any:
    """What `load` finds on this machine, or else on the Hub."""
    try:
        return load(name, local_files_only=True, **kept)
    except Exception:  # files of all sorts, read by four libraries
        try:
            return load(name, **kept)
        except Exception as error:
            told = " ".join(str(error).split())[:300]
            at = f" at revision {kept['revision']}" if kept["revision"] else ""
            raise InputError(
                f"The model {name!r}{at} could not be loaded: {told} Give the id of a causal "
                "language model on the Hub, or a folder with config.json, tokenizer.json and "
                "model.safetensors."
            ) from error


def _check(name: str, model: Any, tokenizer: Any, info: dict[str, Any]) -> None:
    """Raise InputError where weights were made up, or there is no tokenizer that fits.

    Of a folder without one transformers makes an empty one, and says nothing.
    """
    wrong = sorted(info["missing_keys"]) + sorted(str(key[0]) for key in info["mismatched_keys"])
    if wrong:
        raise InputError(
            f"{name}: its weights do not fit its config.json: {', '.join(wrong[:5])} are missing "
            "or of another size, so its numbers would mean nothing."
        )
    if len(set(tokenizer("What is it?")["input_ids"])) < 2:
        raise InputError(f"{name} has no tokenizer. Copy the model's tokenizer.json into it.")
    rows = model.get_input_embeddings().weight.shape[0]
    if len(tokenizer) > rows:
        raise InputError(
            f"{name}: its tokenizer has {len(tokenizer)} tokens, its model {rows}. "
            "Use the tokenizer that the model was trained with."
        )


def _looks_back_only(lm: CausalLM) -> bool:
    """Whether a last token leaves what the model says after the first as it is."""
    import torch

    pair = torch.tensor([[0, 0, 0], [0, 0, 1]], device=lm.device)
    with torch.inference_mode():
        one, other = lm.model(input_ids=pair).logits[:, 0].float()
    return bool(torch.allclose(one, other, rtol=1e-4, atol=1e-5))


@contextmanager
def _silent(transformers: Any) -> Iterator[None]:
    """Keep the library's own bars and warnings off the terminal."""
    logs = transformers.utils.logging
    level, bars = logs.get_verbosity(), logs.is_progress_bar_enabled()
    logs.set_verbosity_error()
    logs.disable_progress_bar()
    try:
        yield
    finally:
        logs.set_verbosity(level)
        if bars:
            logs.enable_progress_bar()
