"""`transformers.Trainer` with losses that are means over learned tokens, and its own schedule.

While training, the Trainer divides the summed loss of a step by the step's learned tokens, over all
its batches and devices. While testing it averages over batches, in which a short answer weighs as
much as a long one; so here the sums of each row are gathered, and divided once.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.optim.lr_scheduler import LambdaLR, LRScheduler
from transformers import EvalPrediction, PrinterCallback, Trainer, TrainingArguments

from train.config import TrainConfig
from train.data import IGNORED
from train.schedule import share


def arguments(config: TrainConfig, folder: Path, tested: bool) -> TrainingArguments:
    """The Trainer's arguments for a run. `tested`: measure a test split before the first step.

    Never fp16: small GPT-NeoX models overflow in it.
    """
    cuda = torch.cuda.is_available()
    return TrainingArguments(
        output_dir=str(folder),
        # Said, because several processes on CPUs would else each train alone
        use_cpu=not torch.accelerator.is_available(),
        num_train_epochs=config.epochs,
        max_steps=config.max_steps or -1,
        per_device_train_batch_size=config.batch_size,
        per_device_eval_batch_size=config.batch_size,
        gradient_accumulation_steps=config.accumulate,
        learning_rate=config.learning_rate,
        warmup_steps=config.warmup,
        weight_decay=config.weight_decay,
        activation_checkpointing=config.checkpointing,
        seed=config.seed,
        bf16=cuda and torch.cuda.is_bf16_supported(),
        ddp_find_unused_parameters=False,
        dataloader_pin_memory=cuda,
        remove_unused_columns=False,
        # Not trainer.evaluate() before train(): that marks the model as prepared, so that several
        # processes would then train apart, without a word
        eval_on_start=tested,
        logging_steps=1,
        logging_nan_inf_filter=False,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        log_level="error",
        log_level_replica="error",
    )


class TokenTrainer(Trainer):
    """A Trainer over token rows that counts the tokens it learns."""

    learned: int = 0
    "Tokens learned so far, on all devices."

    def __init__(self, schedule: str, **kwargs: Any) -> None:
        self.schedule = schedule
        super().__init__(
            preprocess_logits_for_metrics=row_losses, compute_metrics=_token_mean, **kwargs
        )
        self.remove_callback(PrinterCallback)

    def create_scheduler(
        self, num_training_steps: int, optimizer: torch.optim.Optimizer | None = None
    ) -> LRScheduler:
        """The learning rate of each step, none of them nothing."""
        warmup = self.args.get_warmup_steps(num_training_steps)
        part = partial(share, schedule=self.schedule, warmup=warmup, steps=num_training_steps)
        scheduler = LambdaLR(optimizer or self.optimizer, part)  # type: ignore[arg-type]
        self.lr_scheduler = scheduler
        return scheduler

    def get_batch_samples(
        self, epoch_iterator: Iterator[Any], num_batches: int, device: torch.device
    ) -> tuple[list[Any], torch.Tensor | int | None]:
        """The batches of the next step, and how many tokens they teach on all devices."""
        batches, tokens = super().get_batch_samples(epoch_iterator, num_batches, device)
        self.learned += 0 if tokens is None else int(torch.as_tensor(tokens).flatten()[0])
        return batches, tokens


def row_losses(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """For each row the summed loss over its learned tokens, and how many they are."""
    targets = labels[:, 1:]
    losses = torch.nn.functional.cross_entropy(
        logits[:, :-1].float().transpose(1, 2), targets, ignore_index=IGNORED, reduction="none"
    )
    return torch.stack([losses.sum(dim=1), (targets != IGNORED).sum(dim=1)], dim=1)


def _token_mean(prediction: EvalPrediction) -> dict[str, float]:
    losses, tokens = np.asarray(prediction.predictions).sum(axis=0)
    return {"token_loss": float(losses / tokens)}
