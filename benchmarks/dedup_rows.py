"""Synthetic rows for the dedup benchmarks: readable shape, known copies, the same for each seed."""

from __future__ import annotations

import numpy as np
import polars as pl

LETTERS = np.array(list("abcdefghijklmnopqrstuvwxyz"))
_BLOCK = 50_000


def vocabulary(chance: np.random.Generator, count: int = 30_000) -> np.ndarray:
    """Different words of 2 to 10 letters."""
    lengths = chance.integers(2, 11, 2 * count)
    letters = LETTERS[chance.integers(0, 26, (2 * count, 10))]
    words = ["".join(row[:length]) for row, length in zip(letters, lengths, strict=True)]
    return np.array(sorted(set(words))[:count], dtype=object)[chance.permutation(count)]


def rows(count: int, copies: float = 0.2, seed: int = 0) -> pl.DataFrame:
    """`count` rows of 60 to 140 words; the share `copies` are earlier ones with words changed.

    Words come as often as 1 / (rank + 50) says, as in English with its most frequent words damped.
    Of a copy 0 to 10 % of the words are others. 10 words are the instruction, the rest the output.
    """
    chance = np.random.default_rng(seed)
    words = vocabulary(chance)
    weight = 1 / (np.arange(len(words)) + 50)
    upto = np.cumsum(weight / weight.sum())
    parts = []
    for first in range(0, count, _BLOCK):
        size = min(_BLOCK, count - first)
        fresh = size - round(copies * size)
        lengths = chance.integers(60, 141, fresh)
        texts = np.split(
            np.searchsorted(upto, chance.random(lengths.sum())), np.cumsum(lengths)[:-1]
        )
        for original in chance.integers(0, fresh, size - fresh):
            text = texts[original].copy()
            changed = chance.random(len(text)) < chance.random() * 0.1
            text[changed] = np.searchsorted(upto, chance.random(changed.sum()))
            texts.append(text)
        order = chance.permutation(size)
        said = [words[np.minimum(texts[at], len(words) - 1)] for at in order]
        parts.append(
            pl.DataFrame(
                {
                    "id": [f"r{first + at:08}" for at in range(size)],
                    "instruction": [" ".join(text[:10]) + "?" for text in said],
                    "input": [""] * size,
                    "output": [" ".join(text[10:]) + "." for text in said],
                }
            )
        )
    return pl.concat(parts)
