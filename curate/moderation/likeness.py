"""How unlike texts are to documents by their vectors, on a scale that the documents set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]
F32 = npt.NDArray[np.float32]

_SAMPLE = 500  # passages that set the scale
_PART = 1024  # texts compared at a time


class Embeds(Protocol):
    """What makes vectors of texts: an `Embedding` of `curate.embeddings`, or anything like it."""

    def embed(self, texts: Sequence[str]) -> F32:
        """(texts × dimensions) A vector of length 1 of each text, zeros where it says nothing."""
        ...


def unlike(texts: Sequence[str], passages: Sequence[str], embedding: Embeds) -> F64:
    """Of each text, from 0 (as near to a passage as passages are to each other) to 1 (not at all).

    The nearness of a text is its highest cosine with a passage. Models differ in what a cosine
    means, so the scale is that of the passages: 0 is the median of their own highest cosines with
    other passages, 1 the median of all their cosines, which is what chance gives. Where there are
    fewer than three passages these are 0.5 and 0.
    """
    vectors = np.asarray(embedding.embed([*passages, *texts]), np.float64)
    documents, asked = vectors[: len(passages)], vectors[len(passages) :]
    near, far = _scale(documents)
    nearest = [
        (asked[at : at + _PART] @ documents.T).max(axis=1) for at in range(0, len(asked), _PART)
    ]
    cosines = np.concatenate(nearest) if nearest else np.zeros(0)
    return np.clip((near - cosines) / (near - far), 0, 1)


def _scale(documents: F64) -> tuple[float, float]:
    """The cosine that counts as near, and the one that counts as far."""
    if len(documents) < 3:
        return 0.5, 0.0
    some = np.linspace(0, len(documents) - 1, min(_SAMPLE, len(documents))).astype(np.int64)
    cosines = documents[some] @ documents.T
    cosines[np.arange(len(some)), some] = -np.inf
    near = float(np.median(cosines.max(axis=1)))
    far = float(np.median(cosines[np.isfinite(cosines)]))
    return (near, far) if near - far > 1e-3 else (0.5, 0.0)
