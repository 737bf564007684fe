"""Ask a fine-tuned model: the same prompt as in training, answered until the end token."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from train import run
from train.config import MAX_NEW_TOKENS
from train.errors import UsageError, needs_extra
from train.template import render

if TYPE_CHECKING:
    from train.bases import Base


@dataclass(frozen=True)
class Answer:
    """An answer. `finished` is False where it was cut at the most tokens allowed."""

    text: str
    tokens: int
    finished: bool


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
        tokenizer = self._base.tokenizer
        model: Any = self._base.model  # Transformers declares generate on another class
        prompt = tokenizer(
            render(question, input),
            add_special_tokens=False,
            split_special_tokens=True,  # as in training: a name in the text is text
            return_tensors="pt",
        ).to(model.device)
        given = prompt["input_ids"].shape[1]
        room = self.record.context - given
        if room < 1:
            raise UsageError(
                f"The question has {given} tokens, the model takes {self.record.context} "
                "with its answer: shorten it"
            )
        from train.progress import quiet

        end = tokenizer.eos_token_id
        with quiet():
            output = model.generate(
                **prompt,
                max_new_tokens=min(max_new_tokens, room),
                do_sample=False,
                use_cache=True,
                eos_token_id=end,
                pad_token_id=self._base.pad,
            )
        new = output[0, given:].tolist()
        text = tokenizer.decode(new, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return Answer(str(text), len(new), finished=new[-1] == end)

    @cached_property
    def _base(self) -> Base:
        with needs_extra():
            from train import bases
            from train.progress import quiet
        with quiet():
            return bases.load(self.folder, place=True)
