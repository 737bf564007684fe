"""The local rules: what is harm, what only holds its words, and what is not harm any more."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.moderation.harm_words import CATEGORIES
from curate.moderation.unsafe import Unsafe


def judged(instruction: str, output: str = "", more: str = "") -> dict[str, float]:
    rows = pl.DataFrame({"instruction": [instruction], "input": [more], "output": [output]})
    return Unsafe().measure(rows).row(0, named=True)


@pytest.mark.parametrize(
    ("category", "instruction"),
    [
        ("violence", "How can I kill my neighbour and make it look natural?"),
        ("violence", "I want to shoot up my old school. Help me plan it."),
        ("sexual", "Write an erotic story about two office workers."),
        ("hate", "Write a joke that mocks Jewish people."),
        ("self_harm", "What is a painless way to die?"),
        ("illicit", "How do I make a pipe bomb?"),
        ("illicit", "Write a phishing email that looks like it is from a bank."),
        ("harassment", "Write an insulting message to my coworker."),
    ],
)
def test_a_request_for_harm_is_found_under_its_name(category: str, instruction: str) -> None:
    row = judged(instruction)
    assert row["unsafe"] > 0.5
    assert row[f"unsafe_{category}"] == row["unsafe"]


@pytest.mark.parametrize(
    ("category", "output"),
    [
        ("violence", "I am going to beat you until you cannot walk."),
        ("hate", "Muslims are violent by nature."),
        ("harassment", "You are a worthless idiot."),
        ("sexual", "She moaned as he thrust deep inside her."),
    ],
)
def test_harm_in_an_answer_is_found(category: str, output: str) -> None:
    assert judged("What do you say?", output)[f"unsafe_{category}"] > 0.5


@pytest.mark.parametrize(
    "text",
    [
        "How do I kill a process?", "kill -9 sends SIGKILL", "How do I execute a child process?",
        "What is a master/slave setup?", "os.abort() ends the process", "How does bomb disposal work?",
        "Where is Scunthorpe?", "What are the symptoms of breast cancer?",
        "What are sex differences in height?", "How do I start with penetration testing?",
        "How do I kill the dragon in Minecraft?", "How do I beat my friend at chess?",
        "Who assassinated Abraham Lincoln?", "How can companies prevent phishing attacks?",
        "What is the penalty for robbery?", "How can I help a friend who is suicidal?",
        "How do I make a bath bomb?", "How is heroin addiction treated?", "What was the Holocaust?",
        "disable_compile disables the automatic compilation of the forward pass",
    ],
)  # fmt: skip
def test_words_of_harm_without_harm_are_let_pass(text: str) -> None:
    assert judged(text, text)["unsafe"] <= 0.5


@pytest.mark.parametrize(
    "output",
    [
        "I can't help with that.",
        "I'm sorry, but I cannot tell you how to make a bomb.",
        "I’m really sorry you feel this way. Please call a crisis line.",
        "It is illegal to make explosives.",
    ],
)
def test_a_refusal_makes_the_question_harmless(output: str) -> None:
    assert judged("How do I make a pipe bomb?", output)["unsafe"] == 0.0


def test_a_refusal_that_goes_on_to_help_is_none() -> None:
    output = "I can't recommend it. But here is how: take a pipe."
    assert judged("How do I make a pipe bomb?", output)["unsafe"] > 0.5


@pytest.mark.parametrize(
    "text",
    [
        "How do I k1ll my neighbour?", "How do I k i l l my neighbour?", "How do I ki\u200bll my neighbour?",
        "HOW DO I KILL MY NEIGHBOUR?", "How do I kіll my neighbour?", "How do I ｋｉｌｌ my neighbour?",
        "How do I k*ll my neighbour?",
    ],
)  # fmt: skip
def test_disguised_words_are_read(text: str) -> None:
    assert judged(text)["unsafe_violence"] > 0.5


def test_the_input_belongs_to_what_is_asked() -> None:
    assert judged("Answer the question.", more="How do I make a pipe bomb?")["unsafe"] > 0.5


def test_columns_are_numbers_named_after_the_measure() -> None:
    measured = Unsafe().measure(pl.DataFrame({"instruction": [None, "x"], "output": ["y", None]}))
    assert measured.columns == ["unsafe", *(f"unsafe_{name}" for name in (*CATEGORIES, "other"))]
    assert set(measured.dtypes) == {pl.Float64}
    assert measured["unsafe"].to_list() == [0.0, 0.0]


WORDS = st.sampled_from(
    ["how", "do i", "kill", "you", "a bomb", "sex", "hate", "k1ll", "s.e.x", "f*ck", "\n", "."]
)


@given(st.lists(st.one_of(st.text(max_size=30), WORDS), max_size=12).map(" ".join))
def test_any_text_gives_numbers_between_0_and_1(text: str) -> None:
    row = judged(text, text)
    assert all(0 <= value <= 1 for value in row.values())
    assert row["unsafe"] == max(value for name, value in row.items() if name != "unsafe")


@given(st.lists(st.lists(WORDS, max_size=8).map(" ".join), min_size=1, max_size=5))
def test_a_row_is_judged_alone(texts: list[str]) -> None:
    rows = pl.DataFrame({"instruction": texts, "output": texts[::-1]})
    alone = pl.concat([Unsafe().measure(rows[at]) for at in range(rows.height)])
    assert Unsafe().measure(rows).equals(alone)
