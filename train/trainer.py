"""`transformers.Trainer` over packs, with losses that are means over learned tokens.

A step's summed loss is divided once by its learned tokens, over all its batches and devices, so
that any split of a step is the same step. What is measured on a split is likewise one mean.
The order of packs depends on the seed and the epoch alone, and where packs do not divide evenly
among devices, the last ones get an empty batch: nothing is ever learned twice.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch.optim.lr_scheduler import LambdaLR, LRScheduler
from transformers import (
    EarlyStoppingCallback,
    PreTrainedModel,
    PrinterCallback,
    Trainer,
    TrainingArguments,
)

from train.config import TrainConfig
from train.flops import Cost, peak
from train.losses import row_losses, token_losses
from train.packing import Batch, Order, Pack, Packs

WHOLE = "whole.json"
"In a checkpoint that was written to its end; says what run it is of."
SHAPES: dict[str, Callable[[float], float]] = {
    "cosine": lambda done: (1 + math.cos(math.pi * done)) / 2,
    "linear": lambda done: 1 - done,
    "constant": lambda _: 1.0,
}


def share(step: int, schedule: str, warmup: int, steps: int) -> float:
    """The learning rate of a step, counted from 0, as a share of the highest.

    Transformers' own schedules begin at nothing, so that a run of one step would learn nothing;
    here the warmup begins at its first part.
    """
    if step < warmup:
        return (step + 1) / warmup
    done = (step - warmup) / max(1, steps - warmup)
    return SHAPES[schedule](min(1.0, done))


def arguments(config: TrainConfig, folder: Path, **more: Any) -> TrainingArguments:
    """The Trainer's arguments for a run, `more` added.

    Never fp16: small GPT-NeoX models overflow in it.
    """
    cuda = torch.cuda.is_available()
    stops_early = config.patience is not None
    each = "epoch" if stops_early else "no"
    settings: dict[str, Any] = {
        "output_dir": str(folder),
        # Said, because several processes on CPUs would else each train alone
        "use_cpu": not torch.accelerator.is_available(),
        "num_train_epochs": config.epochs,
        "max_steps": config.max_steps or -1,
        "per_device_train_batch_size": config.batch_size,
        "gradient_accumulation_steps": config.accumulate,
        "learning_rate": config.learning_rate,
        "warmup_steps": config.warmup,
        "weight_decay": config.weight_decay,
        "optim": "adamw_torch_fused",
        "activation_checkpointing": config.checkpointing,
        "torch_compile": config.compile,
        "seed": config.seed,
        "bf16": cuda and torch.cuda.is_bf16_supported(),
        "ddp_find_unused_parameters": False,
        "dataloader_pin_memory": cuda,
        "remove_unused_columns": False,
        "eval_strategy": each,
        "save_strategy": each,
        "save_total_limit": 2,
        "load_best_model_at_end": stops_early,
        "metric_for_best_model": "validation_loss" if stops_early else None,
        "greater_is_better": False if stops_early else None,
        "logging_steps": 1,
        "logging_nan_inf_filter": False,
        "report_to": "none",
        "disable_tqdm": True,
        "log_level": "error",
        "log_level_replica": "error",
    }
    return TrainingArguments(**{**settings, **more})


class TokenTrainer(Trainer):
    """A Trainer over packs that counts what it learns and computes.

    `splits` are measured before the first step, and `validation`, where there is one, when each
    epoch ends. `mark` is written into a checkpoint as its last file.
    """

    loss_is_scaled_for_ga = True

    def __init__(
        self,
        schedule: str,
        cost: Cost,
        splits: Mapping[str, Sequence[Pack]],
        mark: Mapping[str, Any],
        **kwargs: Any,
    ) -> None:
        self.schedule, self.cost, self.mark = schedule, cost, mark
        self.splits = {name: packs for name, packs in splits.items() if packs}
        self._started = 0.0
        self._work = (0, 0.0, 0, 0.0)
        # The Trainer asks for a dataset to measure; `evaluate` below takes it from `splits`
        super().__init__(eval_dataset=Packs([]), **kwargs)
        self.remove_callback(PrinterCallback)

    def create_scheduler(
        self, num_training_steps: int, optimizer: torch.optim.Optimizer | None = None
    ) -> LRScheduler:
        """The learning rate of each step, none of them nothing."""
        warmup = self.args.get_warmup_steps(num_training_steps)

        def part(step: int) -> float:
            return share(step, self.schedule, warmup, num_training_steps)

        scheduler = LambdaLR(optimizer or self.optimizer, part)  # type: ignore[arg-type]
        self.lr_scheduler = scheduler
        return scheduler

    def _get_train_sampler(self, train_dataset: Any = None) -> Order:
        packs = len(train_dataset or self.train_dataset)  # type: ignore[arg-type]
        multiple = self.args.world_size if self.args.world_size > 1 else 1
        multiple = 1 if multiple == 1 else multiple * self.args.per_device_train_batch_size
        return Order(packs, self.args.seed, multiple)

    def get_batch_samples(
        self, epoch_iterator: Iterator[Any], num_batches: int, device: torch.device
    ) -> tuple[list[Batch], torch.Tensor]:
        """The batches of the next step, and how many tokens they teach on all devices."""
        self._started = time.perf_counter()
        batches = list(islice(epoch_iterator, num_batches))
        lengths = [length for batch in batches for length in batch["lengths"]]
        work = [
            sum(len(batch["targets"]) for batch in batches),
            sum(self.cost.of_batch(batch) for batch in batches),
            sum(lengths),
            sum(self.cost.per_token(length) * length for length in lengths),
        ]
        sums = torch.tensor([work], dtype=torch.double, device=device)
        learned, computed, tokens, nominal = self.accelerator.gather(sums).sum(dim=0).tolist()
        self._work = (int(learned), computed, int(tokens), nominal)
        return batches, torch.tensor(max(1, int(learned)), device=device)

    def compute_loss(
        self,
        model: torch.nn.Module,
        inputs: Batch,
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> Any:
        """The summed loss of a batch over the learned tokens of the whole step.

        Times the number of processes, because their gradients are averaged.
        """
        summed = token_losses(model, inputs).sum()
        loss = summed / (num_items_in_batch or 1) * self.accelerator.num_processes
        return (loss, {}) if return_outputs else loss

    def floating_point_ops(self, inputs: Batch) -> int:
        """The operations that a batch takes; `state.total_flos` adds them up."""
        return int(self.cost.of_batch(inputs))

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Add to a step's log what it learned and computed."""
        if "loss" in logs:
            seconds = time.perf_counter() - self._started
            learned, computed, tokens, nominal = self._work
            limit = peak(self.args.device)
            logs["tokens"] = learned
            logs["tokens_per_second"] = round(learned / seconds, 1)
            logs["seconds"] = round(seconds, 4)
            logs["flops_per_token"] = round(nominal / max(1, tokens))
            if limit:
                logs["mfu"] = round(computed / seconds / limit / self.args.world_size, 4)
        super().log(logs, start_time)

    def _run_epoch(self, *args: Any, **kwargs: Any) -> None:
        """A pass over the packs, but not after the end, where a resumed run may have been."""
        stopped = any(
            isinstance(one, EarlyStoppingCallback)
            and one.early_stopping_patience_counter >= one.early_stopping_patience
            for one in self.callback_handler.callbacks
        )
        if stopped or self.state.global_step >= self.state.max_steps:
            self.control.should_training_stop = True
        else:
            super()._run_epoch(*args, **kwargs)  # type: ignore[no-untyped-call]

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Measure before training all splits, and after each epoch the validation rows."""
        names = list(self.splits) if self.state.global_step == 0 else ["validation"]
        metrics = {f"eval_{name}_loss": self.measure(name) for name in names}
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(
            self.args, self.state, self.control, metrics
        )
        return metrics

    @torch.no_grad()
    def measure(self, split: str) -> float:
        """The mean loss over the learned tokens of a split, computed by all processes together."""
        packs, world = Packs(self.splits[split]), self.args.world_size
        model = self.model_wrapped
        training = model.training
        model.eval()
        sums = torch.zeros(2, dtype=torch.double, device=self.args.device)
        for start in range(0, len(packs), world):
            mine: list[Any] = [packs[start + self.args.process_index]]
            batch = self._prepare_inputs(self.data_collator(mine))
            for _, loss, count in row_losses(model, batch):
                sums += torch.tensor([loss, count], dtype=torch.double, device=sums.device)
            self.callback_handler.on_prediction_step(self.args, self.state, self.control)
        model.train(training)
        loss, count = self.accelerator.reduce(sums).tolist()
        return float(loss / count)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        if isinstance(self.model, PreTrainedModel) and not self.is_fsdp_enabled:
            _restore(self.model, resume_from_checkpoint)
        else:
            super()._load_from_checkpoint(resume_from_checkpoint, model)

    def _load_best_model(self) -> None:
        best = self.state.best_model_checkpoint
        if best and isinstance(self.model, PreTrainedModel) and not self.is_fsdp_enabled:
            _restore(self.model, best)
        else:
            super()._load_best_model()

    def _save_checkpoint(self, model: torch.nn.Module, trial: Any) -> None:
        """A checkpoint, and as its last file the mark: one without was cut off and is not used."""
        super()._save_checkpoint(model, trial)
        self.accelerator.wait_for_everyone()
        if self.args.should_save:
            folder = Path(str(self.args.output_dir)) / f"checkpoint-{self.state.global_step}"
            # Pickled arguments, which the run itself knows
            (folder / "training_args.bin").unlink(missing_ok=True)
            (folder / WHOLE).write_text(json.dumps(self.mark), encoding="utf-8")


def _restore(model: PreTrainedModel, checkpoint: str) -> None:
    """Give a model the weights of a checkpoint, all of them.

    The Trainer (Transformers 5.23) reads the file itself, not strictly, and so passes over weights
    that are saved by another name than they have in the model: all GPT-NeoX output layers.
    """
    saved = type(model).from_pretrained(checkpoint, local_files_only=True, dtype=model.dtype)
    model.load_state_dict(saved.state_dict())


def last_whole(folder: Path) -> Path | None:
    """The newest checkpoint in a folder that was written to its end."""
    whole = [mark.parent for mark in folder.glob(f"checkpoint-*/{WHOLE}")]
    return max(whole, key=lambda path: int(path.name.split("-")[-1]), default=None)
