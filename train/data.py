"""Rows → token rows. Only the response is learned, its end included.

Prompt and response are tokenised apart and then joined: tokenised as one text, a response that
starts with a newline would merge with the prompt's last one and change the prompt itself.
The end token belongs to the response, so it is learned whatever fills the padding elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from train.errors import UsageError
from train.template import render
from train.version import LeftOut, Row, Version, passages

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

    def __len__(self) -> int:
        return len(self.prompt) + len(self.response)

    @property
    def input_ids(self) -> list[int]:
        """All tokens of the row."""
        return self.prompt + self.response

    @property
    def labels(self) -> list[int]:
        """What is to be learned at each place: nothing in the prompt, all of the response."""
        return [IGNORED] * len(self.prompt) + self.response


@dataclass(frozen=True)
class Tokens:
    """The rows of a split as tokens, and those left out."""

    rows: list[TokenRow]
    left_out: list[LeftOut]

    def __len__(self) -> int:
        return len(self.rows)

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


def hold_out(tokens: Tokens, version: Version, asked: bool) -> tuple[Tokens, Tokens]:
    """Rows to train on and rows to watch: every tenth document, by its digest, and at least one.

    A row without a document stands for itself. Nothing is held out unless `asked`.
    """
    if not asked:
        return tokens, Tokens([], [])
    source = {row.id: row.document or row.id for row in version.train}
    digests = {name: sha256(name.encode()).hexdigest() for name in set(source.values())}
    chosen = sorted(digests, key=digests.__getitem__)[: max(1, len(digests) // 10)]
    watched = [row for row in tokens.rows if source[row.id] in chosen]
    learned = [row for row in tokens.rows if source[row.id] not in chosen]
    if not learned or not watched:
        raise UsageError(
            f"{version.path}: --patience needs training rows of two documents or more, "
            "one to be watched and one to be learned"
        )
    return Tokens(learned, tokens.left_out), Tokens(watched, [])


def documents(version: Version, tokenizer: PreTrainedTokenizerBase, context: int) -> Tokens:
    """The passages behind the training rows as rows without a prompt, all of it learned.

    Each begins after an end token, as texts follow each other in pretraining, and ends with one. A
    passage longer than the context is cut into several rows.
    """
    end = int(tokenizer.eos_token_id)
    found = passages(version)
    rows = []
    for (name, _), ids in zip(found, encode(tokenizer, [text for _, text in found]), strict=True):
        text = [*ids, end]
        cuts = range(0, len(text), context - 1)
        rows += [TokenRow(f"{name}#{cut}", [end], text[cut : cut + context - 1]) for cut in cuts]
    return Tokens(rows, [])
