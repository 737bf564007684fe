"""The picture of the measures: what it shows, of any numbers, and the same bytes each time."""

from __future__ import annotations

import math
from pathlib import Path

import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from curate.publish.histograms import PICTURE, bounds, draw

LIVE, DROPPED, BOUND = (52, 112, 181), (240, 160, 75), (180, 35, 24)


def rows(**measures: list[float | None]) -> pl.DataFrame:
    """Rows with these measures; those under 0.5 in the first are dropped."""
    frame = pl.DataFrame(measures, schema=dict.fromkeys(measures, pl.Float64))
    first = pl.col(next(iter(measures)))
    return frame.with_columns(dropped=pl.when(first < 0.5).then(pl.lit("quality")))


def picture(frame: pl.DataFrame, limits: dict, folder: Path) -> Image.Image:
    assert draw(frame, limits, folder) == [folder / PICTURE]
    with Image.open(folder / PICTURE) as image:
        assert image.format == "PNG"
        return image.convert("RGB")


def columns(image: Image.Image, colour: tuple, left: int = 0, top: int = 100) -> list[int]:
    """The columns of pixels of the first panel, below the legend, that have a colour."""
    part = image.crop((left, top, min(left + 560, image.width), 320))
    data = part.load()
    return [
        x + left for x in range(part.width) if any(data[x, y] == colour for y in range(part.height))
    ]


def test_live_and_dropped_rows_stand_on_their_sides_of_the_bound(tmp_path: Path) -> None:
    image = picture(rows(quality=[0.1, 0.2, 0.3, 0.8, 0.9]), {"quality": (0.5, None)}, tmp_path)
    live, dropped, bound = (columns(image, colour) for colour in (LIVE, DROPPED, BOUND))
    assert max(dropped) < min(bound)
    assert max(bound) < min(live)
    assert len(bound) == 3  # one line
    middle = (56 + 544) / 2  # of a panel that goes from 0 to 1
    assert abs(sum(bound) / 3 - middle) < 2


def test_a_single_row_among_many_shows(tmp_path: Path) -> None:
    frame = rows(quality=[0.9] * 100_000 + [0.1])
    assert columns(picture(frame, {"quality": (0.5, None)}, tmp_path), DROPPED)


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    frame, limits = rows(a=[0.1, 0.7], b=[3.0, 9.0]), {"a": (0.5, 0.6), "b": (None, 4.0)}
    for name in ("x", "y"):
        picture(frame.sort("a", descending=name == "y"), limits, tmp_path / name)
    assert (tmp_path / "x" / PICTURE).read_bytes() == (tmp_path / "y" / PICTURE).read_bytes()


def test_each_measure_has_a_panel_three_in_a_line(tmp_path: Path) -> None:
    sizes = []
    for count in (1, 3, 4):
        measures = {f"m{number}": [0.2, 0.8] for number in range(count)}
        image = picture(rows(**measures), dict.fromkeys(measures, (0.5, None)), tmp_path)
        sizes.append(image.size)
    assert sizes[0][0] < sizes[1][0] == sizes[2][0]
    assert sizes[0][1] == sizes[1][1] < sizes[2][1]


def test_nothing_measured_is_no_picture(tmp_path: Path) -> None:
    assert draw(rows(a=[1.0]), {}, tmp_path) == []
    assert list(tmp_path.iterdir()) == []


numbers = st.none() | st.floats(allow_nan=True, allow_infinity=True)


@settings(max_examples=12)
@example([1e308, -1e308, 0.0], 1e308, "a")
@example([-5e-324, -5e-324], None, "a")
@example([1e15, 1e15 + 1], None, "a")
@given(
    st.lists(numbers, max_size=30), st.none() | st.floats(-1e6, 1e6), st.sampled_from(["a", "gone"])
)
def test_any_numbers_are_drawn(values: list, limit: float | None, name: str) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        image = picture(rows(a=values), {name: (limit, None)}, Path(folder))
        known = [v for v in values if v is not None and math.isfinite(v)]
        drawn = columns(image, LIVE) + columns(image, DROPPED)
        assert bool(drawn) == (bool(known) and name == "a")


def test_bounds_are_those_of_filters_and_moderation_in_the_recipes_order() -> None:
    recipe = {
        "filters": [
            {"quality": {"min": 0.6, "max": None, "more": 1}},
            {"length": {"min": 3, "max": 9}},
        ],
        "moderation": {"unsafe": {"min": None, "max": 0.5}, "refusals": 0.05},
    }
    assert list(bounds(recipe).items()) == [
        ("quality", (0.6, None)), ("length", (3, 9)), ("unsafe", (None, 0.5)),
    ]  # fmt: skip
