"""The picture of a version's measures: what stayed, what was dropped, and where the bounds are.

A PNG, since the Hub shows no SVG of a repository in a card; drawn by Pillow, which `python-pptx`
brings along, on a ground of its own, so that it reads in light and in dark. The same rows give the
same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from curate.text import printable

if TYPE_CHECKING:
    from PIL import ImageDraw, ImageFont

PICTURE = "card/measures.png"
"""Where the picture is in a version folder."""

Limits = tuple[float | None, float | None]
Bounds = Mapping[str, Limits]

_ACROSS, _BINS = 3, 32
_FURTHEST = 1e150  # a number whose distance to another is one, too
_PANEL, _MARGIN = (520, 300), 40  # pixels; the Hub shows half of them
_PLOT = (16, 62, 504, 240)  # left, top, right, bottom of the bars in a panel
_GROUND, _FRAME, _INK, _FAINT = "#ffffff", "#d0d5dd", "#1f2933", "#52606d"
_LIVE, _DROPPED, _BOUND = "#3470b5", "#f0a04b", "#b42318"


def bounds(recipe: Mapping[str, Any]) -> dict[str, Limits]:
    """The least and the most that each measure of a recipe (`Recipe.to_dict`) keeps, in its order.

    None where there is no such bound.
    """
    measures = [*recipe["filters"], recipe.get("moderation", {})]
    return {
        name: (options.get("min"), options.get("max"))
        for each in measures
        for name, options in each.items()
        if isinstance(options, Mapping)
    }


def draw(rows: pl.DataFrame, bounds: Bounds, folder: Path) -> list[Path]:
    """Write `PICTURE` into a version folder: a histogram for each measure of `bounds`.

    `rows` are all candidates, dropped ones too, with `dropped` and the measures' columns. Writes
    nothing where there is no measure. Returns what was written.
    """
    if not bounds:
        return []
    from PIL import Image, ImageDraw

    width, height = _PANEL
    across, down = min(_ACROSS, len(bounds)), -(-len(bounds) // _ACROSS)
    head = 70
    size = (across * width + 2 * _MARGIN, down * height + head + _MARGIN)
    image = Image.new("RGB", size, _GROUND)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, size[0] - 1, size[1] - 1), outline=_FRAME, width=2)
    _legend(pen, rows["dropped"].is_null())
    for place, (name, limits) in enumerate(bounds.items()):
        corner = (_MARGIN + place % _ACROSS * width, head + place // _ACROSS * height)
        _panel(pen, corner, name, limits, rows)
    path = folder / PICTURE
    path.parent.mkdir(parents=True, exist_ok=True)
    image.quantize(64, dither=Image.Dither.NONE).save(path, "PNG", optimize=True)
    return [path]


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    from PIL import ImageFont

    return ImageFont.load_default(size)


def _legend(pen: ImageDraw.ImageDraw, live: pl.Series) -> None:
    left = _MARGIN + _PLOT[0]
    stayed = int(live.sum())
    for colour, text in (
        (_LIVE, f"{stayed} rows live"),
        (_DROPPED, f"{len(live) - stayed} dropped, for any reason"),
        (_BOUND, "bound"),
    ):
        wide = 4 if colour == _BOUND else 24
        pen.rectangle((left, 26, left + wide, 50), fill=colour)
        pen.text((left + wide + 10, 24), text, _INK, _font(24))
        left += wide + 50 + int(pen.textlength(text, _font(24)))


def _panel(
    pen: ImageDraw.ImageDraw, corner: tuple[int, int], name: str, limits: Limits, rows: pl.DataFrame
) -> None:
    x, y = corner
    left, top, right, bottom = (at + shift for at, shift in zip(_PLOT, (x, y, x, y), strict=True))
    pen.text((left, y + 6), printable(name)[:24], _INK, _font(28))
    ends = zip(("min", "max"), limits, strict=True)
    told = ", ".join(f"{side} {limit:g}" for side, limit in ends if limit is not None)
    pen.text((right, y + 10), told or "no bound", _FAINT, _font(22), "ra")
    pen.line((left, bottom, right, bottom), _FAINT, 2)
    known = _known(rows, name)
    if known.is_empty():
        pen.text(((left + right) / 2, (top + bottom) / 2), "not measured", _FAINT, _font(24), "mm")
        return
    low, high = _range(known["value"].to_numpy(), limits)
    most = _bars(pen, (left, top, right, bottom), known, low, high)
    for limit in limits:
        if limit is not None and low <= limit <= high:
            at = left + round((limit - low) / (high - low) * (right - left))
            pen.line((at, top - 8, at, bottom), _BOUND, 3)
    more = " and more" if known["value"].to_numpy().max() > high else ""
    for edge, text, anchor in (
        (left, f"{low:.3g}", "la"),
        ((left + right) / 2, f"highest bar {most}", "ma"),
        (right, f"{high:.3g}{more}", "ra"),
    ):
        pen.text((edge, bottom + 8), text, _FAINT, _font(20), anchor)


def _bars(
    pen: ImageDraw.ImageDraw,
    place: tuple[int, int, int, int],
    known: pl.DataFrame,
    low: float,
    high: float,
) -> int:
    """Live rows, and dropped ones upon them. Returns how many the highest bar stands for."""
    left, top, right, bottom = place
    live = known["live"].to_numpy()
    values = np.clip(known["value"].to_numpy(), low, high)
    stayed, gone = (np.histogram(values[side], _BINS, (low, high))[0] for side in (live, ~live))
    most = int((stayed + gone).max())
    edges = [left + round(n * (right - left) / _BINS) for n in range(_BINS + 1)]
    for n, counts in enumerate(zip(stayed.tolist(), gone.tolist(), strict=True)):
        base = bottom - 2
        for count, colour in zip(counts, (_LIVE, _DROPPED), strict=True):
            tall = math.ceil(count * (bottom - top - 2) / most)  # a single row shows, too
            if tall:
                pen.rectangle((edges[n] + 1, base - tall, edges[n + 1] - 2, base - 1), fill=colour)
            base -= tall
    return most


def _known(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    """`value` and `live` of the rows that have a number there."""
    if name not in rows.columns:
        return pl.DataFrame(schema={"value": pl.Float64, "live": pl.Boolean})
    found = rows.select(value=pl.col(name).cast(pl.Float64), live=pl.col("dropped").is_null())
    return found.filter(pl.col("value").is_finite()).with_columns(
        pl.col("value").clip(-_FURTHEST, _FURTHEST)
    )


def _range(values: np.ndarray, limits: Limits) -> tuple[float, float]:
    """From 0 to 1 where all is, else to the 99th percentile and past the bounds near it."""
    low, high = min(0.0, float(values.min())), float(values.max())
    if low == 0 and high <= 1:
        return 0.0, 1.0
    high = float(np.quantile(values, 0.99))
    near = [limit for limit in limits if limit is not None and limit <= 3 * high]
    high = max([high, *(1.05 * limit for limit in near)])
    wide = high - low > 1e-9 * max(1.0, -low, high)  # else bins would have no width
    return low, high if wide else low + max(1.0, -low)
