"""How well a measure tells good rows from those with one kind of fault: areas under ROC curves."""

from __future__ import annotations

from typing import Any

import polars as pl

from curate.calibrate.auc import auc, standard_error
from curate.calibrate.faults import FAULTS
from curate.filters.base import Filter

FEW = 10
"""Copies with a fault below which its area is not told, nor counted in means."""

MEAN = "mean"
"""The name of the mean over faults, in which each kind counts the same."""


def upwards(column: str, filters: tuple[Filter, ...]) -> bool:
    """Whether better rows have the higher number: not where a filter has an upper bound only."""
    owners = [each for each in filters if f"{column}_".startswith(f"{each.name}_")]
    owner = max(owners, key=lambda each: len(each.name))
    return owner.min is not None or owner.max is None


def areas(rows: pl.DataFrame, measures: dict[str, bool]) -> pl.DataFrame:
    """The area of each measure for each fault and MEAN; `measures` says whether more is better."""
    parts = {str(key[0]): part for key, part in rows.partition_by("fault", as_dict=True).items()}
    found = []
    for measure, upwards in measures.items():
        lines = [
            _area(parts[""], parts[name], measure, upwards) for name in FAULTS if name in parts
        ]
        areas = [line["auc"] for line in lines if line["auc"] is not None]
        mean = sum(areas) / len(areas) if areas else None
        total = sum(line["faulty"] for line in lines)
        good = max((line["good"] for line in lines), default=0)
        found += [*lines, _line(measure, MEAN, mean, None, good, total)]
    schema = {"measure": pl.String, "fault": pl.String, "auc": pl.Float64, "error": pl.Float64}
    return pl.DataFrame(found, schema={**schema, "good": pl.Int64, "faulty": pl.Int64})


def _area(good: pl.DataFrame, bad: pl.DataFrame, measure: str, upwards: bool) -> dict[str, Any]:
    fault = str(bad["fault"][0])
    counts = good[measure].count(), bad[measure].count()
    area = auc(good[measure], bad[measure]) if min(counts) >= FEW else None
    if area is None:
        return _line(measure, fault, None, None, *counts)
    area = area if upwards else 1 - area
    return _line(measure, fault, area, standard_error(area, *counts), *counts)


def _line(
    measure: str, fault: str, area: float | None, error: float | None, good: int, faulty: int
) -> dict[str, Any]:
    told = {"measure": measure, "fault": fault, "auc": area, "error": error}
    return {**told, "good": good, "faulty": faulty}
