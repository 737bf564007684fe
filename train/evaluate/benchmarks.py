"""Benchmarks through lm-eval: one model, one task at a time, item by item.

No answers are cached: lm-eval's cache does not know which model gave them, so base and tuned would
share them. The numbers are those of the command `lm_eval` on the same task files.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from train.errors import TrainError, UsageError

if TYPE_CHECKING:
    from train.bases import Base

SHOTS_SEED = 1234
"lm-eval's own, for tasks with examples in their prompt."


@dataclass(frozen=True)
class Item:
    """One item of a task and what a model scored; `chance` is what guessing scores, or None."""

    task: str
    item: str
    scores: dict[str, float]
    chance: float | None


@dataclass(frozen=True)
class Harness:
    """The tasks to run: lm-eval's own, or those in `folder` alone."""

    tasks: Sequence[str]
    folder: Path | None
    limit: int | None
    batch_size: int

    def check(self) -> None:
        """Fetch the tasks and their data, so that nothing is missing when a model is asked.

        Raises UsageError for a task that there is not, TrainError where data cannot be had.
        """
        known = set(self._manager.all_tasks)
        if unknown := [name for name in self.tasks if name not in known]:
            raise UsageError(
                f"--tasks {','.join(unknown)}: lm-eval has no such task. "
                "All there are: lm_eval ls tasks; or: --tasks default"
            )
        self._loaded  # noqa: B018 (loads them)

    def run(self, base: Base) -> dict[str, list[Item]]:
        """The items of each task, scored by a model."""
        from lm_eval.evaluator import evaluate
        from lm_eval.models.huggingface import HFLM

        with _hushed():
            model = HFLM(
                pretrained=base.model, tokenizer=base.tokenizer, batch_size=self.batch_size
            )
            found = {}
            for name, loaded in self._loaded.items():
                results = evaluate(
                    lm=model,
                    task_dict=loaded,
                    limit=self.limit,
                    bootstrap_iters=0,
                    log_samples=True,
                )
                found[name] = list(_items(results["samples"]))
        return found

    @cached_property
    def _loaded(self) -> dict[str, Any]:
        """Each task with its data; they are the same for both models."""
        with _hushed():
            return {name: self._load(name) for name in self.tasks}

    def _load(self, name: str) -> Any:
        try:
            loaded = self._manager.load([name])
        except Exception as error:  # the Hub's client and datasets raise errors of many kinds
            reason = " ".join(str(error).split())[:300]
            raise TrainError(
                f"The data of {name} cannot be had: {reason}. "
                "With its files on this machine: --data-dir FOLDER"
            ) from error
        for task in loaded["tasks"].values():  # as lm-eval's simple_evaluate does
            if task.get_config("num_fewshot") is None:
                task.set_config(key="num_fewshot", value=0)
            task.set_fewshot_seed(seed=SHOTS_SEED)
        return loaded

    @cached_property
    def _manager(self) -> Any:
        """lm-eval's index of its tasks, which takes seconds to make."""
        from lm_eval.tasks import TaskManager

        with _hushed():
            if self.folder is None:
                return TaskManager()
            return TaskManager(include_path=str(self.folder), include_defaults=False)


def _items(samples: dict[str, list[dict[str, Any]]]) -> Iterator[Item]:
    for task in sorted(samples):
        for sample in sorted(samples[task], key=lambda sample: sample["doc_id"]):
            scores = {}
            for metric in sample["metrics"]:
                value = sample[metric]
                if isinstance(value, (int, float)) or hasattr(value, "item"):
                    scores[metric] = float(value)
            if "perplexity" in scores:  # what lm-eval logs under that name is the log-likelihood
                scores["log_likelihood"] = scores.pop("perplexity")
            yield Item(task, str(sample["doc_id"]), scores, _chance(task, sample))


def _chance(task: str, sample: dict[str, Any]) -> float | None:
    """What a model that prefers nothing scores on an item; None where that is not known."""
    choices = len(sample["arguments"])
    if choices < 2:
        return None
    if task == "truthfulqa_mc2":  # its score is the weight on all that is true
        return float(sum(sample["doc"]["mc2_targets"]["labels"]) / choices)
    return 1 / choices


@contextmanager
def _hushed() -> Iterator[None]:
    """Keep lm-eval's notes off stdout, and its bars off a stderr that is no terminal."""
    levels = {name: logging.getLogger(name).level for name in ("lm_eval", "datasets")}
    with ExitStack() as stack:
        stack.enter_context(redirect_stdout(sys.stderr))
        if not sys.stderr.isatty():
            nowhere = stack.enter_context(Path(os.devnull).open("w", encoding="utf-8"))
            stack.enter_context(redirect_stdout(nowhere))
            stack.enter_context(redirect_stderr(nowhere))
        for name in levels:
            logging.getLogger(name).setLevel(logging.ERROR)
        try:
            yield
        finally:
            for name, level in levels.items():
                logging.getLogger(name).setLevel(level)
