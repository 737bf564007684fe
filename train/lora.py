"""LoRA through `peft`: train low-rank additions to the attention's weights, then add them in.

What is saved is the whole model, with the additions merged into its weights: a run folder loads
with from_pretrained alone, whoever opens it, and needs neither peft nor the base.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from train.errors import needs_extra

if TYPE_CHECKING:
    from train.bases import Base
    from train.trainer import TokenTrainer

TARGETS = (["query_key_value"], ["q_proj", "k_proj", "v_proj", "o_proj"], ["c_attn"])
"Names of the attention's weights: GPT-NeoX, Llama and its kin, GPT-2."


def add(base: Base, rank: int) -> Base:
    """The base with additions of `rank` that alone are trained, scaled by 2 (alpha = 2 × rank)."""
    with needs_extra():
        from peft import LoraConfig, TaskType, get_peft_model
    names = {name.rsplit(".", 1)[-1] for name, _ in base.model.named_modules()}
    fits: Any = next((known for known in TARGETS if names >= set(known)), "all-linear")
    config = LoraConfig(
        r=rank,
        lora_alpha=2 * rank,
        lora_dropout=0.0,
        target_modules=fits,
        task_type=TaskType.CAUSAL_LM,
    )
    with warnings.catch_warnings():  # peft asks Transformers by a name of earlier
        warnings.simplefilter("ignore", FutureWarning)
        model: Any = get_peft_model(base.model, config)
    model.enable_input_require_grads()  # what --checkpointing computes again must have a gradient
    return replace(base, model=model)


def merge(trainer: TokenTrainer) -> Any:
    """The trained model with the additions in its weights."""
    model: Any = trainer.accelerator.unwrap_model(trainer.model)
    return model.merge_and_unload()
