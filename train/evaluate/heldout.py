"""The held-out part: both models answer the test split, and each row gets its measures.

loss        nats per learned token of the reference, its end included
ended       the answer came to its end token
tokens      of the answer
f1          words shared with the reference (token F1)
rouge_l     longest common subsequence of words, F (Lin 2004)
exact       the same words as the reference; where that has at most 5
refused     turned down; where refusals were learned
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from train.ask import Answer, Limits, answer_all
from train.data import TokenRow, tokenise
from train.evaluate.refusals import Refusals
from train.evaluate.rows import Source
from train.evaluate.words import f1, words
from train.losses import RowLoss, measure
from train.template import render
from train.version import LeftOut, Row

if TYPE_CHECKING:
    from train.bases import Base

SHORT = 5
"Words of a reference that can be met exactly."


@dataclass(frozen=True)
class Answered:
    """A question, a model's answer and what it scored. `loss` is None without a reference."""

    question: Source
    answer: Answer
    loss: RowLoss | None
    scores: dict[str, float]


@dataclass(frozen=True)
class Part:
    """What one model made of the held-out rows, and those that were too long for it."""

    answered: dict[str, Answered]
    left_out: list[LeftOut]


def run(
    base: Base,
    questions: Sequence[Source],
    refusals: Refusals,
    limits: Limits,
    step: Callable[[int], None],
) -> Part:
    """Answer each question and score the answers. `step` counts two for each: loss and answer."""
    rows, left_out = _token_rows(base, questions, limits.context)
    losses = {loss.id: loss for loss in measure(base.model, rows, step=step)}
    step(len(questions) - len(rows))
    prompts = [render(question.instruction, question.input) for question in questions]
    answers = answer_all(base, prompts, limits, step)
    answered = {}
    for question, answer in zip(questions, answers, strict=True):
        if answer is None:
            left_out.append(LeftOut(question.id, "test", f"question > context {limits.context}"))
            continue
        scores = score(question, answer, refusals)
        loss = losses.get(question.id)
        if loss is not None:
            scores["loss"] = loss.mean
        answered[question.id] = Answered(question, answer, loss, scores)
    return Part(answered, left_out)


def _token_rows(
    base: Base, questions: Sequence[Source], context: int
) -> tuple[list[TokenRow], list[LeftOut]]:
    rows = [
        Row(question.id, question.instruction, question.input, question.output)
        for question in questions
        if question.output
    ]
    tokens = tokenise(rows, base.tokenizer, context, split="test")
    return tokens.rows, list(tokens.left_out)


def score(question: Source, answer: Answer, refusals: Refusals) -> dict[str, float]:
    """The measures of an answer that its text gives."""
    scores = {"ended": float(answer.finished), "tokens": float(answer.tokens)}
    if refusals:
        scores["refused"] = float(refusals.is_refusal(answer.text))
    if question.output and not question.off_topic:
        said, wanted = words(answer.text), words(question.output)
        scores["f1"] = f1(said, wanted)
        scores["rouge_l"] = _rouge().score(question.output, answer.text)["rougeL"].fmeasure
        if 0 < len(wanted) <= SHORT:
            scores["exact"] = float(said == wanted)
    return scores


@cache
def _rouge() -> Any:
    """rouge-score, with words of any script instead of its own, which are a-z alone."""
    from rouge_score.rouge_scorer import RougeScorer

    class _Words:
        def tokenize(self, text: str) -> list[str]:
            return words(text)

    return RougeScorer(["rougeL"], tokenizer=_Words())
