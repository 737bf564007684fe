"""Shingles: of words, of signs in code, of characters where words are too few."""

from __future__ import annotations

import pytest

from curate.dedup.shingles import compared, jaccard, shingles


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", set()),
        (" \n", set()),
        ("One two, three four.", {"one two three", "two three four"}),
        ("a += 1", {"a += 1"}),
        ("use `.` here", {"use . here"}),
        ("Yes!", {"\x02ye", "yes", "es\x02"}),
        ("-1.", {"\x02- ", "- 1", " 1\x02"}),
        ("3", {"\x023\x02"}),
        ("?!", {"\x02?!", "?!\x02"}),
        ("列表可变", {"列 表 可", "表 可 变"}),
    ],
)
def test_shingles(text, found):
    assert shingles(text, 3) == found


def test_jaccard():
    assert jaccard(frozenset("ab"), frozenset("bc")) == pytest.approx(1 / 3)
    assert jaccard(frozenset(), frozenset()) == 1.0
    assert jaccard(frozenset(), frozenset("a")) == 0.0


def test_fields_are_told_apart():
    one = compared("a b c", "", "d e f").shingles(3)
    other = compared("d e f", "", "a b c").shingles(3)
    assert jaccard(one, other) == 0.0


def test_an_input_counts_only_where_the_rest_says_too_little():
    answer = "It returns the number of items of an object."
    assert compared("What does the len function return?", "some text", answer).scope == ""
    assert compared("What does this text say of the len function?", "some text", answer).scope
    assert compared("What does the len function return?", "some text", "A number.").scope
    assert compared("Summarise the len function.", "some text", answer).scope
    assert compared("Summarise the len function.", " ", answer).scope == ""
