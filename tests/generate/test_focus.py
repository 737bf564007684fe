"""Which sentences of a passage are asked about, and in which form."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from curate.generate.focus import Focus, focuses
from curate.generate.starter import starter
from curate.text import units

TIDES = """\
Tides are the slow waves that the moon raises in the sea.  They come
twice a day.

* Spring tides are strong tides around a full moon or a
  new moon.
* If a storm meets a spring tide, the dikes are watched
  all through the night.
"""


def sentences(passage: str, count: int = 9, heading: str = "") -> list[str]:
    return [focus.sentence for focus in focuses(passage, heading, count)]


def test_sentences_come_whole_on_one_line_and_in_order() -> None:
    assert focuses(TIDES, "", 3) == [
        Focus("Tides are the slow waves that the moon raises in the sea.", "What are tides"),
        Focus(
            "Spring tides are strong tides around a full moon or a new moon.",
            "Explain what spring tides are",
        ),
        Focus(
            "If a storm meets a spring tide, the dikes are watched all through the night.",
            "What happens if a storm meets a spring tide",
        ),
    ]


def test_the_turn_says_which_are_instructions() -> None:
    starts = [
        [focus.starter.split()[0] for focus in focuses(TIDES, "", 3, turn)] for turn in (0, 1)
    ]
    assert starts == [["What", "Explain", "What"], ["Explain", "What", "Describe"]]


def test_at_most_so_many_and_the_heading_says_which() -> None:
    (focus,) = focuses(TIDES, "Storm surges", 1)
    assert focus.starter == "What happens if a storm meets a spring tide"
    assert focuses(TIDES, "", 0) == []


def test_two_sentences_that_say_the_same_are_one() -> None:
    passage = (
        "A compass is a device that points to the magnetic north. "
        "A compass is a small device that always points to the magnetic north."
    )
    assert len(sentences(passage)) == 1


def test_below_a_signature_the_function_is_named() -> None:
    passage = "str.lower()\n\n   Return a copy of the string with all of its letters made small.\n"
    (focus,) = focuses(passage, "", 3)
    assert focus.sentence == (
        "str.lower() returns a copy of the string with all of its letters made small."
    )
    assert focus.starter == "What does str.lower() return"


def test_the_heading_of_a_definition_that_was_cut_names_the_function() -> None:
    passage = "Called when the instance is about to be destroyed by the interpreter."
    (focus,) = focuses(passage, "Special names > object.__del__(self)", 3)
    assert focus.sentence.startswith("object.__del__() is called when the instance")
    assert focus.starter == "When is object.__del__() called"


def test_a_term_above_a_definition_is_no_part_of_its_sentence() -> None:
    passage = "Strings\n   A string is a sequence of values that represent code points.\n"
    assert sentences(passage) == ["A string is a sequence of values that represent code points."]


def test_marks_of_markdown_and_restructuredtext_are_taken_off() -> None:
    passage = (
        "A **compass** is a [device](https://example.org/a_b) that points to the magnetic north [2].\n\n"
        "A *gyroscope* is a ``spinning`` device that keeps its axis (see Axes) in space.\n"
    )
    assert sentences(passage) == [
        "A compass is a device that points to the magnetic north.",
        "A gyroscope is a `spinning` device that keeps its axis in space.",
    ]


@pytest.mark.parametrize(
    "passage",
    [
        "",
        "   \n\n \t",
        "# A heading of several words that ends with a stop.",
        "```\nA compass is a device that points to the magnetic north.\n```",
        ">>> print(a.b(c), d[e])  # (f) == {g: h}\n",
        "| A compass | is a device | that points. |\n",
        "This is the reason why a compass points to the north.",
        "Too short.",
        "No end to this sentence, which goes on about nothing",
    ],
)
def test_some_passages_have_nothing_to_ask_about(passage: str) -> None:
    assert focuses(passage, "", 3) == []


def test_a_sentence_that_leans_on_its_surroundings_is_not_asked_about() -> None:
    lean = (
        "A compass is a device that is described below in detail. "
        "It is a device that points to the magnetic north. "
        "Special attributes: The needle is a small magnet of steel. "
        "*needle* is a small magnet that is free to turn around."
    )
    assert [focus for focus in focuses(lean, "", 9) if focus.starter] == []


def test_whole_sentences_without_a_starter_come_only_where_there_is_none_with_one() -> None:
    plain = "Compasses fail near the poles and near large pieces of iron."
    asked = "A compass is a device that points to the magnetic north."
    assert focuses(plain, "", 3) == [Focus(plain, "")]
    assert focuses(f"{plain} {asked}", "", 3) == [Focus(asked, "What is a compass")]
    assert focuses(plain, "", 3, begun_only=True) == []
    assert focuses(f"{plain} {asked}", "", 3, begun_only=True) == focuses(asked, "", 3)


@pytest.mark.parametrize(
    ("passage", "expected"),
    [
        (
            "猫是一种很常见的家养动物。狗\n也是人类的朋友！",
            ["猫是一种很常见的家养动物。", "狗也是人类的朋友！"],
        ),
        ("Le chat dort seize heures par jour. Court.", ["Le chat dort seize heures par jour."]),
        ("बिल्ली दिन में सोलह घंटे सोती है।", ["बिल्ली दिन में सोलह घंटे सोती है।"]),
    ],
)
def test_other_languages_give_whole_sentences(passage: str, expected: list[str]) -> None:
    assert focuses(passage, "", 3) == [Focus(sentence, "") for sentence in expected]


BLOCKS = st.lists(
    st.sampled_from(
        [
            *TIDES.split("\n\n"),
            "str.lower()\n\n   Return a copy of the string.",
            "猫是一种很常见的家养动物。",
            "A *x* [y](z) ``q`` is an **odd** device of some kind.",
        ]
    )
    | st.text(max_size=80),
    max_size=6,
).map("\n\n".join)


@given(BLOCKS, st.text(max_size=30), st.integers(0, 5), st.integers(0, 9))
@example('A "' + "( [ * ` " * 40 + '" is a device.', "f(", 3, 0)
@example("\ud800 is a lone surrogate and\x00 a device of some kind.", "\ud800", 3, 1)
def test_any_passage_gives_few_sentences_in_its_own_words(
    passage: str, heading: str, count: int, turn: int
) -> None:
    found = focuses(passage, heading, count, turn)
    assert found == focuses(passage, heading, count, turn)
    assert len(found) <= count
    assert len({focus.sentence for focus in found}) == len(found)
    assert len({bool(focus.starter) for focus in found}) <= 1
    known = {*units(passage), *units(heading), "is"}
    for focus in found:
        assert "\n" not in focus.sentence
        strange = [w for w in units(focus.sentence) if not {w, w[:-1], w[:-2]} & known]
        assert strange == []  # but for "Return" → "returns"


@settings(max_examples=20)
@given(st.sampled_from(list('"`*[(. \n:|_—A1猫')), st.sampled_from(list('"`*[](). \n:<a猫')))
def test_long_passages_of_odd_signs_end(one: str, two: str) -> None:
    assert len(focuses((one + two) * 5_000, "", 3)) <= 3
    assert len(focuses((one * 40 + "a is a b " + two) * 200, "", 3)) <= 3


def test_what_starter_says_is_what_focuses_gives() -> None:
    for focus in focuses(re.sub(r"^\* ", "", TIDES, flags=re.M), "", 1):
        assert focus.starter == starter(focus.sentence, TIDES)
