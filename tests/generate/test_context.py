"""What a question is told before, so that it is understood without the heading it stood below."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.generate.context import context, in_context, resolved
from curate.generate.focus import Focus, focuses

PASSAGE = "A dictionary display yields a new dictionary. An asterisk denotes unpacking."


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("Expressions > Dictionary displays", "In the context of dictionary displays, "),
        ("Dictionary Displays", "In the context of dictionary displays, "),
        ("4.2.1 Dictionary displays", "In the context of dictionary displays, "),
        ('The "raise" statement', 'In the context of the "raise" statement, '),
        ("Apollo Missions", "In the context of Apollo Missions, "),
        ("Boolean operations", "In the context of Boolean operations, "),
        # no subject
        ("", ""),
        ("Introduction", ""),
        ("Notes and examples", ""),
        ("How to bake", ""),
        ("Install the package", ""),
        ("What a star is", ""),
        ("Your first steps", ""),
        ("class pdb.Pdb(stdin=None)", ""),
        ('"pdb" — The Debugger', ""),
        ("2.0", ""),
        # the question names it already
        ("Asterisks", ""),
    ],
)
def test_the_last_heading_says_what_a_question_is_about(heading: str, expected: str) -> None:
    assert context(heading, "What does an asterisk denote", PASSAGE) == expected


@pytest.mark.parametrize(
    "start", ["What does str.lower() return", "When is object.__del__() called", ""]
)
def test_a_name_in_code_needs_no_context(start: str) -> None:
    assert context("Dictionary displays", start, PASSAGE) == ""


def test_the_question_goes_on_with_a_small_letter() -> None:
    before = "In the context of lists, "
    assert in_context(before, "What is a star?") == "In the context of lists, what is a star?"
    assert (
        in_context(before, "Explain what it is.") == "In the context of lists, explain what it is."
    )
    assert in_context("", "What is a star?") == "What is a star?"


@pytest.mark.parametrize(
    ("sentence", "heading", "expected"),
    [
        (
            "The statement binds names.",
            'Scopes > The "global" statement',
            'The "global" statement binds names.',
        ),
        ("This button ends a loan.", 'The "Return" button', 'The "Return" button ends a loan.'),
        ("The lamp ends a loan.", 'The "Return" button', "The lamp ends a loan."),
        ("The statement binds names.", "Statements", "The statement binds names."),
    ],
)
def test_the_heading_names_what_a_sentence_only_points_at(
    sentence: str, heading: str, expected: str
) -> None:
    assert resolved(sentence, heading) == expected


def test_below_a_heading_a_definite_thing_can_be_asked_about() -> None:
    passage = "The subscript must denote an integer or a slice of integers of the sequence."
    assert focuses(passage, "Subscriptions of sequences", 3) == [
        Focus(
            passage,
            "What must the subscript denote",
            "In the context of subscriptions of sequences, ",
        )
    ]
    assert [focus.starter for focus in focuses(passage, "", 3)] == [""]
    vague = passage.replace("subscript", "value")
    assert [focus.starter for focus in focuses(vague, "Subscriptions", 3)] == [""]


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=80))
def test_any_heading_gives_words_of_its_own_or_none(heading: str, start: str, passage: str) -> None:
    found = context(heading, start, passage)
    assert found == "" or found.startswith("In the context of ")
    words = found.removeprefix("In the context of ").removesuffix(", ").lower().split()
    assert set(words) <= set(heading.lower().split())
    assert resolved(start, heading)[-10:] == start[-10:]
