"""Rows → packs → batches, and the attention that keeps packed rows apart.

A pack is a few rows that are computed as one sequence without padding. What rows begin with in
common (the template, an instruction) is computed once: the rows are folded into a tree of tokens,
in which a token stands once for all rows that have the same tokens up to it. That is exact, since a
token's state depends only on the tokens before it. Attention alone needs the rows themselves: it
unfolds them, and padding stands only there, on the right, where a causal row never looks.

    rows        a b c d      tokens      a b c d x      unfold  0 1 2 3      fold  the place of each
                a b x        positions   0 1 2 3 2              0 1 4 ·            token in its rows

Models whose attention cannot be replaced so are asked in padded rows instead; `exact` finds out.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch.nn.functional import cross_entropy, scaled_dot_product_attention
from transformers import AttentionInterface

from train.data import TokenRow

if TYPE_CHECKING:
    from transformers import PreTrainedModel

ATTENTION = "rows"
TOLERANCE = 1e-4
"How far logits of packed rows may be from those of rows alone, as a share of the largest."
Batch = dict[str, Any]
Pack = list[TokenRow]


class RowLoss(NamedTuple):
    """A row's loss, summed over its learned tokens, and how many they are."""

    id: str
    loss: float
    tokens: int


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


def rows_attention(
    module: torch.nn.Module,  # noqa: ARG001 (attention functions are given it)
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    unfold: torch.Tensor | None = None,
    fold: torch.Tensor | None = None,
    **others: Any,
) -> tuple[torch.Tensor, None]:
    """Causal attention within each row of a folded batch (1 × heads × tokens × size).

    Without a mask, so that PyTorch takes its flash kernel, on a GPU as on a processor. Raises
    NotImplementedError for a kind of attention that this is not: a window, a cap, sinks.
    """
    strange = [name for name in ("sliding_window", "softcap", "s_aux") if others.get(name)]
    if strange or attention_mask is not None or unfold is None or fold is None:
        raise NotImplementedError(f"rows attention with {strange or 'a mask'}")
    grouped = query.shape[1] != key.shape[1]
    out = scaled_dot_product_attention(
        _unfolded(query, unfold),
        _unfolded(key, unfold),
        _unfolded(value, unfold),
        dropout_p=dropout,
        is_causal=True,
        scale=scaling,
        enable_gqa=grouped,
    )
    rows, heads, width, size = out.shape
    return out.transpose(1, 2).reshape(rows * width, heads, size)[fold].unsqueeze(0), None


def _unfolded(part: torch.Tensor, unfold: torch.Tensor) -> torch.Tensor:
    """1 × heads × tokens × size → rows × heads × width × size."""
    return part[0].transpose(0, 1)[unfold].transpose(1, 2)


AttentionInterface.register(ATTENTION, rows_attention)


def token_losses(model: torch.nn.Module, batch: Batch) -> torch.Tensor:
    """The loss of each learned token of a batch, in the order of its `targets`.

    Logits are made only at the places in `keep`. The cache is off: with it, Transformers would
    take packed rows for one text.
    """
    inputs, keep = batch["inputs"], batch["keep"]
    if "unfold" in inputs:
        logits = model(**inputs, use_cache=False, logits_to_keep=keep).logits[0]
    else:
        logits = model(**inputs, use_cache=False).logits.flatten(0, 1)[keep]
    if not len(keep):
        nothing: torch.Tensor = logits.float().sum(dim=-1)
        return nothing  # no token, but a graph that other processes wait for
    return cross_entropy(logits.float(), batch["targets"], reduction="none")


def row_losses(model: torch.nn.Module, batch: Batch) -> list[RowLoss]:
    """What each row of a batch costs a model, in the order of its `ids`."""
    losses = token_losses(model, batch).detach().double()
    owners, rows = batch["owners"], len(batch["ids"])
    sums = torch.zeros(rows, dtype=torch.double, device=losses.device)
    sums.index_add_(0, owners, losses)
    counts = torch.bincount(owners, minlength=rows)
    return list(map(RowLoss, batch["ids"], sums.tolist(), counts.tolist()))


def measure(model: PreTrainedModel, rows: Sequence[TokenRow], length: int = 1024) -> list[RowLoss]:
    """What each row costs a model that is ready to answer, packed where it can; in their order.

    Rows are told apart by their ids, which must differ.
    """
    with packed(model) as able, torch.inference_mode():
        collate = Collate(0, folded=able)
        batches = (_on(model, collate([pack])) for pack in best_fit(rows, length))
        found = {one.id: one for batch in batches for one in row_losses(model, batch)}
    return [found[row.id] for row in rows]


@contextmanager
def packed(model: PreTrainedModel) -> Iterator[bool]:
    """Let a model compute folded batches, for as long as this lasts. Gives whether it can."""
    before = model.config._attn_implementation
    able = exact(model)
    if able:
        model.set_attn_implementation(ATTENTION)
    try:
        yield able
    finally:
        model.set_attn_implementation(before)


def exact(model: PreTrainedModel) -> bool:
    """Whether folded rows give a model's own losses: tried with two short rows that share tokens.

    The model is asked, and no list of models is kept; it must be one without dropout at work.
    """
    rows = [TokenRow("a", [3, 5, 7, 5], [6, 4, 8]), TokenRow("b", [3, 5, 7], [9, 3])]
    before = model.config._attn_implementation
    training = model.training
    model.eval()  # type: ignore[no-untyped-call]
    try:
        with torch.no_grad():
            alone = [token_losses(model, _on(model, Collate(0, folded=False)([[r]]))) for r in rows]
            model.set_attn_implementation(ATTENTION)
            together = token_losses(model, _on(model, Collate(0)([rows])))
        return torch.allclose(torch.cat(alone), together, rtol=TOLERANCE, atol=TOLERANCE)
    except (TypeError, ValueError, NotImplementedError, RuntimeError, AttributeError):
        return False
    finally:
        model.set_attn_implementation(before)
        model.train(training)


def _on(model: PreTrainedModel, batch: Batch) -> Batch:
    return {
        name: {key: part.to(model.device) for key, part in value.items()}
        if isinstance(value, dict)
        else value.to(model.device)
        if isinstance(value, torch.Tensor)
        else value
        for name, value in batch.items()
    }
