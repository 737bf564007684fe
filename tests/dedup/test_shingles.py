"""Shingles: of words, of signs in code, of characters where words are too few."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.dedup.shingles import shingles
from curate.dedup.tokens import tokenise

ANSWER = "It returns the number of items of an object."


def of(*rows: tuple[str, str, str], ngram: int = 3):
    return shingles(*(list(field) for field in zip(*rows, strict=True)), ngram)


def sets(rows, ngram=3) -> list[set[int]]:
    """The distinct shingles of each row."""
    made = of(*rows, ngram=ngram)
    return [
        set(made.hashes[start:end].tolist())
        for start, end in zip(made.begins[:-1], made.begins[1:], strict=True)
    ]


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
def test_shingles(oracle, text, found):
    assert oracle.shingles(text, 3) == found
    assert len(sets([("", "", text)])[0]) == len(found)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", 0),
        ("don't rock'n'roll 'quoted' it's", 4),
        ("a.b(c) == 'd'", 5),  # punctuation is none, == is
        ('``x`` `.` ".." .. ...', 3),  # x, the dot, and the dots that are spoken of
        ("... !!", 2),  # nothing but punctuation
        ("列表 ไก่", 5),  # scripts without spaces
        ("あ\u3099い", 2),  # a mark stands on its letter
        ("naïve café हिन्दी", 3),
        ("x" * 200_000, 1),
    ],
)
def test_pieces(text, pieces):
    found = tokenise(["before it", text, "after it"])
    assert found.counts.tolist() == [2, pieces, 2]


TEXT = st.text(
    st.one_of(
        st.sampled_from("ab A'`\".,;:!?()+=-_1 \n\t列表กไॐ्हÅßİſ“”…"),
        st.characters(codec="utf-8", categories=["L", "N", "Po", "Sm", "Zs"], max_codepoint=0x24F),
    ),
    max_size=40,
)


@given(rows=st.lists(st.tuples(TEXT, st.sampled_from(["", "x", " X "]), TEXT), max_size=6))
@settings(max_examples=300, deadline=None)
def test_rows_have_in_common_what_the_rules_say(oracle, rows):
    if not rows:
        return
    for ngram in (1, 2, 3):
        found = sets(rows, ngram)
        expected = [oracle.compared(*row).shingles(ngram) for row in rows]
        assert [len(each) for each in found] == [len(each) for each in expected]
        for one, first in enumerate(expected):
            for other, second in enumerate(expected):
                assert len(found[one] & found[other]) == len(first & second)


@given(texts=st.lists(TEXT, min_size=1, max_size=6))
@settings(max_examples=100, deadline=None)
def test_texts_do_not_touch_each_other(texts):
    together = tokenise(texts)
    for number, text in enumerate(texts):
        part = slice(together.offsets[number], together.offsets[number + 1])
        assert together.sums[part].tolist() == tokenise([text]).sums.tolist()


def test_fields_are_told_apart():
    one, other = sets([("a b c", "", "d e f"), ("d e f", "", "a b c")])
    assert not one & other


def test_keys():
    rows = [
        ("a b c d", "", "e"),
        ("A b, C d", "", "e!"),
        ("a b c", "", "d e"),
        ("Go on", "x", "e"),
        ("Go on", " X", "e"),
        ("Go on", "y", "e"),
        ("", "", ""),
        (" ", "", "\n"),
        ("", "x", ""),
    ]
    keys = of(*rows).keys.tolist()
    assert [keys.index(key) for key in keys] == [0, 0, 2, 3, 3, 5, 6, 6, 8]


@pytest.mark.parametrize(
    ("row", "scoped"),
    [
        (("What does the len function return?", "some text", ANSWER), False),
        (("What does this text say of the len function?", "some text", ANSWER), True),
        (("What does the len function return?", "some text", "A number."), True),
        (("Summarise the len function.", "some text", ANSWER), True),
        (("Summarise the len function.", " ", ANSWER), False),
    ],
)
def test_an_input_counts_only_where_the_rest_says_too_little(oracle, row, scoped):
    assert bool(oracle.compared(*row).scope) is scoped
    bare, full = sets([(row[0], "", row[2]), row])
    assert (bare != full) is scoped


def test_hashes_are_the_same_everywhere():
    made = of(("What is a list?", "", "Ein Café, 列表."), ("Go", "on", "x"))
    assert int(np.bitwise_xor.reduce(made.hashes)) == 12845355114875275539
    assert made.keys.tolist() == [11364159859797820095, 6662706393895224606]
