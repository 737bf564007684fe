"""The measures of candidate rows: numbers that were stored before, and others made now."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from curate import moderate, provenance
from curate.engines.base import Engine
from curate.filters.base import Filter
from curate.filters.diversity import Diversity
from curate.filters.parallel import measured
from curate.measure import Measure
from curate.moderate import Subject
from curate.moderation.base import Moderation
from curate.progress import Progress
from curate.recipe import Recipe
from curate.workspace import Checkpoint


def by_shape(filters: tuple[Filter, ...]) -> tuple[list[Filter], list[Diversity]]:
    """Measures of one row, and those that compare rows."""
    whole = [each for each in filters if isinstance(each, Diversity)]
    return [each for each in filters if each not in whole], whole


def measures(recipe: Recipe) -> list[Measure]:
    """The measures that look at one row at a time, in the order of their columns."""
    return [*by_shape(recipe.filters)[0], *recipe.moderation.measures]


@dataclass(frozen=True)
class Measuring:
    """How the measures of a recipe are made."""

    recipe: Recipe
    subject: Subject
    engine: Engine
    progress: Progress

    cache: Path
    """Folder for answers that are paid for."""

    def of(
        self, candidates: Checkpoint, before: Checkpoint | None
    ) -> tuple[pl.DataFrame, tuple[str, ...]]:
        """The candidates with the columns of every measure; the names of those measured just now.

        `before`: rows that were decided upon, whose numbers are used where they are still right.
        """
        known = before.facts if before and before.facts["candidates"] == candidates.key else {}
        texts = self.subject.passages.select("document", "start", "end", passage="text")
        rows = candidates.frame.join(
            texts, on=["document", "start", "end"], how="left", maintain_order="left"
        )
        wanted = measures(self.recipe)
        stored = {
            each.name: before.frame.select("id", pl.col(f"^{each.name}(_.*)?$"))
            for each in wanted
            if before and known.get("measures", {}).get(each.name) == provenance.measure_key(each)
        }
        fresh = [each for each in wanted if each.name not in stored]
        ids = rows.select("id")
        columns = [
            ids.join(own, on="id", how="left", maintain_order="left").drop("id")
            for own in stored.values()
        ]
        parts = [candidates.frame, self._made(fresh, rows), *columns]
        whole = pl.concat(parts, how="horizontal")
        order = [pl.col(f"^{each.name}(_.*)?$") for each in wanted]
        return whole.select([*candidates.frame.columns, *order]), tuple(e.name for e in fresh)

    def _made(self, wanted: list[Measure], rows: pl.DataFrame) -> pl.DataFrame:
        """The columns of some measures of one row."""
        columns = [pl.DataFrame()]
        filters = [each for each in wanted if isinstance(each, Filter)]
        if filters:
            columns.append(measured(filters, rows, None, self.progress, self.cache, self.engine))
        for each in wanted:
            if isinstance(each, Moderation):
                given = (each, rows, self.subject, self.progress, self.cache, self.engine)
                columns.append(moderate.measured(*given))
        return pl.concat(columns, how="horizontal")
