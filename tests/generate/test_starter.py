"""Which question a sentence is asked, and which sentences are left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.generate.starter import imperative, starter

ASKED = [
    # what it is
    ("A thermostat is a device that switches the heating off.", "What is a thermostat"),
    ("Lists are mutable sequences of any length.", "What are lists"),
    (
        "Functions defined with a star are always greedy functions.",
        "What are functions defined with a star",
    ),
    ("Examples of containers are tuples, lists and sets.", "What are examples of containers"),
    ("`pip` is the package installer for Python.", "What is `pip`"),
    ("Spring tides are strong tides.", "What are spring tides"),
    # what it does
    ("str.lower() returns a copy of the string.", "What does str.lower() return"),
    ("range(start, stop, step) returns a sequence of numbers.", "What does range() return"),
    ("len(names) returns the number of names.", "What does len(names) return"),
    ("Python lacks declarations and allows names to be bound.", "What does Python lack"),
    (
        'The "+" (addition) operator yields the sum of both numbers.',
        'What does the "+" operator yield',
    ),
    (
        "All code objects represent executable code or bytecode.",
        "What do all code objects represent",
    ),
    ("Function calls return a value or raise an error.", "What do function calls return"),
    ("Names refer to objects that live elsewhere.", "What do names refer to"),
    ("A query may return an empty list.", "What may a query return"),
    ("The modulo operator yields the remainder.", "What does the modulo operator yield"),
    ("The primary operand must evaluate to a number.", ""),
    (
        "A loop with a wrong step results in an error.",
        "What does a loop with a wrong step result in",
    ),
    # what is done to it
    ('The "Renew" button is used to extend a loan.', 'What is the "Renew" button used for'),
    ("A backup is made when the user logs out.", "When is a backup made"),
    ("A sign is shown only if a number is negative.", "When is a sign shown"),
    ("Invoices are stored in the archive folder of the firm.", "Where are invoices stored"),
    (
        "Damaged tickets can be replaced by sending them in.",
        "How can damaged tickets be replaced",
    ),
    ("Plans are drawn up using a large sheet of paper.", ""),
    ("Pressed flowers are kept as a souvenir of summer.", "What are pressed flowers kept as"),
    (
        "object.__len__() is called to implement the built-in function.",
        "What is object.__len__() called to implement",
    ),
    ("Each free name is bound to the value of a cell.", "What is each free name bound to"),
    # what happens
    ("If a cable is loose, the screen goes dark.", "What happens if a cable is loose"),
    (
        'When "break" leaves a loop, that loop is finished.',
        'What happens when "break" leaves a loop',
    ),
]

LEFT_ALONE = [
    "",
    "Hello.",
    # speaks of what was told before
    "It returns a copy of the string.",
    "The statement allows names to be bound.",
    "The definition is an executable statement.",
    "The values of the dictionary can be used to describe attributes.",
    "Either bound is a number of the series.",
    "The resulting list is a copy of the original.",
    "If the definition occurs in a function block, the scope is extended.",
    "If no argument is given, a new tuple is created.",
    "If all expressions are false, the other branch is executed.",
    "When an attribute is not found there, the search continues elsewhere and may fail.",
    # no subject, or none that fits in a question
    "Hint: The type is a sequence of integers.",
    "Special attributes: The name is a string.",
    "Return a copy of the string.",
    "Slicing a list returns a new list.",
    "Use a key that returns the number of names.",
    "Sent just before the worker starts the task.",
    "Unless a key is set to a number, names are sorted.",
    "In a class, names are bound to methods.",
    "Names, numbers and strings are constants of a kind.",
    "If a, b or c is true, then all of them are true.",
    # denied, or with nothing to ask for
    "A class does not inherit the names of its scope.",
    "Strings are immutable.",
    "Tuples compare lexicographically by their items.",
    "A case block is considered irrefutable if it has no guard.",
    "Sets can be compared within and across their types.",
    "Guards are allowed to have side effects as they are expressions.",
    # other languages
    "Le chat est un animal domestique très répandu.",
    "Die Katze will heute nicht fressen.",
    "猫是一种很常见的家养动物。",
]


@pytest.mark.parametrize(("sentence", "expected"), ASKED)
def test_the_question_begins_with_words_of_the_sentence(sentence: str, expected: str) -> None:
    assert starter(sentence, "about a spring tide") == expected


@pytest.mark.parametrize("sentence", LEFT_ALONE)
def test_a_sentence_that_no_rule_is_sure_of_is_left_alone(sentence: str) -> None:
    assert starter(sentence) == ""


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("The subscript must yield an integer.", "What must the subscript yield"),
        (
            "If the index is out of range, an error is raised.",
            "What happens if the index is out of range",
        ),
        ("The value must yield an integer.", ""),
        ("If the name is unbound, an error is raised.", ""),
        ("The following subscript yields an integer.", ""),
    ],
)
def test_where_the_subject_is_known_a_definite_thing_of_it_is(sentence: str, expected: str) -> None:
    assert starter(sentence, known=True) == expected
    assert starter(sentence) == ""


@pytest.mark.parametrize(
    ("passage", "expected"),
    [
        ("", "What is Compost"),
        ("Gardeners make compost in autumn.", "What is compost"),
    ],
)
def test_the_passage_tells_words_from_names(passage: str, expected: str) -> None:
    assert starter("Compost is a dark and crumbly soil.", passage) == expected


@pytest.mark.parametrize(
    ("question", "instruction"),
    [
        ("What is a seed bank", "Explain what a seed bank is"),
        ("What are tides", "Explain what tides are"),
        ("What happens if a cable is loose", "Describe what happens if a cable is loose"),
        ("What does str.lower() return", "What does str.lower() return"),
        ("What is a key used for", "What is a key used for"),
        ("What is len() called to implement", "What is len() called to implement"),
        ("When is a backup made", "When is a backup made"),
        ("What is an example of a seed", "What is an example of a seed"),
        ("", ""),
    ],
)
def test_an_instruction_asks_the_same(question: str, instruction: str) -> None:
    assert imperative(question) == instruction


WORDS = st.sampled_from(
    [
        *("A", "The", "If", "When", "names", "lists", "returns", "is", "can", "be", "used", "to"),
        *("in", "the", "of", '"x"', "f()", ",", "not", "it", "猫", "ـ", "(", "-"),
    ]
)


@given(st.lists(WORDS, max_size=30).map(" ".join) | st.text(max_size=200), st.text(max_size=50))
def test_any_sentence_is_asked_in_its_own_words_or_left_alone(sentence: str, passage: str) -> None:
    start = starter(sentence, passage)
    assert start == starter(sentence, passage)
    assert start == "" or start.startswith(("What ", "When ", "Where ", "How "))
    assert bool(imperative(start)) == bool(start)
