"""What a step computes, in floating-point operations, and what share of the device's peak that is.

Forward and backward take 6 per matmul parameter and token, and 12·L·H·Q per token and token that it
looks at (PaLM, appendix B: https://arxiv.org/abs/2204.02311). What is not computed is not counted:
tokens that rows share count once, the output layer only where there is a target.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from train.packing import Batch

# Dense bf16 operations a second, from the makers' data sheets; the longest name that fits counts
PEAKS = {
    "A10": 125e12,
    "A10G": 70e12,
    "A100": 312e12,
    "A40": 150e12,
    "B200": 2250e12,
    "GH200": 989e12,
    "H100": 989e12,
    "H100 PCIe": 756e12,
    "H200": 989e12,
    "L4": 121e12,
    "L40S": 362e12,
    "RTX 3090": 71e12,
    "RTX 4090": 165e12,
    "V100": None,  # knows no bf16
}


def peak(device: torch.device) -> float | None:
    """Operations a second that a device could do at most, or None where that is not known."""
    if device.type != "cuda":
        return None
    name = torch.cuda.get_device_name(device)
    fits = [known for known in PEAKS if known in name.replace("-", " ")]
    return PEAKS[max(fits, key=len)] if fits else None


@dataclass(frozen=True)
class Cost:
    """What a model costs. `attention` is L·H·Q: layers × heads × their size."""

    body: int
    "Parameters of the matmuls of each token, without the output layer."
    head: int
    "Parameters of the output layer."
    attention: int
    passes: int = 6
    "Operations per parameter and token: 6, or 4 where the weights are frozen (LoRA)."

    @classmethod
    def of(cls, model: Any, frozen: bool = False) -> Cost:
        """The cost of a causal language model; its input embedding is a look-up and counts not."""
        config = model.config
        head = model.get_output_embeddings().weight.numel()
        tied = model.get_output_embeddings().weight is model.get_input_embeddings().weight
        embedding = 0 if tied else model.get_input_embeddings().weight.numel()
        matrices = sum(part.numel() for part in model.parameters() if part.dim() >= 2)
        size = getattr(config, "head_dim", None)
        width = config.num_attention_heads * size if size else config.hidden_size
        attention = config.num_hidden_layers * width
        return cls(matrices - head - embedding, head, attention, 4 if frozen else 6)

    def per_token(self, length: float) -> float:
        """6N + 12·L·H·Q·T: operations per token of rows of `length` tokens, all of it computed."""
        return self.passes * (self.body + self.head) + 12 * self.attention * length

    def of_batch(self, batch: Batch) -> float:
        """The operations that a batch takes."""
        tokens = batch["inputs"]["input_ids"].numel() if batch["ids"] else 0
        looks = sum(length**2 for length in batch["lengths"])
        weights = self.body * tokens + self.head * len(batch["targets"])
        return float(self.passes * weights + 12 * self.attention * looks)
