"""Two recipes, two rows of numbers: what differs, in a form for people and programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

_BARS = "▁▂▃▄▅▆▇█"
_BINS = 16
QUANTILES = {"min": 0.0, "p10": 0.1, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p90": 0.9, "max": 1.0}


def recipe_changes(before: dict[str, Any], after: dict[str, Any]) -> list[dict[str, Any]]:
    """The options that differ, as `{option, before, after}`; one that is absent is None.

    Items of a list that are one name with its options are told by that name:
    `filters.quality.min`. Where only their order differs, that is told as `filters (order)`.
    """
    old, new = dict(_flat(before)), dict(_flat(after))
    keys = dict.fromkeys([*old, *new])
    return [
        {"option": key, "before": old.get(key), "after": new.get(key)}
        for key in keys
        if old.get(key) != new.get(key)
    ]


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, list) and value and all(_is_named(item) for item in value):
        yield f"{path} (order)", [next(iter(item)) for item in value]
        for item in value:
            yield from _flat(item, path)
    elif isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _flat(inner, f"{path}.{key}" if path else str(key))
    else:
        yield path, value


def _is_named(item: Any) -> bool:
    return isinstance(item, dict) and len(item) == 1


def distribution(name: str, before: pl.Series, after: pl.Series) -> dict[str, Any]:
    """Of a measure in both versions: rows that have it, mean, quantiles, and counts in equal bins.

    The bins, and the bars that show them, span what either version has.
    """
    sides = {"before": before, "after": after}
    numbers = {key: each.drop_nulls().drop_nans() for key, each in sides.items()}
    both = pl.concat(list(numbers.values()))
    low, high = (float(both.min()), float(both.max())) if len(both) else (0.0, 0.0)  # type: ignore[arg-type]
    told = {key: _told(each, low, high) for key, each in numbers.items()}
    return {"measure": name, "low": low, "high": high, **told}


def _told(values: pl.Series, low: float, high: float) -> dict[str, Any]:
    if values.is_empty():
        return {"rows": 0, "mean": None, **dict.fromkeys(QUANTILES), "bins": [], "histogram": ""}
    edge = (high - low) or 1.0
    place = ((values - low) / edge * _BINS).floor().clip(0, _BINS - 1).cast(pl.Int64)
    there = dict(place.alias("bin").value_counts().iter_rows())
    bins = [there.get(at, 0) for at in range(_BINS)]
    return {
        "rows": len(values),
        "mean": values.mean(),
        **{name: values.quantile(share, "nearest") for name, share in QUANTILES.items()},
        "bins": bins,
        "histogram": bars(bins),
    }


def bars(bins: list[int]) -> str:
    """A bar a bin, the highest for the fullest one; a dot where it is empty."""
    most = max(bins, default=0)
    return "".join(_BARS[(len(_BARS) - 1) * count // most] if count else "·" for count in bins)
