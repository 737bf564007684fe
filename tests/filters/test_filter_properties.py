"""What holds of every one-row filter, whatever the text."""

from __future__ import annotations

import math

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.filters.base import Filter
from curate.filters.grounding import Grounding
from curate.filters.language import Language
from curate.filters.length import Length
from curate.filters.quality import Quality
from curate.filters.repetition import Repetition

FILTERS = [Length(), Language(), Repetition(), Grounding(), Quality()]
NASTY = [
    "",
    " ",
    "\n\n",
    "?",
    "\x00",
    "a\u0301",
    "🙂🙂",
    "\ufdfa" * 3,
    "''\"``",
    "((((",
    "…",
    "İ",
    "ﬁ",
]
TEXT = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
    st.lists(
        st.sampled_from(["it", "list", "the", "not", "12", "foo_bar()", "?", ".", "列表", "\n"])
    ).map(" ".join),
    st.sampled_from(NASTY),
)
ROW = st.fixed_dictionaries(
    {
        "instruction": TEXT,
        "input": st.one_of(st.just(""), TEXT),
        "output": TEXT,
        "kind": st.sampled_from(["answer", "refusal"]),
        "passage": st.one_of(st.none(), TEXT),
    }
)
SCHEMA = dict.fromkeys(["instruction", "input", "output", "kind", "passage"], pl.String)


def frame(rows):
    return pl.DataFrame(rows, schema=SCHEMA)


@pytest.mark.parametrize("which", FILTERS, ids=lambda each: each.name)
@given(rows=st.lists(ROW, max_size=6))
@settings(max_examples=40, deadline=None)
def test_bounded_and_of_each_row_alone(which: Filter, rows: list[dict[str, str | None]]):
    found = which.measure(frame(rows))
    assert found.height == len(rows)
    assert found.columns[0] == which.name
    assert all(name == which.name or name.startswith(f"{which.name}_") for name in found.columns)
    assert set(found.dtypes) == {pl.Float64}
    top = math.inf if which.name == "length" else 1.0
    values = [value for row in found.rows() for value in row if value is not None]
    assert all(0.0 <= value <= top for value in values)  # false for NaN, too
    alone = [which.measure(frame([row])) for row in reversed(rows)]
    assert found.equals(pl.concat([found.clear(), *reversed(alone)]))


@pytest.mark.parametrize("which", FILTERS, ids=lambda each: each.name)
def test_frames_without_what_it_could_use(which: Filter):
    assert which.measure(frame([])).height == 0
    bare = pl.DataFrame({"instruction": ["What is a list?", None], "output": ["A sequence.", None]})
    assert which.measure(bare).height == 2


@pytest.mark.parametrize("which", FILTERS, ids=lambda each: each.name)
@pytest.mark.parametrize(
    "text", ["\n" * 20_000, "a" * 20_000, '"' * 20_000, "the " * 5_000, "a.b@" * 5_000]
)
def test_long_texts_take_no_quadratic_time(which: Filter, text: str):
    rows = frame([dict.fromkeys(SCHEMA, text)])
    assert which.measure(rows).height == 1
