"""Documents that must be on one side of the split, since what they say is nearly the same.

Two documents are tied where their texts are near-duplicates, or where live rows of theirs are. The
second happens only where the recipe's dedup leaves near-duplicates in: from a higher threshold than
ALIKE on, and among the refusals, which come in after it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from curate.dedup import sets
from curate.dedup.bands import bands
from curate.dedup.corpus import Spread
from curate.dedup.groups import CROWD, Groups, thinned
from curate.dedup.hashing import I64
from curate.dedup.options import Dedup
from curate.dedup.sample import Sample
from curate.dedup.scan import Scan
from curate.engines.local import Local
from curate.progress import Progress
from curate.schema import ADDED, live
from curate.workspace import Checkpoint, Workspace

ALIKE = 0.8
"""Jaccard similarity from which on texts of two documents are not to be on two sides."""

TIE = pl.Schema(
    {
        "document": pl.String,
        "other": pl.String,
        "row": pl.String,  # a row of `document`; null where the documents' texts are alike
        "other_row": pl.String,
        "similarity": pl.Float64,
    }
)

_SIMILAR = pl.Schema({"one": pl.String, "other": pl.String, "similarity": pl.Float64})


def tie(
    rows: pl.DataFrame,
    options: Dedup,
    workspace: Workspace,
    candidates: str,
    progress: Progress,
    workers: int | None = None,
) -> pl.DataFrame:
    """The ties (TIE) between documents of decided rows.

    Those of texts are kept in the workspace under the key of its `candidates`, so that moving a
    bound costs nothing here.
    """
    stay = live(rows)
    left = stay if options.threshold > ALIKE else stay.filter(ADDED)
    options = replace(options, threshold=min(ALIKE, options.threshold))
    known = workspace.load("alike")
    if known is None or known.key != candidates:
        passages = workspace.require("passages", candidates).frame
        known = Checkpoint(_of_texts(passages, options, progress, workers), candidates)
        workspace.save("alike", known)
    return pl.concat([known.frame, _of_rows(left, options, progress, workers)])


def similar(
    rows: pl.DataFrame, options: Dedup, progress: Progress, workers: int | None = None
) -> pl.DataFrame:
    """Near-duplicate rows of different documents, each pair once: columns one, other, similarity.

    `rows` have id, document, instruction, input, output. All pairs, other than in deduplication,
    where a row is compared only with those that stay. In a crowd of more than CROWD rows that are
    candidates of each other, each is compared with the CROWD rows after it, which ties them too.
    """
    if rows["document"].n_unique() < 2:
        return pl.DataFrame(schema=_SIMILAR)
    engine = Local(workers)
    corpus, _ = Spread.of(rows, engine).corpus(options.ngram)
    cut, sample = bands(options.threshold, options.num_perm), Sample(corpus)
    common = sample.boilerplate(np.ones(len(corpus), np.bool_))
    with progress.bar("split", len(corpus)) as advance:
        scan = Scan(corpus, cut, options.num_perm, sample.suspects(), common, advance)
    groups = scan.groups(scan.sizes > 0)
    least = min(options.instruction, options.threshold), min(options.output, options.threshold)
    numbers = np.unique(groups.members)
    (texts,) = engine.get(corpus.parts)  # the local engine has all in one
    made = sets.build(texts, numbers, scan.sizes, common, least, engine.threads)
    source = rows.select("id", "document").join(
        corpus.ids.alias("id").to_frame(), on="id", how="right", maintain_order="right"
    )["document"]
    number = source.rank("dense").to_numpy().astype(np.int64)
    one, other = _pairs(thinned(groups, corpus, [made], options.threshold), number)
    similarity = made.similarity(one, other)
    alike = similarity >= options.threshold
    ids = corpus.ids
    found = {"one": ids[one[alike]], "other": ids[other[alike]], "similarity": similarity[alike]}
    return pl.DataFrame(found, schema=_SIMILAR)


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


def _of_texts(
    passages: pl.DataFrame, options: Dedup, progress: Progress, workers: int | None
) -> pl.DataFrame:
    """Ties of documents whose passages, taken together, are near-duplicates."""
    texts = passages.sort("start").group_by("document").agg(pl.col("text").str.join("\n"))
    whole = texts.select("document", id="document", output="text", instruction=pl.lit(""))
    found = similar(whole.with_columns(input=pl.lit("")), options, progress, workers)
    none = pl.lit(None, pl.String)
    return found.select(
        "similarity", document="one", other="other", row=none, other_row=none
    ).select(TIE.names())


def _of_rows(
    stay: pl.DataFrame, options: Dedup, progress: Progress, workers: int | None
) -> pl.DataFrame:
    """Ties of documents of which live rows are near-duplicates."""
    found = similar(stay, options, progress, workers)
    source = stay.select("id", "document")
    named = found.join(source, left_on="one", right_on="id").join(
        source.rename({"document": "other_document"}), left_on="other", right_on="id"
    )
    return named.select(
        "document", other="other_document", row="one", other_row="other", similarity="similarity"
    ).select(TIE.names())
