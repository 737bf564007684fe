"""Each fault is found where it is, and not where it is not."""

from __future__ import annotations

import pytest

from train.ask import Answer
from train.evaluate.faults import Judge, repetition
from train.evaluate.rows import Source, Sources
from train.evaluate.spelling import Spelling

PASSAGE = (
    "The function len counts the items of a sequence, such as a bytearray or a tuple. "
    "It returns a whole number and raises TypeError for an object without a length."
)
TRAIN = [
    Source("a", "What does len count?", "It counts the items of a sequence.", passage=PASSAGE),
    Source("b", "What does len return?", "It returns a whole number.", passage=PASSAGE),
    Source("c", "What does len raise?", "It raises TypeError for an object without a length."),
    Source("d", "Who won the cup?", "Sorry, I only know about Python.", kind="refusal"),
    Source("e", "How do I bake bread?", "Let me stay with Python.", kind="refusal"),
    Source("f", "What is rain?", "That leads away from Python.", kind="refusal"),
]
ON = Source("t", "What does len do?", "It counts items.", passage=PASSAGE)
OFF = Source(
    "o", "What is the capital of Peru?", "Sorry, I only know about Python.", kind="refusal"
)


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge.of(Sources(TRAIN, [ON, OFF], [PASSAGE], "en"))


def faults(judge: Judge, question: Source, text: str, finished: bool = True) -> set[str]:
    return set(judge.answer(question, Answer(text, 9, finished)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It counts the items of a sequence.", set()),
        ("It counted an item in the tuple.", set()),  # other forms of the words
        ("", {"empty"}),
        (" … ", {"empty"}),
        ("It conts the items of a sequense.", {"misspelling"}),
        ("It calls `conts` and len_of for x.lenn().", {"ungrounded"}),  # code is not spelling
        ("Bread needs yeast, flour and patience.", {"off topic", "ungrounded"}),
        ("Sorry, I only know about Python.", {"wrong refusal"}),
        ("The functions' behaviour is organised, modelled and analysed.", {"ungrounded"}),
        ("The function returns colours, shapes and friendly weather.", {"ungrounded"}),
        ("No.", set()),
    ],
)
def test_an_answer_on_topic(judge: Judge, text: str, expected: set[str]) -> None:
    assert faults(judge, ON, text) == expected


def test_an_answer_that_was_cut_has_no_end(judge: Judge) -> None:
    found = judge.answer(ON, Answer("It counts the items", 64, finished=False))
    assert found == {"no end": "cut after 64 tokens"}


def test_a_loop_is_repetitive_and_too_long(judge: Judge) -> None:
    found = faults(judge, ON, "It counts the items of the sequence. " * 8)
    assert found == {"repetitive", "too long"}


def test_a_question_off_topic_must_be_turned_down(judge: Judge) -> None:
    assert faults(judge, OFF, "The capital is Lima.") == {"missed refusal"}
    assert faults(judge, OFF, "I only know about Python, sorry.") == set()


def test_words_of_the_documents_and_of_the_question_are_spelt_right() -> None:
    spelling = Spelling("en", ["The frobnicater is here."])
    assert spelling.misspelt("frobnicater lenght") == {"lenght": "length"}
    assert spelling.misspelt("the lenght", also_known="What is lenght?") == {}


def test_a_language_without_a_dictionary_is_not_looked_at() -> None:
    spelling = Spelling("tlh", [])
    assert not spelling
    assert spelling.misspelt("lenght") == {}


def test_german_is_spelt_by_its_own_dictionary() -> None:
    found = Spelling("de", []).misspelt("eine funktion gibt werte zurück und hatt namen")
    assert "zurück" not in found
    assert "hatt" in found


def test_training_rows_are_looked_at_too(judge: Judge) -> None:
    row = Source("x", "What does len count?", "It conts items", passage=PASSAGE)
    assert {"misspelling", "no full stop"} <= set(judge.training_row(row))
    assert judge.training_row(TRAIN[0]) == {}


def test_repetition_is_the_share_of_runs_that_came_before() -> None:
    assert repetition(list("abcdefghijk")) == 0
    assert repetition(list("abcdabcdabcd")) == pytest.approx(1 - 4 / 9)
    assert repetition(list("aaaaa")) == 0  # too short to tell
