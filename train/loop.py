"""The training loop: a version folder and a base in, a run folder out.

It is `transformers.Trainer`, so `torchrun -m train …` and `accelerate launch -m train …` spread it
over devices as they are. Only the first process writes and speaks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from transformers import EarlyStoppingCallback

from train import bases, card, lora, place, run
from train.config import TrainConfig
from train.data import Tokens, documents, hold_out, tokenise
from train.errors import TrainError, UsageError
from train.flops import Cost
from train.losses import packed
from train.packing import Collate, Pack, Packs, best_fit
from train.progress import Checkpoints, StepLog, bars, quiet
from train.run import is_first
from train.trainer import TokenTrainer, arguments, last_whole
from train.version import Version

FEW_REFUSALS = 30
DOCUMENTS = "documents"
"In a run that is going on: the first phase, over the documents."


def train(
    version: Version,
    config: TrainConfig,
    base: Path,
    folder: Path,
    say: Callable[[str], None],
    resume: bool = False,
) -> None:
    """Train the model in the folder `base` on a version, and write the run to `folder`."""
    bases.set_threads()
    try:
        with quiet():
            say(f"Loading {config.base}")
            _Run(version, config, bases.load(base), folder, say, resume).go()
    except torch.OutOfMemoryError as error:
        raise TrainError(
            "Out of memory: try a lower --batch-size (and more --accumulate), a lower "
            "--pack-length, or --checkpointing"
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
        resume: bool,
    ) -> None:
        self.version, self.config, self.base, self.folder = version, config, base, folder
        self.part = folder / place.PART
        self.say, self.resume = say, resume
        self.context = min(config.context, base.context)
        rows = tokenise(version.train, base.tokenizer, self.context)
        self.train, self.validation = hold_out(rows, version, config.patience is not None)
        self.test = tokenise(version.test, base.tokenizer, self.context, split="test")
        self._report_rows()

    def _report_rows(self) -> None:
        left_out = self.train.left_out + self.test.left_out
        held = f", {len(self.validation)} held out" if self.validation else ""
        self.say(f"{len(self.train)} rows to train on, {len(self.test)} to test on{held}")
        if left_out:
            shown = ", ".join(f"{row.id} ({row.reason})" for row in left_out[:5])
            more = f" and {len(left_out) - 5} more, in run.json" if len(left_out) > 5 else ""
            self.say(f"Left out {len(left_out)}: {shown}{more}")
        if 0 < self.version.refusals < FEW_REFUSALS:
            self.say(
                f"Refusals to learn from: {self.version.refusals}. A small model needs some 50 to "
                "turn questions down (moderation.refusals in the recipe)"
            )
        if not self.train:
            raise UsageError(
                f"{self.version.path} has no row left to train on: all "
                f"{len(self.train.left_out)} are empty or longer than {self.context} tokens"
            )

    def go(self) -> None:
        """The documents where asked for; then test, train, test again, save."""
        if is_first():
            place.prepare(self.folder, keep=self.resume)
        if self.config.lora:
            self.base = lora.add(self.base, self.config.lora)
        with bars() as progress, packed(self.base.model) as able:
            if not able:
                self.say("This model's attention cannot be packed: rows are padded instead")
            collate = Collate(self.base.pad, folded=able)
            if self.config.documents_epochs:
                self._documents(progress, collate)
            trainer = self._phase(
                progress,
                collate,
                self.part,
                self._packs(self.train),
                {"test": self._packs(self.test), "validation": self._packs(self.validation)},
            )
            after = trainer.measure("test") if self.test else None
        self._save(trainer)
        if is_first():
            if after is not None:
                self.say(f"Test loss after training: {after:.4f}")
            record = self._record(trainer, after)
            card.write(self.part, record, self.version)
            run.write(self.part, record)
            place.finish(self.folder)
        trainer.accelerator.wait_for_everyone()
        trainer.end()  # type: ignore[no-untyped-call]

    def _packs(self, tokens: Tokens) -> list[Pack]:
        return best_fit(tokens.rows, min(self.config.pack_length, self.context))

    def _documents(self, progress: Any, collate: Collate) -> None:
        """The first phase. Where an earlier run of this folder finished it, its model is loaded."""
        folder = self.part / DOCUMENTS
        texts = documents(self.version, self.base.tokenizer, self.context)
        if not texts.rows:
            raise UsageError(
                f"{self.version.path} has no documents of its training rows to train on "
                "(publish.documents: false?): leave out --documents-epochs"
            )
        self.say(f"{texts.learned:,} tokens of {len(texts)} passages to read first")
        config = {"num_train_epochs": self.config.documents_epochs, "max_steps": -1}
        self._phase(progress, collate, folder, self._packs(texts), {}, **config)

    def _phase(
        self,
        progress: Any,
        collate: Collate,
        folder: Path,
        packs: Sequence[Pack],
        splits: Mapping[str, Sequence[Pack]],
        **more: Any,
    ) -> TokenTrainer:
        """One training over packs, from its last checkpoint where there is one to go on from."""
        first = folder != self.part
        mark = run.mark(self.version, self.config)
        checkpoint = last_whole(folder) if self.resume else None
        if checkpoint:
            run.check_mark(checkpoint, mark)
            self.say(f"Going on from step {checkpoint.name.split('-')[-1]}")
        overrides: dict[str, Any] = {"eval_on_start": bool(any(splits.values())) and not checkpoint}
        if first:  # nothing is measured that could stop it early
            overrides |= {
                "eval_strategy": "no",
                "save_strategy": "no",
                "load_best_model_at_end": False,
            }
            overrides |= {"metric_for_best_model": None, "greater_is_better": None}
        args = arguments(self.config, folder, **(overrides | more))
        trainer = TokenTrainer(
            model=self.base.model,
            args=args,
            data_collator=collate,
            schedule=self.config.schedule,
            cost=Cost.of(self.base.model, frozen=self.config.lora is not None),
            train_dataset=Packs(packs),
            splits=splits,
            mark=mark,
        )
        trainer.add_callback(StepLog(folder / run.LOG, progress, self.say))
        measured = self.config.patience is not None and not first
        trainer.add_callback(Checkpoints(self.config.save_every, at_end=first, measured=measured))
        if self.config.patience and measured:
            trainer.add_callback(EarlyStoppingCallback(self.config.patience))
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        return trainer

    def _save(self, trainer: TokenTrainer) -> None:
        model: Any = trainer.model
        model.config.use_cache = True  # training turned it off; answering needs it
        if self.config.lora:
            model = lora.merge(trainer)
            if is_first():
                model.save_pretrained(self.part)
        else:
            trainer.save_model(str(self.part))
        if is_first():
            self.base.tokenizer.save_pretrained(self.part)
            # The Trainer pickles its arguments; run.json says the same and is safe to open
            (self.part / "training_args.bin").unlink(missing_ok=True)

    def _record(self, trainer: TokenTrainer, after: float | None) -> run.Record:
        steps = [line for line in trainer.state.log_history if "tokens_per_second" in line]
        measured = [line for line in trainer.state.log_history if "eval_test_loss" in line]
        validation = [
            line["eval_validation_loss"]
            for line in trainer.state.log_history
            if "eval_validation_loss" in line
        ]
        learned = sum(line["tokens"] for line in steps)
        return run.Record(
            dataset=run.describe(self.version),
            base=_absolute(self.config.base),
            options=asdict(self.config),
            context=self.context,
            rows={"train": len(self.train), "test": len(self.test)}
            | ({"validation": len(self.validation)} if self.validation else {}),
            left_out=self.train.left_out + self.test.left_out,
            tokens={
                "total": self.train.total,
                "learned": self.train.learned,
                "learned_in_steps": int(learned),
            },
            steps=trainer.state.global_step,
            epochs=round(trainer.state.epoch or 0.0, 4),
            loss=run.StepLoss(steps[0]["loss"], steps[-1]["loss"]),
            test_loss=run.SplitLoss(measured[0]["eval_test_loss"] if measured else None, after),
            seconds=round(sum(line["seconds"] for line in steps), 2),
            device=_device(trainer),
            packages=run.packages(),
            validation_loss=validation,
            flops=float(trainer.state.total_flos),
            packs=len(trainer.train_dataset),  # type: ignore[arg-type]
        )


def _absolute(base: str) -> str:
    folder = Path(base).expanduser()
    return str(folder.resolve()) if folder.is_dir() else base


def _device(trainer: TokenTrainer) -> str:
    device = trainer.args.device
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    return f"{trainer.args.world_size} × {name}, {'bf16' if trainer.args.bf16 else 'fp32'}"
