"""The loss of each row: that of its response's tokens, the end included."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.utils.rnn import pad_sequence

from train.data import IGNORED, TokenRow

if TYPE_CHECKING:
    from train.bases import Base


@dataclass(frozen=True)
class RowLoss:
    """The summed loss of a row, in nats, over its learned `tokens`."""

    total: float
    tokens: int

    @property
    def mean(self) -> float:
        """Loss per learned token."""
        return self.total / self.tokens


def row_losses(
    base: Base,
    rows: Sequence[TokenRow],
    batch_size: int,
    step: Callable[[int], None] = lambda _: None,
) -> dict[str, RowLoss]:
    """The loss of each row, by row id; `step` is told how many more are done."""
    losses: dict[str, RowLoss] = {}
    ordered = sorted(rows, key=lambda row: len(row.input_ids))
    for start in range(0, len(ordered), batch_size):
        batch = ordered[start : start + batch_size]
        losses |= dict(zip((row.id for row in batch), _losses(base, batch), strict=True))
        step(len(batch))
    return losses


def _losses(base: Base, batch: Sequence[TokenRow]) -> list[RowLoss]:
    model: Any = base.model
    inputs = _padded([row.input_ids for row in batch], base.pad)
    mask = _padded([[1] * len(row.input_ids) for row in batch], 0)
    targets = _padded([row.labels for row in batch], IGNORED)[:, 1:].to(model.device)
    with torch.inference_mode():
        output = model(
            input_ids=inputs.to(model.device),
            attention_mask=mask.to(model.device),
            use_cache=False,
        )
        losses = torch.nn.functional.cross_entropy(
            output.logits[:, :-1].float().transpose(1, 2),
            targets,
            ignore_index=IGNORED,
            reduction="none",
        ).sum(dim=1)
    return [
        RowLoss(float(loss), len(row.response)) for loss, row in zip(losses, batch, strict=True)
    ]


def _padded(rows: list[list[int]], fill: int) -> torch.Tensor:
    return pad_sequence([torch.tensor(row) for row in rows], batch_first=True, padding_value=fill)
