"""A recipe's straight line: documents → candidates → measures → decisions → a version.

    version = run(recipe, Workspace(recipe.name), progress)

Each stage leaves a checkpoint under the key of what it was made from, and does nothing where that
key is unchanged.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, replace

import polars as pl

from curate import drop, moderate, provenance
from curate.copies import Means
from curate.earlier import earlier
from curate.embeddings.base import Embedding
from curate.engines.base import Engine
from curate.engines.local import Local
from curate.errors import InputError
from curate.filters.base import Filter
from curate.filters.parallel import measured
from curate.generate.forecast import Experience, Forecast, forecast
from curate.generate.journal import Journal
from curate.generate.pairs import generate as ask
from curate.generate.passages import cut, select
from curate.generate.prompts import load_prompts
from curate.generate.task import Task
from curate.measuring import Measuring, by_shape, measures
from curate.moderate import Subject
from curate.progress import Progress
from curate.publish.write import Published, publish
from curate.recipe import Recipe
from curate.report import coverage, uncovered
from curate.schema import ADDED
from curate.text import digest
from curate.ties import tie
from curate.workspace import Checkpoint, Workspace

_ORIGIN = ("source", "teacher", "generate")


@dataclass(frozen=True)
class Decision:
    """The decided rows, how many of them the decision before had the other way, and what of the
    documents they cover (`report.coverage`).
    """

    rows: pl.DataFrame
    coverage: dict[str, int]
    dropped: int = 0
    restored: int = 0
    measured: tuple[str, ...] = ()


def run(
    recipe: Recipe,
    workspace: Workspace,
    progress: Progress,
    bump: str | None = None,
    engine: Engine | None = None,
) -> Published:
    """Do all that is not done yet, up to a published version."""
    generate(recipe, workspace, progress, engine=engine)
    decide(recipe, workspace, progress, engine)
    return publish(workspace, progress, bump)


def read_passages(recipe: Recipe) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The passages to ask about, with their document's `path`, `title`, `licence`; what was lost.

    Raises InputError where there is nothing to ask about.
    """
    read = recipe.source.read()
    chosen = select(cut(read.rows, recipe.generate.passage_tokens), recipe.generate.limit)
    if chosen.is_empty():
        raise InputError(f"The {read.rows.height} documents hold too little prose to ask about.")
    about = read.rows.select("path", "title", "licence", document="id")
    return chosen.join(about, on="document", how="left", maintain_order="left"), read.losses


def foresee(recipe: Recipe, workspace: Workspace) -> Forecast:
    """What generating would ask of the teacher. Makes no call."""
    passages, _ = read_passages(recipe)
    task = _task(recipe)
    return forecast(passages, task, Experience.of(workspace.facts("candidates"), task))


def _task(recipe: Recipe) -> Task:
    return Task(
        load_prompts(recipe.generate),
        recipe.generate,
        recipe.teacher,
        recipe.about.topic,
        recipe.about.seed,
        run="",
    )


def generate(
    recipe: Recipe,
    workspace: Workspace,
    progress: Progress,
    budget: float | None = None,
    *,
    batch: bool = False,
    engine: Engine | None = None,
) -> Checkpoint:
    """Documents → candidate pairs, as the checkpoint `candidates`.

    `budget` is the most that new replies may cost, in USD; what it leaves out is in the ledger, and
    asked about by the next run. `batch`: in batches, which cost less and take hours; the same call
    collects one that an earlier run left under way. `engine`: whose workers make the calls.
    Raises TeacherError where no call can succeed; every reply so far is kept in the journal.
    """
    passages, unread = read_passages(recipe)
    task = _task(recipe)
    key = provenance.candidates_key(recipe, task.prompts, passages)
    done = workspace.load("candidates")
    if done is not None and not done.facts["unanswered"] and _whole(workspace, key):
        progress.note(f"Candidates are up to date: {done.frame.height} pairs, no request needed.")
        return done
    began = time.monotonic()
    task = replace(task, run=key)
    with Journal(workspace.journal, recipe.teacher.endpoint) as journal:
        made = ask(passages, task, journal, progress, budget, batch=batch, engine=engine)
    facts = {
        **provenance.facts(recipe, task.prompts),
        "passages": passages.height,
        "documents": passages["document"].n_unique(),
        "seconds": round(time.monotonic() - began, 1),
        "usage": asdict(made.usage),
        "unanswered": made.unanswered,
    }
    workspace.save("passages", Checkpoint(passages, key))
    workspace.save("exchanges", Checkpoint(made.exchanges, key))
    losses = pl.concat([unread, made.losses])
    workspace.save("losses", Checkpoint(losses, key))
    workspace.tell("losses", losses)
    candidates = Checkpoint(made.pairs, key, facts)
    workspace.save("candidates", candidates)
    return candidates


def _whole(workspace: Workspace, key: str) -> bool:
    """Whether all that generation leaves is there, made under one key."""
    stages = ("candidates", "passages", "exchanges", "losses")
    return all(workspace.key(stage) == key for stage in stages)


def decide(
    recipe: Recipe, workspace: Workspace, progress: Progress, engine: Engine | None = None
) -> Decision:
    """Measure the candidates, and drop by bounds and as near-duplicates: the checkpoint `rows`.

    `engine`: where to do it, by default on all cores of this machine; the result is the same.
    Numbers measured before are used again, so that moving a bound costs next to nothing.
    """
    candidates = workspace.require("candidates")
    origin = {part: candidates.facts["recipe"][part] for part in _ORIGIN}
    if origin != {part: recipe.to_dict()[part] for part in _ORIGIN}:
        progress.note("The working rows were made with other source, teacher or generate options.")
    decided_by = {**recipe.to_dict(), **origin}
    engine = engine or Local()
    past = earlier(recipe.dedup.against, workspace.versions.parent)
    key = digest(candidates.key, decided_by, past.key)

    def save_ties(rows: pl.DataFrame) -> None:
        found = tie(rows, recipe.dedup, workspace, candidates.key, engine, progress)
        workspace.save("ties", Checkpoint(found, key))

    before = workspace.load("rows")
    if before is not None and before.key == key:
        progress.note("Decisions are up to date: no bound has moved.")
        if workspace.key("ties") != key:
            save_ties(before.frame)
        return _decision(before.frame, before, candidates.key, (), workspace)
    began = time.monotonic()
    passages = workspace.require("passages", candidates.key).frame
    subject = Subject(passages, recipe.about.topic, recipe.about.seed)
    measuring = Measuring(recipe, subject, engine, progress, workspace.folder)
    rows, fresh = measuring.of(candidates, before)
    means = Means(past, recipe.embedding, workspace.folder, engine)
    rows = _dropped(rows, recipe, means, progress)
    rows = moderate.moderated(rows, recipe.moderation, subject, progress)
    save_ties(rows)
    facts = {
        **candidates.facts,
        "recipe": decided_by,
        "candidates": candidates.key,
        "measures": {each.name: provenance.measure_key(each) for each in measures(recipe)},
        "decide_seconds": round(time.monotonic() - began, 1),
    }
    workspace.save("rows", Checkpoint(rows, key, facts))
    return _decision(rows, before, candidates.key, fresh, workspace)


def _dropped(rows: pl.DataFrame, recipe: Recipe, means: Means, progress: Progress) -> pl.DataFrame:
    """Measured rows, those dropped that miss a bound, are copies, or were not chosen."""
    single, whole = by_shape(recipe.filters)
    rows = drop.by_bounds(rows, single)
    rows = drop.duplicates(rows, recipe.dedup, means, progress)
    for choice in whole:
        given = (choice, means.embedding, means.engine, progress, means.cache)
        rows = drop.by_choice(rows, *given)
    return rows


def apply(
    filters: tuple[Filter, ...],
    embedding: Embedding,
    rows: pl.DataFrame,
    progress: Progress,
    engine: Engine,
) -> pl.DataFrame:
    """Pairs without passages (PAIR), measured and dropped by the bounds of some filters.

    What needs a passage is null then, and drops nothing.
    """
    bare = rows.with_columns(passage=pl.lit(None, pl.String))
    single, whole = by_shape(filters)
    if single:
        rows = rows.hstack(measured(single, bare, progress=progress, engine=engine))
    rows = drop.by_bounds(rows, single)
    for choice in whole:
        rows = drop.by_choice(rows, choice, embedding, engine, progress, None)
    return rows


def _decision(
    rows: pl.DataFrame,
    before: Checkpoint | None,
    candidates: str,
    fresh: tuple[str, ...],
    workspace: Workspace,
) -> Decision:
    passages = workspace.require("passages", candidates).frame
    gaps = uncovered(rows, passages, workspace.require("losses", candidates).frame)
    workspace.tell("uncovered", gaps)
    covered = coverage(passages, gaps)
    if before is None or before.facts["candidates"] != candidates:
        return Decision(rows, covered, measured=fresh)
    made = ~ADDED
    then = before.frame.filter(made).select("id", was=pl.col("dropped").is_null())
    both = rows.filter(made).select("id", now=pl.col("dropped").is_null()).join(then, on="id")
    dropped, restored = both.filter("was", ~pl.col("now")), both.filter("now", ~pl.col("was"))
    return Decision(rows, covered, dropped.height, restored.height, fresh)
