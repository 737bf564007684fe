"""The moderation stage: its measures, its drops, what it redacts, and the refusals that come in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import polars as pl

from curate import drop
from curate.engines.base import Engine
from curate.filters.parallel import SPREAD
from curate.moderation.base import Moderation
from curate.moderation.off_topic import OffTopic
from curate.moderation.options import Moderated
from curate.moderation.private import Private, redacted
from curate.moderation.refusals import refusals, replaced
from curate.moderation.topic import Topic
from curate.progress import Progress
from curate.schema import PAIR, live


@dataclass(frozen=True)
class Subject:
    """What the rows are to be about."""

    passages: pl.DataFrame
    """PASSAGE rows."""

    topic: str
    seed: int

    @cached_property
    def known(self) -> Topic:
        """The words of the documents, counted once."""
        return Topic.of(self.passages, self.topic)


def alone(
    measure: Moderation, subject: Subject | None
) -> Callable[[pl.DataFrame], pl.DataFrame] | None:
    """What makes the columns of a measure from rows alone, anywhere; None where somebody is asked.

    Without a subject what needs one is null.
    """
    if isinstance(measure, OffTopic) and subject is not None:
        return partial(measure.against, topic=subject.known)
    return measure.measure if getattr(measure, "by", "local") == "local" else None


def measured(
    measure: Moderation,
    rows: pl.DataFrame,
    subject: Subject | None,
    progress: Progress,
    cache: Path | None,
    engine: Engine,
) -> pl.DataFrame:
    """The columns of a measure; without a subject, null for what needs one.

    `engine`: where rows are measured that nobody has to be asked about.
    """
    function = alone(measure, subject)
    if function is None:
        return measure.told(rows, progress, cache)
    if engine.rows is None or rows.is_empty():
        return function(rows)
    return pl.concat(engine.map(function, rows.iter_slices(SPREAD)))


def moderated(
    rows: pl.DataFrame, chosen: Moderated, subject: Subject, progress: Progress
) -> pl.DataFrame:
    """Measured rows, moderated: redacted or dropped by bounds, and refusals added at the end."""
    kept = drop.by_bounds(_redacted(rows, chosen, progress), _that_drop(chosen))
    added = _refusals(kept, chosen, subject)
    if added.height:
        progress.note(f"{added.height} refusals added.")
    return pl.concat([kept, added], how="diagonal")


def _redacting(measure: Moderation) -> bool:
    return isinstance(measure, Private) and measure.action == "redact"


def _that_drop(chosen: Moderated) -> list[Moderation]:
    return [measure for measure in chosen.measures if not _redacting(measure)]


def _redacted(rows: pl.DataFrame, chosen: Moderated, progress: Progress) -> pl.DataFrame:
    """Rows with placeholders for what is private in live ones, where the recipe says so."""
    for measure in filter(_redacting, chosen.measures):
        if not isinstance(measure, Private) or measure.max is None:
            continue
        private = rows.filter(pl.col("dropped").is_null() & (pl.col("private") > measure.max))
        found = redacted(private, measure.max, measure.region)
        texts = found.rows.select("id", "instruction", "input", "output")
        if texts.height:
            progress.note(f"{texts.height} rows hold something private, which is redacted.")
            rows = rows.update(texts, on="id", maintain_order="left")
    return rows


def _refusals(rows: pl.DataFrame, chosen: Moderated, subject: Subject) -> pl.DataFrame:
    stay = live(rows)
    none = pl.DataFrame(schema=PAIR)
    if not chosen.refusals or stay.is_empty():
        return none
    wanted = round(chosen.refusals / (1 - chosen.refusals) * stay.height)
    off = rows.filter(pl.col("dropped").str.starts_with("off_topic "))
    known, topic, seed = subject.known, subject.topic, subject.seed
    answered = replaced(off, known, topic, seed).head(wanted)
    both = pl.concat([stay.select(PAIR.names()), answered])
    given = (subject.passages, topic, chosen.refusals, seed)
    return pl.concat([answered, refusals(both, *given, known=known)])
