"""All pairs of rows of different documents that are near-duplicates, and not only of a row that
stays with those that go.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from curate.dedup.compare import Bundle, bundled
from curate.dedup.corpus import Spread
from curate.dedup.find import looked_over
from curate.dedup.groups import CROWD, Groups
from curate.dedup.hashing import I64
from curate.dedup.options import Dedup
from curate.dedup.sets import F64
from curate.engines.base import Engine
from curate.progress import Progress

SIMILAR = pl.Schema({"one": pl.String, "other": pl.String, "similarity": pl.Float64})
"""Ids of two rows, the better one first, and how alike they are."""


def similar(rows: pl.DataFrame, options: Dedup, engine: Engine, progress: Progress) -> pl.DataFrame:
    """Near-duplicate rows of different documents, each pair once, as SIMILAR.

    `rows` have id, document, instruction, input, output. All pairs, other than in deduplication,
    where a row is compared only with those that stay. In a crowd of more than CROWD rows that are
    candidates of each other, each is compared with the CROWD rows after it, which ties them too.
    """
    if rows["document"].n_unique() < 2:
        return pl.DataFrame(schema=SIMILAR)
    corpus, _ = Spread.of(rows, engine).corpus(options.ngram)
    scan, _ = looked_over(corpus, options, progress, "split")
    groups = scan.groups(scan.sizes > 0)
    ids = corpus.ids
    named = ids.alias("id").to_frame()
    source = rows.select("id", "document").join(
        named, on="id", how="right", maintain_order="right"
    )["document"]
    number = engine.keep(source.rank("dense").to_numpy().astype(np.int64))
    made = bundled(paired, corpus, scan, groups, options, progress, number)
    none = np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    one, other, similarity = (np.concatenate(column) for column in zip(none, *made, strict=True))
    order = np.lexsort((other, one))
    found = {"one": ids[one[order]], "other": ids[other[order]], "similarity": similarity[order]}
    return pl.DataFrame(found, schema=SIMILAR)


def paired(bundle: Bundle, threshold: float, source: I64) -> tuple[I64, I64, F64]:
    """The pairs of a bundle that are alike and of different sources; `source` is by number."""
    numbers = bundle.numbers
    one, other = _pairs(bundle.groups, source[numbers])
    similarity = bundle.sets.similarity(one, other)
    alike = similarity >= threshold
    return numbers[one[alike]], numbers[other[alike]], similarity[alike]


def _pairs(groups: Groups, source: I64) -> tuple[I64, I64]:
    """Pairs of members of a group that are of different sources, each once."""
    group = np.repeat(np.arange(len(groups.sizes)), groups.sizes)
    found = [np.zeros(0, np.int64)]
    for step in range(1, CROWD + 1):
        one, other = groups.members[:-step], groups.members[step:]
        both = (group[:-step] == group[step:]) & (source[one] != source[other])
        if len(one):
            found.append(np.unique(one[both] * len(source) + other[both]))
    pairs = np.unique(np.concatenate(found))
    return pairs // len(source), pairs % len(source)
