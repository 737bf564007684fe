"""Rows → packs → batches, and the order in which packs come.

A pack is a few rows that are computed as one sequence without padding. What rows begin with in
common (the template, an instruction) is computed once: the rows are folded into a tree of tokens,
in which a token stands once for all rows that have the same tokens up to it. That is exact, since a
token's state depends only on the tokens before it. Attention alone needs the rows themselves: it
unfolds them, and padding stands only there, on the right, where a causal row never looks.

    rows        a b c d      tokens      a b c d x      unfold  0 1 2 3      fold  the place of each
                a b x        positions   0 1 2 3 2              0 1 4 ·            token in its rows

Models that cannot compute that (`losses.exact`) are given padded rows instead.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils.data import Dataset, Sampler

from train.data import TokenRow

Batch = dict[str, Any]
Pack = list[TokenRow]


def best_fit(rows: Sequence[TokenRow], length: int) -> list[Pack]:
    """Packs of at most `length` tokens: each row, longest first, goes where it fits most tightly.

    A row longer than that is a pack of its own; with `length` 0 every row is. (Best-fit decreasing:
    Johnson 1973; for language models: Ding et al. 2024, https://arxiv.org/abs/2404.10830.)
    """
    packs: list[Pack] = []
    spaces: list[tuple[int, int]] = []  # room left and pack, sorted
    for row in sorted(rows, key=len, reverse=True):
        size = len(row)
        place = bisect_left(spaces, (size, 0))
        room, pack = spaces.pop(place) if place < len(spaces) else (length, len(packs))
        if pack == len(packs):
            packs.append([])
        packs[pack].append(row)
        if room > size:
            insort(spaces, (room - size, pack))
    return packs


@dataclass(frozen=True)
class Collate:
    """Makes the batch of some packs; `folded` as one sequence, else as rows padded with `pad`.

    `keep` are the places whose next token is learned, `targets` those tokens, and `owners` the rows
    they belong to, as indices of `ids`. A batch may be empty: then nothing is learned from it.
    """

    pad: int
    folded: bool = True

    def __call__(self, packs: Sequence[Pack]) -> Batch:
        """The batch: for the model `inputs`, and what `token_losses` compares its answer with."""
        rows = [row for pack in packs for row in pack]
        inputs, places = (_fold if self.folded else _padded)(rows, self.pad)
        spans = [range(len(row.prompt) - 1, len(row) - 1) for row in rows]
        return {
            "inputs": inputs,
            "keep": torch.tensor(
                [places[i][t] for i, span in enumerate(spans) for t in span], dtype=torch.long
            ),
            "targets": torch.tensor(
                [token for row in rows for token in row.response], dtype=torch.long
            ),
            "owners": torch.tensor(
                [i for i, row in enumerate(rows) for _ in row.response], dtype=torch.long
            ),
            "ids": [row.id for row in rows],
            "lengths": [len(row) for row in rows],
        }


def _fold(rows: Sequence[TokenRow], pad: int) -> tuple[dict[str, torch.Tensor], list[list[int]]]:
    tokens: list[int] = []
    positions: list[int] = []
    fold: list[int] = []
    nodes: dict[tuple[int, int], int] = {}
    width = max(map(len, rows), default=1)
    places = []
    for i, row in enumerate(rows):
        node, path = -1, []
        for position, token in enumerate(row.input_ids):
            node = nodes.setdefault((node, token), len(tokens))
            if node == len(tokens):
                tokens.append(token)
                positions.append(position)
                fold.append(i * width + position)
            path.append(node)
        places.append(path)
    if not rows:
        tokens, positions, fold = [pad], [0], [0]
    unfold = [path + [0] * (width - len(path)) for path in places] or [[0]]
    return {
        "input_ids": torch.tensor([tokens]),
        "position_ids": torch.tensor([positions]),
        "unfold": torch.tensor(unfold),
        "fold": torch.tensor(fold),
    }, places


def _padded(rows: Sequence[TokenRow], pad: int) -> tuple[dict[str, torch.Tensor], list[list[int]]]:
    width = max(map(len, rows), default=1)
    filled = [(row.input_ids, [1] * len(row)) for row in rows] or [([pad], [1])]
    return {
        "input_ids": torch.tensor([ids + [pad] * (width - len(ids)) for ids, _ in filled]),
        "attention_mask": torch.tensor([ones + [0] * (width - len(ones)) for _, ones in filled]),
    }, [list(range(i * width, i * width + len(row))) for i, row in enumerate(rows)]


class Packs(Dataset[Pack]):
    """The packs of a split. An index past the last is an empty pack."""

    def __init__(self, packs: Sequence[Pack]) -> None:
        self.packs = packs

    def __len__(self) -> int:
        return len(self.packs)

    def __getitem__(self, index: int) -> Pack:
        return self.packs[index] if index < len(self.packs) else []


class Order(Sampler[int]):
    """Which pack comes when: shuffled by seed and epoch, and filled up with empty packs at the end.

    A process draws nothing from a generator that others or a resumed run would have to follow.
    """

    def __init__(self, packs: int, seed: int, multiple: int) -> None:
        self.packs, self.seed, self.epoch = packs, seed, 0
        self.total = math.ceil(packs / multiple) * multiple

    def __len__(self) -> int:
        return self.total

    def set_epoch(self, epoch: int) -> None:
        """Which pass over the packs comes next; the Trainer says it."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + self.epoch)
        yield from torch.randperm(self.packs, generator=generator).tolist()
        yield from range(self.packs, self.total)
