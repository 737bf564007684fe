"""Evaluate a run: base beside tuned, on the held-out rows and on benchmarks.

    from train.evaluate import evaluate
    found = evaluate("runs/…", Options(tasks=("arc_easy",), data_dir=Path("eval")))

All that can be wrong with what was asked is found before a model is loaded. One model is in memory
at a time.
"""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from train import run as runs
from train import version as versions
from train.config import MAX_NEW_TOKENS
from train.errors import UsageError, needs_extra
from train.evaluate import rows, tasks
from train.evaluate.rows import Source, Sources

if TYPE_CHECKING:
    from train.bases import Base
    from train.evaluate.benchmarks import Harness, Item
    from train.evaluate.compare import Line
    from train.evaluate.findings import Finding, Flagged
    from train.evaluate.heldout import Part
    from train.evaluate.refusals import Refusals

Say = Callable[[str], None]
LIBRARIES = ("lm_eval", "rouge_score", "sklearn", "scipy", "spellchecker", "matplotlib", "jinja2")
SIDES = ("base", "tuned")


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to evaluate. Without tasks it is the held-out rows alone, which is quick."""

    tasks: tuple[str, ...] = ()
    data_dir: Path | None = None
    keep_tasks: Path | None = None
    limit: int | None = None
    rows: int | None = None
    off_topic: Path | None = None
    base: str | None = None
    dataset: Path | None = None
    max_new_tokens: int = MAX_NEW_TOKENS
    batch_size: int = 16


NOTHING_MORE = Options()


@dataclass(frozen=True)
class Evaluation:
    """All that came of it. `flagged` and `items` have a mapping for each of SIDES."""

    run: Path
    record: runs.Record
    options: Options
    sources: Sources
    questions: list[Source]
    parts: dict[str, Part]
    items: dict[str, dict[str, list[Item]]]
    lines: list[Line]
    flagged: dict[str, dict[str, Flagged]]
    findings: list[Finding]
    refusals: dict[str, int]
    notes: list[str]
    seconds: float


def evaluate(
    run: str | Path,
    options: Options = NOTHING_MORE,
    say: Say = lambda _: None,
) -> Evaluation:
    """Evaluate a run folder. Raises UsageError where nothing can be measured as asked."""
    _need_libraries()
    started = time.perf_counter()
    folder = Path(run)
    record = runs.read(folder)
    sources = rows.read(_version(record, options))
    questions = _questions(sources, options)
    with needs_extra():
        from train.evaluate import compare
        from train.evaluate.faults import Judge
        from train.evaluate.findings import findings, flag
        from train.evaluate.notes import notes
    with _harness(options) as harness:
        judge = Judge.of(sources)
        measured = _measure(folder, record, options, questions, judge.refusals, harness, say)
    parts, items = measured
    say("Looking for faults")
    answers = {side: {k: a.answer for k, a in parts[side].answered.items()} for side in SIDES}
    flagged = {side: flag(judge, questions, answers[side]) for side in SIDES}
    lines = list(compare.held_out(parts["base"].answered, parts["tuned"].answered))
    for name in items["base"]:
        lines += compare.benchmark(name, items["base"][name], items["tuned"][name])
    return Evaluation(
        run=folder,
        record=record,
        options=options,
        sources=sources,
        questions=questions,
        parts=parts,
        items=items,
        lines=lines,
        flagged=flagged,
        findings=findings(list(flagged["tuned"].values()), judge, sources.train),
        refusals=judge.refusals.check(sources.test) if judge.refusals else {},
        notes=list(notes(sources, questions, parts, judge)),
        seconds=time.perf_counter() - started,
    )


def _need_libraries() -> None:
    missing = [name for name in LIBRARIES if find_spec(name) is None]
    if missing:
        raise UsageError(
            f"{', '.join(missing)} not installed. "
            "Install with: pip install 'curate-sft[train,evaluate]'"
        )


def _version(record: runs.Record, options: Options) -> versions.Version:
    """The version that the run was trained on; its rows must be those, wherever it is now."""
    path = options.dataset or Path(record.dataset.path)
    if not path.exists():
        raise UsageError(
            f"The run's version {path} is not there any more. Where is it now? --dataset FOLDER"
        )
    version = versions.read(path)
    if version.digest != record.dataset.digest:
        raise UsageError(
            f"{path} holds other rows than the run was trained on: content digest "
            f"{version.digest or 'none'}, in run.json {record.dataset.digest or 'none'}. "
            f"Give {record.dataset.name} {record.dataset.version}: --dataset FOLDER"
        )
    return version


def _questions(sources: Sources, options: Options) -> list[Source]:
    """The held-out rows that are asked, `options.rows` of them drawn by their ids, and more."""
    chosen = sources.test
    if options.rows is not None and options.rows < len(chosen):
        drawn = sorted(chosen, key=lambda row: hashlib.sha256(row.id.encode()).digest())
        kept = {row.id for row in drawn[: options.rows]}
        chosen = [row for row in chosen if row.id in kept]
    more = rows.questions(options.off_topic) if options.off_topic else []
    if not chosen and not more and not options.tasks:
        raise UsageError(
            "There is nothing to evaluate: the version has no test split, and no --tasks are "
            "named. Publish with publish.test above 0, or: --tasks arc_easy"
        )
    return [*chosen, *more]


@contextmanager
def _harness(options: Options) -> Iterator[Harness | None]:
    """The benchmarks, checked; their files are in a folder that is gone afterwards, or kept."""
    from train.evaluate.benchmarks import Harness

    if not options.tasks:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="curate-tasks-") as temporary:
        folder = None
        if options.data_dir is not None:
            folder = options.keep_tasks or Path(temporary)
            tasks.write(list(options.tasks), options.data_dir, folder)
        harness = Harness(options.tasks, folder, options.limit, options.batch_size)
        harness.check()
        yield harness


def _measure(
    folder: Path,
    record: runs.Record,
    options: Options,
    questions: Sequence[Source],
    refusals: Refusals,
    harness: Harness | None,
    say: Say,
) -> tuple[dict[str, Part], dict[str, dict[str, list[Item]]]]:
    """Each model's answers and scores, one model after the other."""
    from train import bases, hub
    from train.ask import Limits
    from train.evaluate import heldout
    from train.progress import bars, quiet

    bases.set_threads()
    base_folder = hub.find(options.base or record.base, record.options.get("tokenizer"))
    parts, items = {}, {}
    for side, place in zip(SIDES, (base_folder, folder), strict=True):
        say(f"{side.capitalize()}: {len(questions)} held-out questions")
        with quiet():
            model: Base = bases.load(place, place=True)
        context = min(record.context, model.context)
        limits = Limits(options.max_new_tokens, context, options.batch_size)
        with bars() as progress:
            bar = progress.add_task(f"{side}: answering", total=2 * len(questions), note="")
            step = partial(progress.advance, bar)
            parts[side] = heldout.run(model, questions, refusals, limits, step)
        if harness:
            say(f"{side.capitalize()}: {', '.join(harness.tasks)}")
        items[side] = harness.run(model) if harness else {}
    return parts, items
