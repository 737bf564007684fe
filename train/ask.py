"""Answers of a fine-tuned model: the same prompt as in training, greedy, until the end token.

Many questions are answered at once in batches padded on the left. Each is answered as it would be
alone: padding is masked and moves no position, and a batch holds only questions that have the same
number of tokens left for their answers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from train import run
from train.config import MAX_NEW_TOKENS
from train.data import encode
from train.errors import UsageError, needs_extra
from train.template import render

if TYPE_CHECKING:
    from train.bases import Base

Step = Callable[[int], None]


@dataclass(frozen=True)
class Answer:
    """An answer. `finished` is False where it was cut at the most tokens allowed."""

    text: str
    tokens: int
    finished: bool


@dataclass(frozen=True)
class Limits:
    """How long an answer may be, and how long prompt and answer together, in tokens."""

    max_new_tokens: int
    context: int
    batch_size: int = 1


class Model:
    """The model of a run folder. `Model("runs/…")("question")` is the answer's text."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.record = run.read(self.folder)

    def __call__(
        self,
        question: str,
        input: str = "",  # noqa: A002 (Alpaca's name for it)
        max_new_tokens: int = MAX_NEW_TOKENS,
    ) -> str:
        """The answer to a question, or to an instruction about an `input`."""
        return self.answer(question, input, max_new_tokens).text

    def answer(
        self,
        question: str,
        input: str = "",  # noqa: A002
        max_new_tokens: int = MAX_NEW_TOKENS,
    ) -> Answer:
        """The likeliest answer, token by token, with how it ended."""
        if not question.strip():
            raise UsageError('The question is empty: ask something, as in "What does len return?"')
        limits = Limits(max_new_tokens, self.record.context)
        prompt = render(question, input)
        answer = answer_all(self._base, [prompt], limits)[0]
        if answer is None:
            raise UsageError(
                f"The question has {len(encode(self._base.tokenizer, [prompt])[0])} tokens, the "
                f"model takes {limits.context} with its answer: shorten it"
            )
        return answer

    @cached_property
    def _base(self) -> Base:
        with needs_extra():
            from train import bases
            from train.progress import quiet
        with quiet():
            return bases.load(self.folder, place=True)


def answer_all(
    base: Base, prompts: Sequence[str], limits: Limits, step: Step = lambda _: None
) -> list[Answer | None]:
    """The likeliest answer to each prompt; None for one that fills the context by itself.

    `step` is told how many more are done.
    """
    tokens = encode(base.tokenizer, prompts)
    answers: list[Answer | None] = [None] * len(tokens)
    step(sum(len(prompt) >= limits.context for prompt in tokens))
    for batch, room in _batches(tokens, limits):
        found = _generate(base, [tokens[place] for place in batch], room)
        for place, answer in zip(batch, found, strict=True):
            answers[place] = answer
        step(len(batch))
    return answers


def _batches(tokens: Sequence[list[int]], limits: Limits) -> Iterator[tuple[list[int], int]]:
    """Places of prompts of much the same length, with the tokens that each may be answered in."""
    by_room: dict[int, list[int]] = defaultdict(list)
    for place, prompt in enumerate(tokens):
        room = min(limits.max_new_tokens, limits.context - len(prompt))
        if room > 0:
            by_room[room].append(place)
    for room, places in sorted(by_room.items()):
        places.sort(key=lambda place: len(tokens[place]))
        for start in range(0, len(places), limits.batch_size):
            yield places[start : start + limits.batch_size], room


def _generate(base: Base, prompts: Sequence[list[int]], room: int) -> list[Answer]:
    import torch

    from train.progress import quiet

    model: Any = base.model  # Transformers declares generate on another class
    width = max(map(len, prompts))
    rows = [[base.pad] * (width - len(prompt)) + prompt for prompt in prompts]
    mask = [[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts]
    end = int(base.tokenizer.eos_token_id)
    with quiet(), torch.inference_mode():
        output = model.generate(
            input_ids=torch.tensor(rows, device=model.device),
            attention_mask=torch.tensor(mask, device=model.device),
            max_new_tokens=room,
            do_sample=False,
            use_cache=True,
            eos_token_id=end,
            pad_token_id=base.pad,
        )
    return [_answer(base, row, end) for row in output[:, width:].tolist()]


def _answer(base: Base, new: list[int], end: int) -> Answer:
    """One answer: up to its first end token. What comes after that is padding."""
    finished = end in new
    kept = new[: new.index(end) + 1] if finished else new
    text = base.tokenizer.decode(kept, skip_special_tokens=True, clean_up_tokenization_spaces=False)
    return Answer(str(text), len(kept), finished)
