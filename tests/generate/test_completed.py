"""A question is held to the first words that the model was given for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.generate.completed import completed


@pytest.mark.parametrize(
    ("starter", "question", "expected"),
    [
        ("What is a seed", "What is a seed?", "What is a seed?"),
        ("How must seeds be kept", "How must seeds be kept.", "How must seeds be kept?"),
        ("Explain what a seed is", "Explain what a seed is?", "Explain what a seed is."),
        # bent, or another question
        ("What does a seed need", "What does a seed needs?", "What does a seed need?"),
        ("What do seeds need", "What does a seed need?", "What do seeds need?"),
        ("What are seeds kept in", "What is a seed bank?", "What are seeds kept in?"),
        # the gap is filled
        ("What does a seed need", "What does a seed need water?", "What does a seed need?"),
        ("What are seeds kept in", "What are seeds kept in jars?", "What are seeds kept in?"),
        ("What are seeds kept in", "What are seeds kept in for long?", "What are seeds kept in?"),
        # it is narrowed
        (
            "What does a seed need",
            "What does a seed need in winter?",
            "What does a seed need in winter?",
        ),
        (
            "What are seeds kept in",
            "What are seeds kept in if it rains?",
            "What are seeds kept in if it rains?",
        ),
        ("What does a seed need", "What does a seed need in?", "What does a seed need?"),
        # no first words were given
        ("", "Why do seeds sleep?", "Why do seeds sleep?"),
        ("", "猫是什么？", "猫是什么？"),
    ],
)
def test_the_first_words_stay(starter: str, question: str, expected: str) -> None:
    assert completed(starter, question) == expected


@given(st.sampled_from(["What is a seed", "Explain what a seed is"]), st.text(max_size=60))
def test_whatever_the_model_says_the_question_begins_as_told(starter: str, reply: str) -> None:
    for question in (reply, starter + reply):
        asked = completed(starter, question)
        assert asked.startswith(starter)
        assert asked.endswith(("?", "."))
