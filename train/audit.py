"""Look at what would be trained on, before training: counts, packing, and a batch with its mask."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from train.bases import read_context, read_tokenizer
from train.config import TrainConfig
from train.data import Tokens, tokenise
from train.escape import printable
from train.packing import Collate, Pack, best_fit
from train.version import LeftOut, Version

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

OPEN, CLOSE = "⟦", "⟧"
"Around what is learned, in a batch that is shown."


@dataclass(frozen=True)
class Packing:
    """How the training rows pack. `efficiency` is the share of the packs' room that rows fill."""

    length: int
    packs: int
    efficiency: float
    computed: int
    "Tokens that are computed: those that rows of a pack begin with in common count once."
    padded: int
    "Tokens that batches of as many rows, padded to their longest, would compute."


@dataclass(frozen=True)
class Piece:
    """Tokens in a row that are learned, or that are not, as text."""

    text: str
    learned: bool


@dataclass(frozen=True)
class Audit:
    """What an audit found."""

    rows: dict[str, int]
    tokens: dict[str, int]
    learned: dict[str, int]
    left_out: list[LeftOut]
    packing: Packing
    batch: list[tuple[str, list[Piece]]]
    "Rows of the first pack, each its id and pieces."

    @property
    def share(self) -> float:
        """The share of the training rows' tokens that is learned."""
        return self.learned["train"] / max(1, self.tokens["train"])


def audit(version: Version, config: TrainConfig, base: Path) -> Audit:
    """Look at a version as the model in the folder `base` would be trained on it."""
    tokenizer = read_tokenizer(base)
    context = min(config.context, read_context(base))
    splits = {
        "train": tokenise(version.train, tokenizer, context),
        "test": tokenise(version.test, tokenizer, context, split="test"),
    }
    packs = best_fit(splits["train"].rows, min(config.pack_length, context))
    return Audit(
        rows={name: len(tokens) for name, tokens in splits.items()},
        tokens={name: tokens.total for name, tokens in splits.items()},
        learned={name: tokens.learned for name, tokens in splits.items()},
        left_out=[row for tokens in splits.values() for row in tokens.left_out],
        packing=_packing(splits["train"], packs, min(config.pack_length, context)),
        batch=[(row.id, list(_pieces(row.input_ids, row.labels, tokenizer))) for row in packs[0]]
        if packs
        else [],
    )


def _packing(train: Tokens, packs: list[Pack], length: int) -> Packing:
    collate = Collate(0)
    computed = sum(collate([pack])["inputs"]["input_ids"].numel() for pack in packs)
    room = sum(
        max(length, sum(map(len, pack))) if length else sum(map(len, pack)) for pack in packs
    )
    rows = round(len(train) / max(1, len(packs)))
    batches = [train.rows[i : i + rows] for i in range(0, len(train), max(1, rows))]
    padded = sum(max(map(len, batch)) * len(batch) for batch in batches)
    return Packing(length, len(packs), train.total / max(1, room), computed, padded)


def _pieces(
    ids: list[int], labels: list[int], tokenizer: PreTrainedTokenizerBase
) -> Iterator[Piece]:
    """The text of a row, in pieces that are learned or not, exactly as the mask says."""
    marked = zip(ids, (label >= 0 for label in labels), strict=True)
    for learned, tokens in groupby(marked, key=lambda pair: pair[1]):
        text = tokenizer.decode([token for token, _ in tokens], clean_up_tokenization_spaces=False)
        yield Piece(str(text), learned)


def describe(found: Audit) -> str:
    """What an audit found, to be read on a terminal; what is learned stands in ⟦ ⟧."""
    packing = found.packing
    lines = [
        f"Rows         {found.rows['train']:,} to train on, {found.rows['test']:,} to test on, "
        f"{len(found.left_out):,} left out",
        f"Tokens       {found.tokens['train']:,} to train on, {found.learned['train']:,} of them "
        f"learned ({found.share:.0%})",
        f"Packs        {packing.packs:,} of at most {packing.length:,} tokens, "
        f"{packing.efficiency:.1%} full",
        f"Computed     {packing.computed:,} tokens a pass, since rows share their beginnings; "
        f"{packing.padded:,} in padded batches",
    ]
    for row in found.left_out[:10]:
        lines.append(f"Left out     {printable(row.id)} ({row.split}): {row.reason}")
    if len(found.left_out) > 10:
        lines.append(f"             and {len(found.left_out) - 10:,} more (--json has all)")
    lines += ["", f"The first pack. Learned is what stands in {OPEN} {CLOSE}.", ""]
    for name, pieces in found.batch:
        shown = "".join(
            f"{OPEN}{_plain(piece.text)}{CLOSE}" if piece.learned else _plain(piece.text)
            for piece in pieces
        )
        lines += [f"── {printable(name)}", shown, ""]
    return "\n".join(lines)


def _plain(text: str) -> str:
    """Text of a row, in which nothing looks like the marks of the mask."""
    return printable(text).replace(OPEN, "\\u27e6").replace(CLOSE, "\\u27e7")
