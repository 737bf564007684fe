"""What bounds keep of good rows and drop of faulty ones, each kind of fault counting the same."""

from __future__ import annotations

import polars as pl

from curate.calibrate.areas import FEW, MEAN
from curate.filters.base import Filter

KEPT = "kept"
"""The column of all bounds together: 1 for a row that they keep, 0 for one that they drop."""

STEPS = tuple(step / 20 for step in range(20))
"""Bounds of `quality` that are tried, beside the recipe's own."""


def _bounds(filters: tuple[Filter, ...]) -> list[str]:
    return [f"missed {each.name}" for each in filters if (each.min, each.max) != (None, None)]


def decided(rows: pl.DataFrame, filters: tuple[Filter, ...]) -> pl.DataFrame:
    """Measured rows with a Boolean `missed FILTER` for each filter that has a bound, and KEPT.

    A null number misses no bound, as in the pipeline.
    """
    found = {}
    for each in filters:
        value, missed = pl.col(each.name), pl.lit(value=False)
        if each.min is not None:
            missed = missed | (value < each.min)
        if each.max is not None:
            missed = missed | (value > each.max)
        found[f"missed {each.name}"] = missed.fill_null(value=False)
    names = _bounds(filters)
    rows = rows.with_columns(**{name: found[name] for name in names})
    kept = ~pl.any_horizontal(pl.lit(value=False), *names)
    return rows.with_columns(kept.cast(pl.Float64).alias(KEPT))


def drops(rows: pl.DataFrame, filters: tuple[Filter, ...]) -> pl.DataFrame:
    """Of each fault, and of the good rows (`""`), the share that the bounds together drop."""
    names = _bounds(filters)
    by = [pl.when(name).then(pl.lit(name.removeprefix("missed "))) for name in names]
    first = pl.coalesce(*by, pl.lit(None, pl.String)).drop_nulls().mode().sort().first()
    told = rows.group_by("fault", maintain_order=True).agg(
        rows=pl.len().cast(pl.Int64), dropped=1 - pl.col(KEPT).mean(), by=first
    )
    bad = told.filter(pl.col("fault") != "", pl.col("rows") >= FEW)
    mean = pl.DataFrame(
        [(MEAN, int(bad["rows"].sum()), bad["dropped"].mean(), None)],
        schema=told.schema,
        orient="row",
    )
    return pl.concat([told, mean])


def worth(rows: pl.DataFrame, filters: tuple[Filter, ...]) -> pl.DataFrame:
    """What each filter's bounds drop, and what they alone drop, of good and of faulty rows."""
    names = _bounds(filters)
    found: list[tuple[str | float | None, ...]] = []
    for each in filters:
        name = f"missed {each.name}"
        if name in names:
            others = pl.any_horizontal(pl.lit(value=False), *(n for n in names if n != name))
            drops = (pl.col(name), pl.col(name) & ~others)
            told = (_share(rows, drop, faulty=side) for drop in drops for side in (False, True))
            found.append((each.name, each.min, each.max, *told))
    shares = ("good_dropped", "faulty_dropped", "good_alone", "faulty_alone")
    schema = {"filter": pl.String, **dict.fromkeys(("min", "max", *shares), pl.Float64)}
    return pl.DataFrame(found, schema=schema, orient="row")


def _share(rows: pl.DataFrame, dropped: pl.Expr, *, faulty: bool) -> float | None:
    """The share of good rows that are dropped, or the mean share over the kinds of fault."""
    told = rows.group_by("fault", maintain_order=True).agg(rows=pl.len(), share=dropped.mean())
    few = pl.col("rows") < FEW
    side = told.filter(pl.col("fault") != "", ~few) if faulty else told.filter(fault="")
    mean = side["share"].mean()
    return float(mean) if isinstance(mean, float) else None


def curve(rows: pl.DataFrame, filters: tuple[Filter, ...], share: float) -> pl.DataFrame:
    """What bounds of `quality`, all other bounds aside, would keep and drop. Empty without it."""
    own = next((each.min for each in filters if each.name == "quality"), None)
    bounds = sorted({*STEPS, *([] if own is None else [own])}) if "quality" in rows.columns else []
    found = []
    for bound in bounds:
        missed = (pl.col("quality") < bound).fill_null(value=False)
        good, bad = _share(rows, missed, faulty=False), _share(rows, missed, faulty=True)
        if good is not None and bad is not None:
            right, wrong = (1 - share) * (1 - good), share * (1 - bad)
            precision = right / (right + wrong) if right + wrong else None
            found.append((bound, 1 - good, bad, precision))
    names = ("bound", "good_kept", "faulty_dropped", "precision")
    return pl.DataFrame(found, schema=dict.fromkeys(names, pl.Float64), orient="row")
