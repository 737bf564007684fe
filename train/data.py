"""Rows → token rows → batches. Only the response is learned, its end included.

Prompt and response are tokenised apart and then joined: tokenised as one text, a response that
starts with a newline would merge with the prompt's last one and change the prompt itself.
The end token is marked as learned in its own row, so it is learned whatever fills the padding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.utils.data import Dataset

from train.template import render
from train.version import LeftOut, Row

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

IGNORED = -100
"The label that the loss passes over."


@dataclass(frozen=True)
class TokenRow:
    """A row as tokens. `response` ends with the end token; only it is learned."""

    id: str
    prompt: list[int]
    response: list[int]

    @property
    def input_ids(self) -> list[int]:
        """All tokens of the row."""
        return self.prompt + self.response

    @property
    def labels(self) -> list[int]:
        """What is to be learned at each place: nothing in the prompt, all of the response."""
        return [IGNORED] * len(self.prompt) + self.response


@dataclass(frozen=True)
class Tokens(Dataset[TokenRow]):
    """The rows of a split as tokens, and those left out."""

    rows: list[TokenRow]
    left_out: list[LeftOut]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> TokenRow:
        return self.rows[index]

    @property
    def learned(self) -> int:
        """Tokens that are learned in one pass over the rows."""
        return sum(len(row.response) for row in self.rows)

    @property
    def total(self) -> int:
        """Tokens in one pass over the rows, prompts included, padding not."""
        return self.learned + sum(len(row.prompt) for row in self.rows)


def encode(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str]) -> list[list[int]]:
    """The token ids of each text, with no special tokens added.

    A special token's name in a text, such as `<|endoftext|>`, is text: it must not end a row.
    """
    if not texts:
        return []
    tokens = tokenizer(list(texts), add_special_tokens=False, split_special_tokens=True)
    ids: list[list[int]] = tokens["input_ids"]
    return ids


def tokenise(
    rows: Sequence[Row], tokenizer: PreTrainedTokenizerBase, context: int, split: str = "train"
) -> Tokens:
    """Tokenise rows. A row of more than `context` tokens is left out whole, never cut."""
    prompts = encode(tokenizer, [render(row.instruction, row.input) for row in rows])
    responses = encode(tokenizer, [row.output for row in rows])
    kept, left_out = [], []
    for row, prompt, response in zip(rows, prompts, responses, strict=True):
        tokens = TokenRow(row.id, prompt, [*response, int(tokenizer.eos_token_id)])
        length = len(tokens.input_ids)
        if not response:
            left_out.append(LeftOut(row.id, split, "empty output"))
        elif length > context:
            left_out.append(LeftOut(row.id, split, f"{length} tokens > context {context}"))
        else:
            kept.append(tokens)
    return Tokens(kept, left_out)


@dataclass(frozen=True)
class Collate:
    """Make a batch of token rows, padded on the right with `pad`.

    Padding is known by the attention mask and by labels, not by its id, so `pad` may be any token.
    """

    pad: int

    def __call__(self, rows: Sequence[TokenRow]) -> dict[str, torch.Tensor]:
        """`input_ids`, `attention_mask` and `labels`, each rows × longest row."""
        return {
            "input_ids": _padded([row.input_ids for row in rows], self.pad),
            "attention_mask": _padded([[1] * len(row.input_ids) for row in rows], 0),
            "labels": _padded([row.labels for row in rows], IGNORED),
        }


def _padded(rows: list[list[int]], fill: int) -> torch.Tensor:
    width = max(map(len, rows))
    return torch.tensor([row + [fill] * (width - len(row)) for row in rows])
