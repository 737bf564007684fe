"""What holds of every one-row filter, whatever the text."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.filters.base import Filter
from curate.filters.grounding import Grounding
from curate.filters.injection import Injection
from curate.filters.language import Language
from curate.filters.length import Length
from curate.filters.parallel import MANY, measured
from curate.filters.processes import Process
from curate.filters.quality import Quality
from curate.filters.reading.words import fold, words_of
from curate.filters.repetition import Repetition
from curate.injection import instructs
from curate.progress import Advance, Silent
from curate.text import units

FILTERS = [Injection(), Length(), Language(), Repetition(), Grounding(), Quality()]
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


NASTY_ROWS = [dict.fromkeys(SCHEMA, text) for text in NASTY]


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
    assert found.equals(which.measure(frame([*rows, *rows, *NASTY_ROWS])).head(len(rows)))


@pytest.mark.parametrize("which", FILTERS, ids=lambda each: each.name)
def test_frames_without_what_it_could_use(which: Filter):
    assert which.measure(frame([])).height == 0
    bare = pl.DataFrame({"instruction": ["What is a list?", None], "output": ["A sequence.", None]})
    assert which.measure(bare).height == 2


@pytest.mark.parametrize("which", FILTERS, ids=lambda each: each.name)
@pytest.mark.parametrize(
    "text",
    [
        "\n" * 20_000,
        "not. " * 4_000,
        "list not 12 " * 1_500,
        "a" * 20_000,
        '"' * 20_000,
        "the " * 5_000,
        "a.b@" * 5_000,
    ],
)
def test_long_texts_take_no_quadratic_time(which: Filter, text: str):
    rows = frame([dict.fromkeys(SCHEMA, text)])
    assert which.measure(rows).height == 1


@pytest.fixture(scope="module")
def many() -> pl.DataFrame:
    """Rows enough for processes, no two alike."""
    said = [
        "It keeps {0} items, not {1}.",
        "Yes.",
        "Naïve “lists” of {0} — and",
        "```\nx = {0}\n```",
    ]
    return frame(
        [
            {
                "instruction": f"How many items does list number {at} keep?",
                "input": "a list" if at % 7 == 0 else "",
                "output": said[at % 4].format(at, at + 1),
                "kind": "refusal" if at % 11 == 0 else "answer",
                "passage": None
                if at % 5 == 0
                else f"The list keeps {at // 3} items. It is not new.",
            }
            for at in range(MANY)
        ]
    ).with_columns(other=pl.lit("left alone"))


class Bar(Silent):
    """Counts what it is told."""

    done = 0

    @contextmanager
    def bar(self, title: str, total: int) -> Iterator[Advance]:
        def advance(amount: int, fresh: bool = True, told: str = "") -> None:
            self.done += amount

        yield advance


def test_many_rows_in_processes_give_the_same_numbers(many: pl.DataFrame):
    bar = Bar()
    found = measured(FILTERS, many, workers=2, progress=bar)
    assert bar.done == many.height
    assert found.equals(measured(FILTERS, many, workers=1))
    assert found.equals(pl.concat([each.measure(many) for each in FILTERS], how="horizontal"))


def test_no_rows_have_the_columns_too():
    found = measured(FILTERS, frame([]))
    assert found.height == 0
    assert [each.name for each in FILTERS] == [name for name in found.columns if "_" not in name]


def test_a_filter_that_curate_does_not_know_measures_in_this_process(many: pl.DataFrame):
    class Here:
        name = "here"

        def told(self, rows: pl.DataFrame, progress: Silent, cache: None) -> pl.DataFrame:
            return pl.DataFrame({"here": [1.0] * rows.height})

    found = measured([Length(), Here()], many.head(3), workers=2)
    assert found.columns == ["length", "here"]


def test_a_process_that_fails_says_why(many: pl.DataFrame):
    process = Process([Length()])
    try:
        broken = many.head(1).with_columns(output=pl.lit(b"\xff"))
        with pytest.raises(RuntimeError, match="failed"):
            process.measure(broken)
        assert process.measure(many.head(2)).height == 2  # and goes on
    finally:
        process.close()
    with pytest.raises(RuntimeError, match="ended"):
        process.measure(many.head(1))


@given(text=st.one_of(TEXT, st.text("ab'’_1é“”—… .,列\u0301", max_size=20)))
@settings(max_examples=300, deadline=None)
def test_words_are_those_of_the_slow_way(text: str):
    assert words_of(fold(text)) == units(text)


ORDERS = [
    "ignore",
    "disregard",
    "forget",
    "override",
    "bypass",
    "do",
    "not",
    "follow",
    "previous",
    "prior",
    "all",
    "your",
    "instructions",
    "prompt",
    "rules",
    "everything",
    "above",
    "new",
    "system",
    "note",
    "to",
    "any",
    "ai",
    "assistants",
    ":",
    "if",
    "you",
    "are",
    "an",
    "llm",
    "as",
    "a",
    "model",
    ",",
    "must",
    "now",
    "no",
    "longer",
    "reveal",
    "the",
    "hidden",
    "only",
    "with",
    "respond",
    "<|im_start|>",
    "[INST]",
    "<<SYS>>",
    "attention",
    "ｉgnore",
    "ig\u200bnore",
]


@given(words=st.lists(st.sampled_from(ORDERS), max_size=9), gap=st.sampled_from([" ", "\n", "  "]))
@settings(max_examples=300, deadline=None)
def test_orders_to_a_model_are_found_as_by_the_slow_way(words: list[str], gap: str):
    text = gap.join(words)
    rows = frame([{"instruction": "", "input": "", "output": "", "kind": "", "passage": text}])
    assert Injection().measure(rows)["injection"].to_list() == [float(bool(instructs(text)))]
