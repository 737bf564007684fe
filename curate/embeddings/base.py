"""What an embedding is: texts as vectors of length 1, so that a product of two is their cosine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from curate.options import options
from curate.progress import Progress
from curate.registry import Named

F32 = npt.NDArray[np.float32]


class Vectors(Protocol):
    """Makes the vector of a text whatever the others are; may be sent to other processes."""

    @property
    def dimensions(self) -> int:
        """Numbers in a vector."""
        ...

    def of(self, texts: Sequence[str]) -> F32:
        """(texts × dimensions) Of texts that say something."""
        ...


@options
class Embedding(Named):
    """A way to make vectors of texts."""

    sample: ClassVar[int | None] = None
    """Distinct texts that it is fitted on, at most; those of the lowest digests are chosen.

    None for one that asks an endpoint or holds a model: it works in one process only.
    """

    def embed(
        self, texts: Sequence[str], progress: Progress | None = None, cache: Path | None = None
    ) -> F32:
        """(texts × dimensions) A vector of length 1 of each text; zeros where it says nothing.

        The same set of texts gives the same vectors in any order, up to rounding. `cache` is a
        folder for vectors that are paid for; others are made anew.
        """
        raise NotImplementedError(f"embedding {self.name} does not say how to embed")

    def fitted(self, sample: Sequence[str]) -> Vectors:
        """What makes vectors of all texts, fitted on a sample of them that each say something."""
        raise NotImplementedError(f"embedding {self.name} works in one process only")


def different(texts: Sequence[str]) -> list[str]:
    """The texts that say something, each once, in an order of their own."""
    return sorted({text for text in texts if text.strip()})


def unit(vectors: F32) -> F32:
    """Each row at length 1; a row of zeros as it is."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1), np.float32)


def spread(texts: Sequence[str], distinct: Sequence[str], vectors: F32) -> F32:
    """(texts × dimensions) The vectors of `distinct` texts, for all `texts`; zeros for others."""
    place = {text: number for number, text in enumerate(distinct)}
    found = np.zeros((len(texts), vectors.shape[1]), np.float32)
    for number, text in enumerate(texts):
        if text in place:
            found[number] = vectors[place[text]]
    return found
