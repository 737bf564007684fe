"""What counts as turning a question down, and as the same words."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from train.evaluate.refusals import Refusals
from train.evaluate.rows import Source
from train.evaluate.words import f1, words

TOPIC = "the Python programming language"
LEARNED = Refusals(
    (
        f"I can only answer questions about {TOPIC}.",
        f"Sorry, let's stay with {TOPIC}.",
        f"That is not about {TOPIC}, so I have to pass.",
        f"Nice try, but my help is limited to {TOPIC}.",
        f"My help is limited to {TOPIC}.",
    )
)


def test_a_learned_refusal_is_one_even_with_slips_and_when_the_model_goes_on() -> None:
    assert LEARNED.is_refusal(f"Sorry, let us stay with {TOPIC}!")
    assert LEARNED.is_refusal(f"I can answer questions only on {TOPIC}. " + "And so on. " * 40)


def test_an_answer_about_the_topic_is_none_though_it_names_it() -> None:
    assert not LEARNED.is_refusal(f"It is {TOPIC}.")
    assert not LEARNED.is_refusal(f"{TOPIC} has lists.")
    assert not LEARNED.is_refusal("")
    assert not LEARNED.is_refusal("My favourite colour is blue.")
    assert not LEARNED.is_refusal("The questions of a quiz are kept in a list.")


def test_references_of_known_kind_tell_how_well_the_rule_works() -> None:
    rows = [
        Source("1", "Who won?", f"Sorry, let's stay with {TOPIC}.", kind="refusal"),
        Source("2", "Who lost?", "Paris is lovely in spring.", kind="refusal"),
        Source("3", "What is a list?", "A sequence that can change."),
    ]
    assert LEARNED.check(rows) == {
        "refusals": 2,
        "refusals_found": 1,
        "answers": 1,
        "answers_taken_for_refusals": 0,
    }


def test_without_learned_refusals_nothing_is_one() -> None:
    none = Refusals.of([Source("1", "What is a list?", "A sequence.")])
    assert not none
    assert not none.is_refusal("I can't help with that.")


@given(st.text(), st.text())
def test_f1_is_symmetric_and_one_only_for_the_same_words(one: str, two: str) -> None:
    left, right = words(one), words(two)
    assert f1(left, right) == f1(right, left)
    assert (f1(left, right) == 1) == (sorted(left) == sorted(right))
    assert f1(left, left) == 1


def test_words_are_those_of_any_script_without_case_and_width() -> None:
    assert words("Ｄas STRASSE, it’s Мир!") == ["das", "strasse", "it's", "мир"]
