"""What rows cost a model: packed rows, computed as if each were alone.

Attention runs over the rows of a folded batch (see `packing`), everything else over its tokens.
Models whose attention cannot be replaced so are asked in padded rows; `exact` finds out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch.nn.functional import cross_entropy, scaled_dot_product_attention
from transformers import AttentionInterface

from train.data import TokenRow
from train.packing import Batch, Collate, best_fit

if TYPE_CHECKING:
    from transformers import PreTrainedModel

ATTENTION = "rows"
TOLERANCE = 1e-4
"How far logits of packed rows may be from those of rows alone, as a share of the largest."


class RowLoss(NamedTuple):
    """A row's loss in nats, summed over its learned tokens, and how many they are."""

    id: str
    loss: float
    tokens: int

    @property
    def mean(self) -> float:
        """Loss per learned token."""
        return self.loss / self.tokens


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


def measure(
    model: PreTrainedModel,
    rows: Sequence[TokenRow],
    length: int = 1024,
    step: Callable[[int], None] = lambda _: None,
) -> list[RowLoss]:
    """What each row costs a model that is ready to answer, packed where it can; in their order.

    Rows are told apart by their ids, which must differ. `step` is told how many more are done.
    """
    found: dict[str, RowLoss] = {}
    with packed(model) as able, torch.inference_mode():
        collate = Collate(0, folded=able)
        for pack in best_fit(rows, length):
            found |= {one.id: one for one in row_losses(model, _on(model, collate([pack])))}
            step(len(pack))
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
