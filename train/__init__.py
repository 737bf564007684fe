"""Fine-tune a small causal language model on a version folder, and ask it.

    from train import finetune
    model = finetune("datasets/python-reference/1.0.0", base="EleutherAI/pythia-70m")
    print(model("What does len return?"))

On the command line: `python -m train --help`. PyTorch is loaded at first use, not at import.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from train.ask import Model
    from train.loop import finetune

__all__ = ["Model", "finetune"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'train' has no attribute {name!r}")
    from importlib import import_module

    from train.errors import MissingExtra

    try:
        return getattr(import_module("train.ask" if name == "Model" else "train.loop"), name)
    except ModuleNotFoundError as error:
        if error.name in ("torch", "transformers", "accelerate"):
            raise MissingExtra(error.name) from error
        raise
