"""Fine-tune a small causal language model on a version folder, and ask it.

    from train import finetune
    model = finetune("datasets/python-reference/1.0.0", base="EleutherAI/pythia-70m")
    print(model("What does len return?"))

On the command line: `python -m train --help`. PyTorch is loaded at first use, not at import.
"""

from train.ask import Model
from train.start import finetune

__all__ = ["Model", "finetune"]
