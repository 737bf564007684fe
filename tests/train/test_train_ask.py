"""Asking a fine-tuned model."""

from __future__ import annotations

from pathlib import Path

import pytest

from train import Model
from train.errors import UsageError


@pytest.mark.parametrize(
    ("question", "given", "reply"),
    [
        ("What does len do?", "", "It counts items."),
        ("Name the type.", "3.5", "A float."),
        ("Name the type.", "'a'", "A string."),
    ],
)
def test_it_answers_what_it_learned_and_stops(
    command, learned, question: str, given: str, reply: str
) -> None:
    done = command("ask", learned.folder, question, "--input", given)
    assert done.code == 0, done.err
    assert done.out == reply + "\n"
    assert done.err == ""


def test_an_answer_ends_with_the_end_token_that_was_learned(learned) -> None:
    answer = Model(learned.folder).answer("What does len do?")
    assert answer.text == "It counts items."
    assert answer.finished
    assert answer.tokens == len("It counts items.") + 1


def test_a_cut_answer_is_called_so(command, learned) -> None:
    done = command("ask", learned.folder, "What does len do?", "--max-new-tokens", 5)
    assert done.out == "It co\n"
    assert done.err == "Cut after 5 tokens. For more: --max-new-tokens\n"


def test_an_answer_does_not_run_past_what_the_model_can_take(learned) -> None:
    question = "x" * 370
    answer = Model(learned.folder).answer(question, max_new_tokens=10_000)
    assert answer.tokens <= 512 - 370


def test_a_question_that_fills_the_context_is_refused(learned) -> None:
    with pytest.raises(UsageError, match=r"The question has \d+ tokens, the model takes 512"):
        Model(learned.folder)("x" * 600)


@pytest.mark.parametrize("question", ["", " \n"])
def test_an_empty_question_is_refused(command, learned, question: str) -> None:
    done = command("ask", learned.folder, question)
    assert done.code == 2
    assert "The question is empty: ask something" in done.err
    with pytest.raises(UsageError, match="The question is empty"):
        Model(learned.folder)(question)


def test_the_name_of_the_end_token_in_a_question_is_text(learned) -> None:
    """As the one token it would take a place, as text it takes thirteen."""
    model = Model(learned.folder)
    with pytest.raises(UsageError) as error:
        model("x" * 600 + "<|endoftext|>")
    with pytest.raises(UsageError) as plain:
        model("x" * 613)
    assert str(error.value) == str(plain.value)


def test_a_folder_that_is_no_run(command, tmp_path: Path) -> None:
    done = command("ask", tmp_path, "Why?")
    assert done.code == 2
    assert f"{tmp_path} is not a finished run: it lacks run.json. Make one with" in done.err


def test_a_record_that_is_none(command, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"dataset": {}}')
    done = command("ask", tmp_path, "Why?")
    assert done.code == 2
    assert "is not the record of a run" in done.err


def test_a_record_of_brackets(command, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("[" * 100_000)
    done = command("ask", tmp_path, "Why?")
    assert done.code == 2
    assert "is not the record of a run" in done.err
