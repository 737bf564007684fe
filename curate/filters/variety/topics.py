"""Topics of rows, and how many rows of each are kept.

Topics are clusters of the rows' vectors by k-means (scikit-learn); a topic is told by the words
that its rows have more often than others do, by TF-IDF summed over its rows and compared with the
mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.embeddings.base import F32, Embedding
from curate.filters.diversity import compared
from curate.filters.variety.verbs import pairs
from curate.progress import Progress
from curate.text import content_units

_TERMS = 5  # words that tell a topic
_FITTED = 20_000  # rows that topics are found in; the others go to the nearest


@dataclass(frozen=True)
class Breadth:
    """What some rows are about, and what the kept ones of them are about."""

    topics: pl.DataFrame
    """A row a topic, the largest first: `terms` (its words, joined by ", "), `rows`, `kept`."""

    verbs: int
    """Distinct verb–object pairs of all instructions."""

    verbs_kept: int
    """Those of the kept rows' instructions."""


def breadth(
    rows: pl.DataFrame,
    kept: Sequence[bool],
    embedding: Embedding,
    progress: Progress,
    most: int = 20,
) -> Breadth:
    """Topics (at most `most`) and verb–object pairs of `rows` (PAIR), and of those that are `kept`.

    The same for any order of the rows, up to their order in equal topics.
    """
    said = compared(rows)
    asked = rows["instruction"].cast(pl.String).fill_null("").to_list()
    kept_asked = [text for text, keeps in zip(asked, kept, strict=True) if keeps]
    topic = topics(embedding.embed(said, progress), said, most)
    counted = (
        pl.DataFrame(
            {"topic": topic, "kept": list(kept)}, schema={"topic": pl.Int64, "kept": pl.Boolean}
        )
        .group_by("topic")
        .agg(rows=pl.len(), kept=pl.col("kept").sum())
    )
    words = terms(said, topic)
    named = counted.with_columns(
        terms=pl.Series([", ".join(words[each]) for each in counted["topic"]], dtype=pl.String)
    )
    frame = named.select("terms", "rows", "kept").sort(["rows", "terms"], descending=[True, False])
    return Breadth(frame, len(pairs(asked)), len(pairs(kept_asked)))


def topics(vectors: F32, said: Sequence[str], most: int) -> npt.NDArray[np.int64]:
    """(rows) The number of each row's topic. `said` decides in which order rows are looked at."""
    from sklearn.cluster import KMeans

    if not len(vectors):
        return np.zeros(0, np.int64)
    order = np.array(sorted(range(len(said)), key=said.__getitem__))
    points = vectors[order].astype(np.float64)
    fitted = points[:: -(-len(points) // _FITTED)]
    count = min(most, len(np.unique(fitted.round(6), axis=0)))
    found = np.empty(len(points), np.int64)
    found[order] = KMeans(count, n_init=1, random_state=0).fit(fitted).predict(points)
    return found


def terms(said: Sequence[str], topic: npt.NDArray[np.int64]) -> dict[int, list[str]]:
    """The words that tell each topic, the strongest first."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    found: dict[int, list[str]] = {int(each): [] for each in topic}
    if not any(content_units(text) for text in said):
        return found
    maker = TfidfVectorizer(analyzer=content_units, max_features=20_000, dtype=np.float32)
    weighed = maker.fit_transform(said)
    names = maker.get_feature_names_out()
    mean = np.asarray(weighed.mean(axis=0)).ravel()
    for each in found:
        own = np.asarray(weighed[topic == each].mean(axis=0)).ravel()
        more = own - mean
        best = np.argsort(-more, kind="stable")[:_TERMS]
        found[each] = [str(names[at]) for at in best if own[at] > 0]
    return found
