"""`repetition` is the share of an answer that it has said before."""

from __future__ import annotations

import pytest

from curate.filters.repetition import Repetition

SENTENCE = "The statement is a declaration that holds for the code block. "


@pytest.mark.parametrize(
    "output",
    [
        "",
        "Paris",
        "The `len()` function returns the number of items of an object.",
        "A list can be changed after it was created, while a tuple cannot be changed at all.",
        # how two things are compared: five words twice
        "Objects that can change their value are said to be mutable, while those that cannot "
        "change their value are said to be immutable.",
        "列表是一种可变的序列类型，元组是一种不可变的序列类型。",
    ],
)
def test_a_normal_answer_repeats_nothing(measure, output):
    assert measure(Repetition(), output=output) == {"repetition": 0.0}


@pytest.mark.parametrize(
    ("output", "low", "high"),
    [
        (SENTENCE * 2, 0.5, 0.5),
        (SENTENCE * 10, 0.85, 0.95),
        ("I see. I see. I see. I see.", 0.7, 0.8),
        ("It is very very very very very good.", 0.5, 0.8),
        ("It is a list of items of items of items of items of items of items", 0.6, 0.9),
        ("今天天气很好，" * 6, 0.7, 0.9),
        ("ha" * 200, 0.95, 1.0),
        ("!" * 50, 0.95, 1.0),
        # a list whose points all say the same
        ("\n".join(f"- `is{w}` tells whether all characters are {w}" for w in "abcdefg"), 0.3, 0.8),
    ],
)
def test_loops(measure, output, low, high):
    assert low <= measure(Repetition(), output=output)["repetition"] <= high


def test_default_bound_separates_them(measure):
    assert Repetition().max == 0.2
    once = "Tuples are immutable sequences. They store collections of heterogeneous data. "
    assert measure(Repetition(), output=once + once)["repetition"] > 0.2
