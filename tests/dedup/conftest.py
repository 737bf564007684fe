"""Frames of readable pairs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest

from curate.schema import PAIR

Pairs = Callable[..., pl.DataFrame]


def frame_of(*pairs: tuple[str, str, str] | dict[str, object], **columns: list) -> pl.DataFrame:
    """Rows `a`, `b`, … of (instruction, input, output), or of any columns."""
    rows = [
        pair
        if isinstance(pair, dict)
        else dict(zip(("instruction", "input", "output"), pair, strict=True))
        for pair in pairs
    ]
    text = {name: "" for name, kind in PAIR.items() if kind == pl.String}
    full = [
        {**text, "start": 0, "end": 100, "id": chr(ord("a") + number), "kind": "answer", **row}
        for number, row in enumerate(rows)
    ]
    frame = pl.DataFrame(full, schema=PAIR).with_columns(dropped=pl.lit(None, pl.String))
    return frame.with_columns(**{name: pl.Series(values) for name, values in columns.items()})


@pytest.fixture
def pairs() -> Pairs:
    """Make a frame of pairs."""
    return frame_of


@pytest.fixture(scope="session")
def oracle() -> ModuleType:
    """The rules of comparison in plain Python, one row at a time."""
    spec = spec_from_file_location("oracle", Path(__file__).with_name("oracle.py"))
    module = module_from_spec(spec)
    sys.modules["oracle"] = module
    spec.loader.exec_module(module)
    return module
