"""What planted faults tell of measures and bounds: areas under ROC curves, shares kept and dropped.

report = calibrate(good, recipe.filters, progress, seed=0, share=0.5)
report.areas       # frame: measure, fault, auc, error, good, faulty
report.to_dict()   # what calibration.json holds; `markdown` in show.py prints it
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from curate.calibrate.areas import areas, upwards
from curate.calibrate.bounds import KEPT, curve, decided, drops, worth
from curate.calibrate.faults import plant
from curate.filters.base import Filter
from curate.options import to_dict
from curate.progress import Progress


@dataclass(frozen=True)
class Report:
    """All frames of a calibration; shares are from 0 to 1.

    `areas`: `measure`, `fault` (or MEAN), `auc`, `error` (its standard error), `good`, `faulty`
    (rows with a number). `drops`: `fault`, `rows`, `dropped` (share), `by` (the filter that drops
    most of them first). `bounds`: a filter's bound, the shares of good and faulty rows that it
    drops, and that no other bound drops. `quality`: `bound`, `good_kept`, `faulty_dropped`,
    `precision`.
    """

    facts: dict[str, Any]
    areas: pl.DataFrame
    drops: pl.DataFrame
    bounds: pl.DataFrame
    quality: pl.DataFrame

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        frames = {name: getattr(self, name).to_dicts() for name in ("areas", "drops", "bounds")}
        return {**self.facts, **frames, "quality": self.quality.to_dicts()}


def calibrate(
    good: pl.DataFrame, filters: tuple[Filter, ...], progress: Progress, seed: int, share: float
) -> Report:
    """Plant faults in `good` (ROWS, see good.py), measure all, and compare.

    `share` is the share of faulty rows among candidates that `precision` assumes.
    """
    code = next((str(to_dict(each)["code"]) for each in filters if each.name == "language"), "en")
    rows = plant(good, seed, code)
    measures: list[pl.DataFrame] = []
    with progress.bar("measure", len(filters)) as advance:
        for each in filters:
            measures.append(each.measure(rows))
            advance(1)
    rows = pl.concat([rows.select("id", "fault"), *measures], how="horizontal")
    rows = decided(rows, filters)
    names = [name for frame in measures for name in frame.columns]
    facts = {"good": good.height, "faulty": rows.height - good.height, "seed": seed, "share": share}
    return Report(
        facts,
        areas(rows, {**{name: upwards(name, filters) for name in names}, KEPT: True}),
        drops(rows, filters),
        worth(rows, filters),
        curve(rows, filters, share),
    )
