"""The training loop: a version folder and a base in, a run folder out.

It is `transformers.Trainer`, so `torchrun -m train …` and `accelerate launch -m train …` spread it
over devices as they are. Only the first process writes and speaks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import torch

from train import bases, place, run
from train.config import TrainConfig
from train.data import Collate, Tokens, tokenise
from train.errors import TrainError, UsageError
from train.progress import StepLog, bars, quiet
from train.ranks import is_first
from train.trainer import TokenTrainer, arguments
from train.version import Version


def train(
    version: Version, config: TrainConfig, base: Path, folder: Path, say: Callable[[str], None]
) -> None:
    """Train the model in the folder `base` on a version, and write the run to `folder`."""
    try:
        with quiet():
            say(f"Loading {config.base}")
            _Run(version, config, bases.load(base), folder, say).go()
    except torch.OutOfMemoryError as error:
        raise TrainError(
            "Out of memory: try a lower --batch-size (and more --accumulate), a lower --context, "
            "or --checkpointing"
        ) from error


class _Run:
    """One run, from tokens to record."""

    def __init__(
        self,
        version: Version,
        config: TrainConfig,
        base: bases.Base,
        folder: Path,
        say: Callable[[str], None],
    ) -> None:
        self.version, self.config, self.base, self.folder = version, config, base, folder
        self.part = folder / place.PART
        self.say = say
        self.context = min(config.context, base.context)
        self.train = tokenise(version.train, base.tokenizer, self.context)
        self.test = tokenise(version.test, base.tokenizer, self.context, split="test")
        self._report_rows()

    def _report_rows(self) -> None:
        left_out = self.train.left_out + self.test.left_out
        self.say(f"{len(self.train)} rows to train on, {len(self.test)} to test on")
        if left_out:
            shown = ", ".join(f"{row.id} ({row.reason})" for row in left_out[:5])
            more = f" and {len(left_out) - 5} more, in run.json" if len(left_out) > 5 else ""
            self.say(f"Left out {len(left_out)}: {shown}{more}")
        if not self.train:
            raise UsageError(
                f"{self.version.path} has no row left to train on: all "
                f"{len(self.train.left_out)} are empty or longer than {self.context} tokens"
            )

    def go(self) -> None:
        """Test, train, test again, save."""
        if is_first():
            place.prepare(self.folder)
        with bars() as progress:
            trainer = TokenTrainer(
                model=self.base.model,
                args=arguments(self.config, self.part, tested=bool(self.test)),
                data_collator=Collate(self.base.pad),
                schedule=self.config.schedule,
                train_dataset=self.train,
                eval_dataset=self.test if self.test else None,
            )
            log = StepLog(self.part / run.LOG, progress, self.say, lambda: trainer.learned)
            trainer.add_callback(log)
            trainer.train()
            if self.test:
                trainer.evaluate()
        self._save(trainer)
        if is_first():
            run.write(self.part, self._record(trainer, log))
            place.finish(self.folder)
        trainer.accelerator.wait_for_everyone()
        trainer.end()  # type: ignore[no-untyped-call]

    def _save(self, trainer: TokenTrainer) -> None:
        self.base.model.config.use_cache = True  # training turned it off; answering needs it
        trainer.save_model(str(self.part))
        if is_first():
            self.base.tokenizer.save_pretrained(self.part)
            # The Trainer pickles its arguments; run.json says the same and is safe to open
            (self.part / "training_args.bin").unlink(missing_ok=True)

    def _record(self, trainer: TokenTrainer, log: StepLog) -> run.Record:
        return run.Record(
            dataset=run.describe(self.version),
            base=_absolute(self.config.base),
            options=asdict(self.config),
            context=self.context,
            rows={"train": len(self.train), "test": len(self.test)},
            left_out=self.train.left_out + self.test.left_out,
            tokens=_count(self.train, trainer.learned),
            steps=trainer.state.global_step,
            epochs=round(trainer.state.epoch or 0.0, 4),
            loss=run.StepLoss(log.losses[0], log.losses[-1]),
            test_loss=run.SplitLoss(*(log.test_losses or (None, None))),
            seconds=round(log.seconds, 2),
            device=_device(trainer),
            packages=run.packages(),
        )


def _count(train: Tokens, learned: int) -> dict[str, int]:
    return {"total": train.total, "learned": train.learned, "learned_in_steps": learned}


def _absolute(base: str) -> str:
    folder = Path(base).expanduser()
    return str(folder.resolve()) if folder.is_dir() else base


def _device(trainer: TokenTrainer) -> str:
    device = trainer.args.device
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    return f"{trainer.args.world_size} × {name}, {'bf16' if trainer.args.bf16 else 'fp32'}"
