"""How a run tells of itself while it works: log.jsonl, a bar on stderr, and silent libraries.

A line of log.jsonl is one optimiser step:

    {"step": 1, "epoch": 0.1, "loss": 3.2, "learning_rate": 5e-05, "grad_norm": 1.9,
     "tokens": 412, "tokens_per_second": 803.1}

`tokens` counts the tokens that were learned in the step, on all devices: responses and their end
tokens. `loss` is the mean over them.
"""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.utils import logging as transformers_log

from train.errors import TrainError
from train.ranks import is_first


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
    """Writes log.jsonl, moves the bars, and stops a run whose loss is no number any more.

    `tokens` gives the tokens learned since the training began; `seconds` adds up the steps.
    """

    def __init__(
        self,
        path: Path,
        progress: Progress,
        say: Callable[[str], None],
        tokens: Callable[[], int],
    ) -> None:
        self.path, self.progress, self.say, self.tokens = path, progress, say, tokens
        self.losses: list[float] = []
        self.test_losses: list[float] = []
        self.seconds = 0.0
        self._seen = 0
        self._clock = 0.0
        self._steps = self.progress.add_task("training", total=None, note="", visible=False)
        self._tests = self.progress.add_task("testing", total=None, note="", visible=False)

    def on_epoch_begin(
        self,
        args: TrainingArguments,  # noqa: ARG002
        state: TrainerState,
        control: TrainerControl,  # noqa: ARG002
        **_: Any,
    ) -> None:
        """Start the clock, again where an epoch begins, and the bar."""
        self._clock = time.perf_counter()
        self.progress.update(self._steps, total=state.max_steps, visible=True)

    def on_prediction_step(
        self,
        args: TrainingArguments,  # noqa: ARG002
        state: TrainerState,  # noqa: ARG002
        control: TrainerControl,  # noqa: ARG002
        eval_dataloader: Any = None,
        **_: Any,
    ) -> None:
        """Move the bar of a pass over the test split."""
        self.progress.update(self._tests, total=len(eval_dataloader), visible=True, advance=1)

    def on_evaluate(
        self,
        args: TrainingArguments,  # noqa: ARG002
        state: TrainerState,
        control: TrainerControl,  # noqa: ARG002
        **given: Any,
    ) -> None:
        """Put that bar away and tell the loss."""
        self.progress.reset(self._tests, visible=False)
        loss = float(given["metrics"]["eval_token_loss"])
        self.test_losses.append(loss)
        self.say(f"Test loss {'after' if state.global_step else 'before'} training: {loss:.4f}")

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
        self.losses.append(logs["loss"])
        line = self._line(state, logs)
        if is_first():
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
        note = f"loss {line['loss']:.3f}  {line['tokens_per_second']:,.0f} tokens/s"
        self.progress.update(self._steps, completed=state.global_step, note=note)

    def _line(self, state: TrainerState, logs: dict[str, float]) -> dict[str, float]:
        now, seen = time.perf_counter(), self.tokens()
        tokens, seconds = seen - self._seen, now - self._clock
        self._seen, self._clock = seen, now
        self.seconds += seconds
        return {
            "step": state.global_step,
            "epoch": round(state.epoch or 0.0, 4),
            "loss": logs["loss"],
            "learning_rate": logs["learning_rate"],
            "grad_norm": logs["grad_norm"],
            "tokens": tokens,
            "tokens_per_second": round(tokens / seconds, 1),
        }
