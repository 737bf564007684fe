"""Vectors of texts in partitions, made where those are.

    parts = [engine.keep(texts) for texts in …]
    vectors = embedded(embedding, parts, sizes, engine, progress)   # one partition after another

What an embedding is fitted on is drawn from all partitions by digest, so vectors depend on neither
the partitions nor the engine. An embedding that works in one process only has all texts sent to
this one.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import numpy as np

from curate.embeddings.base import F32, Embedding, Vectors, different, spread
from curate.engines.base import Engine, Handle
from curate.progress import Advance, Progress, Silent
from curate.text import digest

_PART = 5_000  # texts at a time


def embedded(
    embedding: Embedding,
    parts: Sequence[Handle],
    sizes: Sequence[int],
    engine: Engine,
    progress: Progress | None = None,
    cache: Path | None = None,
) -> F32:
    """(texts × dimensions) The vectors of `Embedding.embed`.

    `parts` are handles of lists of texts, `sizes` how many each has.
    """
    most = embedding.sample
    if most is None:
        return embedding.embed([*chain(*engine.get(parts))], progress, cache)
    with (progress or Silent()).bar("vectors", sum(sizes)) as advance:
        # one more of each, which tells whether there are more in all
        drawn = engine.get(engine.run(lowest, [(part, most + 1) for part in parts]))
        vectors = engine.keep(embedding.fitted(lowest([*chain(*drawn)], most)))
        calls = [(part, vectors) for part in parts]
        made = engine.run(vectors_of, calls, advance=advance, amounts=sizes)
        return np.concatenate(engine.get(made))


def embedded_here(
    embedding: Embedding,
    texts: Sequence[str],
    engine: Engine,
    progress: Progress | None = None,
    cache: Path | None = None,
) -> F32:
    """As `embedded`, of texts in this process, cut as the engine wants it."""
    if embedding.sample is None:
        return embedding.embed(texts, progress, cache)
    size = engine.rows or max(1, len(texts))
    parts = [[*texts[at : at + size]] for at in range(0, len(texts), size)] or [[]]
    handles = [engine.keep(part) for part in parts]
    return embedded(embedding, handles, [len(part) for part in parts], engine, progress)


def lowest(texts: Sequence[str], most: int) -> list[str]:
    """The different texts, in order; where there are more than `most`, those of the lowest digests,
    by those.
    """
    distinct = different(texts)
    return heapq.nsmallest(most, distinct, key=digest) if len(distinct) > most else distinct


def vectors_of(texts: Sequence[str], vectors: Vectors, advance: Advance | None = None) -> F32:
    """The vectors of some texts, each made once; zeros for one that says nothing."""
    distinct = different(texts)
    found = [np.zeros((0, vectors.dimensions), np.float32)]
    for at in range(0, len(distinct), _PART):
        part = distinct[at : at + _PART]
        found.append(vectors.of(part))
        if advance is not None:
            advance(len(part))
    if advance is not None:
        advance(len(texts) - len(distinct))
    return spread(texts, distinct, np.concatenate(found))
