"""How a run tells of itself while it works: log.jsonl, a bar on stderr, and silent libraries.

A line of log.jsonl is one optimiser step:

    {"step": 1, "epoch": 0.1, "loss": 3.2, "grad_norm": 1.9, "learning_rate": 5e-05,
     "tokens": 412, "tokens_per_second": 803.1, "seconds": 0.513, "flops_per_token": 280110080}

`tokens` counts the tokens that were learned in the step, on all devices: responses and their end
tokens. `loss` is the mean over them. `flops_per_token` is 6N + 12·L·H·Q·T, of each token that was
read; `mfu` is there where the peak of the device is known (see flops.py).
"""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.utils import logging as transformers_log

from train.errors import TrainError
from train.run import is_first

CHECKPOINT_SECONDS = 300.0


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Transformers from writing to the terminal; errors still come as exceptions."""
    verbosity = transformers_log.get_verbosity()
    bars = transformers_log.is_progress_bar_enabled()
    transformers_log.set_verbosity(logging.ERROR)
    transformers_log.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        transformers_log.set_verbosity(verbosity)
        if bars:
            transformers_log.enable_progress_bar()  # type: ignore[no-untyped-call]


def bars() -> Progress:
    """Progress bars on stderr with rate and time left; nothing where that is not a terminal."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}"),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    )


class StepLog(TrainerCallback):
    """Writes log.jsonl, moves the bars, and stops a run whose loss is no number any more."""

    def __init__(self, path: Path, progress: Progress, say: Callable[[str], None]) -> None:
        self.path, self.progress, self.say = path, progress, say
        self._steps = self.progress.add_task("training", total=None, note="", visible=False)
        self._tests = self.progress.add_task("testing", total=None, note="", visible=False)

    def on_train_begin(
        self,
        args: TrainingArguments,  # noqa: ARG002
        state: TrainerState,
        control: TrainerControl,  # noqa: ARG002
        **_: Any,
    ) -> None:
        """Begin the log with what a resumed run knows of its steps; one cut off says too many."""
        if is_first():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            steps = [line for line in state.log_history if "tokens_per_second" in line]
            self.path.write_text("".join(map(_line, steps)), encoding="utf-8")
        self.progress.update(self._steps, total=state.max_steps, visible=True)

    def on_prediction_step(
        self,
        args: TrainingArguments,  # noqa: ARG002
        state: TrainerState,  # noqa: ARG002
        control: TrainerControl,  # noqa: ARG002
        **_: Any,
    ) -> None:
        """Move the bar of a pass over a split."""
        self.progress.update(self._tests, visible=True, advance=1)

    def on_evaluate(
        self,
        args: TrainingArguments,  # noqa: ARG002
        state: TrainerState,
        control: TrainerControl,  # noqa: ARG002
        **given: Any,
    ) -> None:
        """Put that bar away and tell the loss."""
        metrics: Mapping[str, float] = given["metrics"]
        self.progress.reset(self._tests, visible=False)
        when = f"after {state.epoch or 0.0:g} epochs" if state.global_step else "before training"
        for split in ("test", "validation"):
            if f"eval_{split}_loss" in metrics:
                self.say(f"{split.capitalize()} loss {when}: {metrics[f'eval_{split}_loss']:.4f}")

    def on_log(
        self,
        args: TrainingArguments,  # noqa: ARG002
        state: TrainerState,
        control: TrainerControl,  # noqa: ARG002
        logs: dict[str, float] | None = None,
        **_: Any,
    ) -> None:
        """Write the line of a step. The Trainer logs other things too, which have no `loss`."""
        if not logs or "loss" not in logs:
            return
        if not math.isfinite(logs["loss"]):
            raise TrainError(
                f"The loss is {logs['loss']} at step {state.global_step}: "
                "the training went astray. Try a lower --learning-rate"
            )
        line = state.log_history[-1]
        if is_first():
            with self.path.open("a", encoding="utf-8") as file:
                file.write(_line(line))
        note = f"loss {line['loss']:.3f}  {line['tokens_per_second']:,.0f} tokens/s"
        self.progress.update(self._steps, completed=state.global_step, note=note)


def _line(step: Mapping[str, Any]) -> str:
    return (
        json.dumps(
            {
                "step": step["step"],
                "epoch": round(step["epoch"], 4),
                **{name: value for name, value in step.items() if name not in ("step", "epoch")},
            }
        )
        + "\n"
    )


class Checkpoints(TrainerCallback):
    """Says when a checkpoint is due: every so many steps, else when five minutes have gone by.

    With `at_end`, when the training ends too. With `measured`, not where an epoch ends: there one
    is made anyway, after the measurement that decides whether to stop.
    """

    def __init__(self, steps: int | None, at_end: bool, measured: bool) -> None:
        self.steps, self.at_end, self.measured = steps, at_end, measured
        self._last = time.monotonic()

    def on_step_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **_: Any,
    ) -> None:
        """Ask for a checkpoint where one is due."""
        ends = state.global_step >= state.max_steps
        if ends or (self.measured and float(state.epoch or 0).is_integer()):
            control.should_save = ends and self.at_end
        elif self.steps:
            control.should_save = state.global_step % self.steps == 0
        else:
            control.should_save = self._overdue(args)

    def _overdue(self, args: TrainingArguments) -> bool:
        """Whether the time has come by the first process's clock: all must save together."""
        due = [time.monotonic() - self._last > CHECKPOINT_SECONDS]
        if args.world_size > 1:
            torch.distributed.broadcast_object_list(due)
        if due[0]:
            self._last = time.monotonic()
        return due[0]
