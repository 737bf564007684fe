"""Near-duplicates: what counts as one, which row stays, and what is said about the other."""

from __future__ import annotations

import polars as pl
import pytest

from curate.dedup import sets
from curate.dedup.duplicates import DUPLICATE, near_duplicates
from curate.dedup.options import Dedup
from curate.errors import InputError

ASKED = "What does the len function return for a list?"
SAID = (
    "The len function returns the number of items of an object, which may be a sequence such as "
    "a string, a tuple or a list, or a collection such as a dictionary or a set."
)
NEAR = SAID.replace("or a set", "or a frozen set")


def dropped(frame: pl.DataFrame, **options: float) -> dict[str, str]:
    """Reason by id."""
    found = near_duplicates(frame, Dedup(**options))
    assert found.schema == DUPLICATE
    return dict(found.select("id", "reason").iter_rows())


def test_nothing_to_do(pairs):
    assert dropped(pairs()) == {}
    assert dropped(pairs((ASKED, "", SAID))) == {}


def test_identical_up_to_case_width_and_white_space(pairs):
    frame = pairs(
        (ASKED, "", SAID),
        (ASKED.upper(), "", f"  {SAID}\n"),
        (ASKED, "", "ｎｏ"),
        (ASKED, "", "no"),
    )
    assert dropped(frame) == {"b": "duplicate of a 1.00 ≥ 0.80", "d": "duplicate of c 1.00 ≥ 0.80"}


def test_a_near_copy_names_its_exact_similarity(pairs):
    frame = pairs((ASKED, "", SAID), (ASKED, "", NEAR))
    assert dropped(frame) == {"b": "duplicate of a 0.93 ≥ 0.80"}
    found = near_duplicates(frame, Dedup())
    # of three words each: 7 of the question, 32 of the answer, where 2 have taken the place of 1
    assert found["similarity"].item() == 38 / 41
    assert dropped(frame, threshold=0.95) == {}


def test_the_better_row_stays(pairs):
    frame = pairs((ASKED, "", SAID), (ASKED, "", NEAR), quality=[0.7, 0.9])
    assert list(dropped(frame)) == ["a"]


@pytest.mark.parametrize(
    ("columns", "kept"),
    [
        ({"quality": [None, 0.1]}, "b"),  # a row that was not measured comes last
        ({"quality": [float("nan"), 0.1]}, "b"),
        ({"quality": [0.5, 0.5], "end": [100, 200]}, "b"),  # then the longer passage
        ({"end": [100, 200]}, "b"),
        ({"quality": [0.5, 0.5]}, "a"),  # then the lower id
        ({"quality": ["poor", "good"]}, "a"),  # somebody else's column
    ],
)
def test_which_row_stays(pairs, columns, kept):
    frame = pairs((ASKED, "", SAID), (ASKED, "", NEAR), **columns)
    assert near_duplicates(frame, Dedup())["kept"].to_list() == [kept]


def test_no_chain(pairs):
    words = [f"word{number}" for number in range(40)]
    steps = [" ".join(words[shift : shift + 30]) for shift in range(0, 9, 2)]
    frame = pairs(*((ASKED, "", step) for step in steps))
    found = near_duplicates(frame, Dedup())
    # each is 0.89 like the next; only neighbours of a row that stays go
    assert set(found["id"]) == {"b", "d"}
    assert dict(found.select("id", "kept").iter_rows()) == {"b": "a", "d": "c"}


def test_of_several_the_most_similar_is_named(pairs):
    words = [f"word{number}" for number in range(60)]
    first, last = " ".join(words[:40]), " ".join(words[10:])
    between = " ".join(words[9:50])
    frame = pairs(
        (ASKED, "", first), (ASKED, "", between), (ASKED, "", last), quality=[0.9, 0.1, 0.8]
    )
    assert near_duplicates(frame, Dedup(threshold=0.6))["kept"].to_list() == ["c"]


def test_a_copy_of_a_dropped_row_names_the_row_that_stays(pairs):
    frame = pairs((ASKED, "", SAID), (ASKED, "", NEAR), (ASKED, "", NEAR), quality=[0.9, 0.5, 0.4])
    assert near_duplicates(frame, Dedup())["kept"].to_list() == ["a", "a"]


PASSAGE = "len(s): Return the length (the number of items) of an object. " * 5


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # one passage, two questions
        ((ASKED, PASSAGE, SAID), ("Who calls the finaliser?", PASSAGE, "It is called at exit.")),
        # one instruction, other inputs, whatever the answers
        (
            ("Summarise this.", "On cats.", "It is about pets."),
            ("Summarise this.", "On dogs.", "It is about pets."),
        ),
        (
            ("Classify the sentiment.", "I like it.", "Positive"),
            ("Classify the sentiment.", "So good!", "Positive"),
        ),
        (
            ("Is it spam or is it not spam?", "Hi", "It is spam."),
            ("Is it spam or is it not spam?", "Yo", "It is spam."),
        ),
        # one question, other answers
        (
            (ASKED, "", SAID),
            (ASKED, "", "It raises a TypeError, because a number has no length at all."),
        ),
        (
            ("Can a tuple that holds a list be changed in place?", "", "True"),
            ("Can a tuple that holds a list be changed in place?", "", "False"),
        ),
        (
            ("How many arguments does the range function take at most?", "", "The answer is 3."),
            ("How many arguments does the range function take at most?", "", "The answer is 4."),
        ),
        # one answer, other questions
        (
            ("How do I bake bread?", "", f"I can only help with Python. {SAID}"),
            ("Who won the cup?", "", f"I can only help with Python. {SAID}"),
        ),
        # signs are words in code
        (("What does `+=` do?", "", "It assigns."), ("What does `-=` do?", "", "It assigns.")),
        (
            ("What does `.` do?", "", "It is a delimiter."),
            ("What does `,` do?", "", "It is a delimiter."),
        ),
        (
            ("What is the value of `~0` and of `x - 1`?", "", "-1"),
            ("What is the value of `~0` and of `x - 1`?", "", "1"),
        ),
        # short ones
        (("Is it?", "", "a"), ("Is it?", "", "b")),
        (("", "", ""), ("", "", "a")),
        (
            ("列表是什么？", "", "列表是一种可变的序列类型。"),
            ("元组是什么？", "", "元组是一种不可变的序列。"),
        ),
    ],
)
def test_told_apart(pairs, one, other):
    assert dropped(pairs(one, other)) == {}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # a question that says all it needs, with and without its passage
        ((ASKED, "", SAID), (ASKED, PASSAGE, SAID)),
        ((ASKED, "Old text.", SAID), (ASKED, "New text.", NEAR)),
        (("Summarise this.", "On  cats.", "A pet."), ("summarise this.", "on cats.", "A pet.")),
        (("Is it?", "", "Yes"), ("Is it?", "", "yes.")),
        (("", "", ""), ("", "", " \n")),
        (
            (
                "列表是什么？",
                "",
                "列表是一种可变的序列类型，可以存放任意类型的对象，例如整数和字符串。",
            ),
            (
                "列表是什么？",
                "",
                "列表是一种可变的序列类型，可以存放任意类型的对象，例如整数或字符串。",
            ),
        ),
    ],
)
def test_the_same(pairs, one, other):
    assert list(dropped(pairs(one, other))) == ["b"]


def test_short_rows_do_not_collapse_into_one(pairs):
    frame = pairs(*(("Name a letter.", "", letter) for letter in "abcdefghijklmnopqrstuvwxyz"))
    assert dropped(frame) == {}


def test_a_threshold_of_one_takes_only_what_has_the_same_shingles(pairs):
    frame = pairs((ASKED, "", SAID), (ASKED, "", NEAR), (ASKED, "", SAID.replace(",", "")))
    assert dropped(frame, threshold=1.0) == {"c": "duplicate of a 1.00 ≥ 1.00"}


def test_sets_that_are_too_large_for_memory_lie_on_disk(pairs, monkeypatch):
    frame = pairs((ASKED, "", SAID), (ASKED, "", NEAR), ("Who?", "", SAID))
    expected = near_duplicates(frame, Dedup())
    monkeypatch.setattr(sets, "SPILL", 0)
    assert near_duplicates(frame, Dedup()).equals(expected)
    assert expected.height == 1


def test_rows_need_their_own_ids(pairs):
    with pytest.raises(InputError, match="Two rows have the id a"):
        near_duplicates(pairs((ASKED, "", SAID), (ASKED, "", NEAR), id=["a", "a"]), Dedup())


def test_columns_it_does_not_know_do_not_matter(pairs):
    frame = pairs((ASKED, "", SAID), (ASKED, "", NEAR), weight=[1, 2])
    bare = frame.select("id", "instruction", "input", "output")
    assert dropped(frame) == dropped(bare) == {"b": "duplicate of a 0.93 ≥ 0.80"}


def test_earlier_rows_all_stay_and_are_named(pairs):
    rows = pairs((ASKED, "", SAID), ("What else?", "", "No."), (ASKED, "", NEAR))
    earlier = pairs((ASKED, "", NEAR), (ASKED, "", SAID), (ASKED, "", SAID), id=["x", "y", "z"])
    found = near_duplicates(rows, Dedup(), against=earlier)
    assert dict(found.select("id", "kept").iter_rows()) == {"a": "y", "c": "x"}
    assert found["reason"].to_list() == ["duplicate of y 1.00 ≥ 0.80", "duplicate of x 1.00 ≥ 0.80"]
    assert near_duplicates(pairs(), Dedup(), against=earlier).is_empty()
    assert dropped(rows) == {"c": "duplicate of a 0.93 ≥ 0.80"}


def test_earlier_rows_may_have_the_same_ids(pairs):
    rows = pairs((ASKED, "", SAID))
    assert near_duplicates(rows, Dedup(), against=rows)["kept"].to_list() == ["a"]
