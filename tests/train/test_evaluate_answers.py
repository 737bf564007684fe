"""Batches answer as one question alone does; answers are scored by their words."""

from __future__ import annotations

import pytest

from train.ask import Limits, answer_all
from train.evaluate.heldout import score
from train.evaluate.refusals import Refusals
from train.evaluate.rows import Source
from train.template import render

QUESTIONS = [
    ("What does len do?", ""),
    ("Name the type.", "3.5"),
    ("What does abs do, and why is it asked of numbers alone, not of lists?", ""),
    ("Hm?", ""),
    ("Name the type.", "<|endoftext|> and <|padding|> are text here"),
]


@pytest.fixture(scope="module")
def loaded(learned):
    from train import bases

    return bases.load(learned.folder, place=True)


@pytest.mark.parametrize("batch_size", [2, 5])
def test_a_batch_is_answered_as_each_question_alone(learned, loaded, batch_size: int) -> None:
    from train import Model

    model = Model(learned.folder)
    alone = [model.answer(question, given, 12) for question, given in QUESTIONS]
    prompts = [render(*question) for question in QUESTIONS]
    limits = Limits(12, model.record.context, batch_size)
    assert answer_all(loaded, prompts, limits) == alone
    assert {answer.finished for answer in alone} == {True, False}  # both ends of an answer are seen


def test_an_answer_has_the_room_that_its_question_leaves(loaded) -> None:
    prompts = [render("What does len do?"), render("x" * 60), render("x" * 300)]
    lengths = [len(ids) for ids in loaded.tokenizer(prompts)["input_ids"]]
    limits = Limits(max_new_tokens=50, context=lengths[1] + 3, batch_size=3)
    steps: list[int] = []
    first, second, third = answer_all(loaded, prompts, limits, steps.append)
    assert first is not None
    assert second is not None
    assert second.tokens <= 3
    assert third is None
    assert sum(steps) == 3


@pytest.mark.parametrize(
    ("said", "f1", "rouge_l", "exact"),
    [
        ("It counts items", 1.0, 1.0, 1.0),
        ("items it counts", 1.0, 2 / 3, 0.0),
        ("It counts", 0.8, 0.8, 0.0),
        ("", 0.0, 0.0, 0.0),
    ],
)
def test_an_answer_is_scored_by_its_words(
    said: str, f1: float, rouge_l: float, exact: float
) -> None:
    from train.ask import Answer

    question = Source("1", "What does len do?", "It counts items.")
    scores = score(question, Answer(said, 4, finished=True), Refusals(()))
    assert scores["f1"] == pytest.approx(f1)
    assert scores["rouge_l"] == pytest.approx(rouge_l)
    assert scores["exact"] == exact
    assert scores["ended"] == 1
    assert "refused" not in scores


def test_a_long_reference_is_not_asked_to_be_met_exactly() -> None:
    from train.ask import Answer

    question = Source("1", "What does len do?", "It counts the items of a list.")
    assert "exact" not in score(question, Answer("Yes.", 2, finished=True), Refusals(()))
