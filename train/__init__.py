"""Fine-tune a small causal language model on a version folder. See `python -m train --help`."""
