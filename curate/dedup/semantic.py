"""Paraphrases: rows that ask and answer the same in other words, by vectors of their texts.

Only rows on the same input, with the same numbers, denials and names of code in the instruction and
in the output (`particulars`), are compared at all. So rows fall into groups, and each group is gone
through best first, as in `duplicates`: a row is kept, or it is alike enough to one that is.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import xxhash

from curate.dedup.corpus import Corpus, Part, Spread, rows_of
from curate.dedup.duplicates import reported
from curate.dedup.greedy import Flags, Matches
from curate.dedup.hashing import I64
from curate.dedup.particulars import particulars
from curate.embeddings.base import F32, Embedding
from curate.embeddings.parts import embedded
from curate.engines.local import Local
from curate.progress import Progress, Silent
from curate.text import folded

PLACES = 4
"""Decimals that similarities are rounded to before they are compared."""

_SLACK = 1e-3  # below the threshold, within which a product in single precision decides nothing
_BLOCK = 1024
_KEPT = 8192  # rows that a block is compared with at a time: 32 MiB of products
_KEY = np.dtype("S32")
_NGRAM = 1  # no shingles are made

Keys = npt.NDArray[np.bytes_]


def paraphrases(
    rows: pl.DataFrame,
    threshold: float,
    embedding: Embedding,
    against: pl.DataFrame | None = None,
    progress: Progress | None = None,
    cache: Path | None = None,
) -> pl.DataFrame:
    """The rows that say the same as a better one, one DUPLICATE row each, sorted by id.

    `similarity` is the smaller one of two cosines, of the instructions and of the outputs; it must
    reach `threshold`. Which row stays, and what `against` does, is as in `near_duplicates`. Rows
    that no other row could be like are not embedded. Memory: both vectors of all others, and blocks
    of their products. `cache` is a folder for vectors that are paid for.

    The result is the same for any order of the rows. A second run over the rows that stay finds
    nothing where their vectors are the same; those of `lexical` are fitted on the texts given, so
    they change a little as rows go, and a second run may find a few more.

    Raises InputError where two rows have one id, and what `embedding` raises.
    """
    engine = Local()
    earlier = None if against is None else Spread.of(against, engine)
    given = Spread.of(rows, engine)
    return paraphrases_among(given, threshold, embedding, earlier, progress, cache)


def paraphrases_among(
    rows: Spread,
    threshold: float,
    embedding: Embedding,
    against: Spread | None = None,
    progress: Progress | None = None,
    cache: Path | None = None,
) -> pl.DataFrame:
    """As `paraphrases`, of rows in partitions. The same for any partitions and engine.

    To this process come a key and, where it has company, two vectors of each row; the texts do only
    where the embedding works here (`Embedding.sample`).
    """
    corpus, given = rows.corpus(_NGRAM, against)
    groups = _groups(corpus, given)
    matches = Matches(np.full(len(corpus), -1, np.int64), np.zeros(len(corpus)))
    if groups:
        members = np.unique(np.concatenate(groups))
        asked, said = (
            _vectors(corpus, members, name, embedding, progress, cache)
            for name in ("instruction", "output")
        )
        greedy = _Greedy(members, asked, said, threshold, matches)
        with (progress or Silent()).bar("paraphrases", len(members)) as advance:
            for group in groups:
                greedy.decide(group, group < given)
                advance(len(group))
    gone = np.flatnonzero(matches.kept >= 0)
    kept = corpus.ids[matches.kept[gone]]
    found = reported(corpus.ids[gone], kept, matches.similarity[gone], threshold)
    return found.with_columns(pl.col("reason") + " by meaning")


def keyed(part: Part) -> Keys:
    """Of each row a key that only rows have which could be paraphrases of it."""
    keys = []
    for asked, about, said in rows_of(part).fields.iter_rows():
        plain = " ".join(folded(about).split())
        told = repr((plain, particulars(asked), particulars(said)))
        keys.append(xxhash.xxh3_128_hexdigest(told.encode()).encode())
    return np.array(keys, _KEY)


def texts_of(part: Part, places: I64, name: str) -> tuple[list[str], Flags]:
    """The texts of a field of some rows, and which of them are empty."""
    texts = rows_of(part).fields[name].gather(places).to_list()
    return texts, np.array([not text.strip() for text in texts], np.bool_)


def _groups(rows: Corpus, given: int) -> list[I64]:
    """Numbers of the rows that could be paraphrases of each other, rising; two or more a group."""
    engine = rows.engine
    made = engine.get(engine.run(keyed, [(part,) for part in rows.parts]))
    keys = np.zeros(len(rows), _KEY)
    for own, found in zip(rows.numbers, made, strict=True):
        keys[own] = found
    order = np.argsort(keys, kind="stable")
    cuts = np.flatnonzero(keys[order][1:] != keys[order][:-1]) + 1
    groups = np.split(order, cuts)
    return [group for group in groups if len(group) > 1 and group[-1] >= given]


def _vectors(
    rows: Corpus,
    members: I64,
    name: str,
    embedding: Embedding,
    progress: Progress | None,
    cache: Path | None,
) -> F32:
    """(members) The vectors of a field, and a last number that is 1 where there is no text.

    So two empty texts are alike; a text that the embedding says nothing of is like none.
    """
    chosen = np.zeros(len(rows), np.bool_)
    chosen[members] = True
    places, engine = rows.within(chosen), rows.engine
    calls = [(part, at, name) for part, at in zip(rows.parts, places, strict=True)]
    made = engine.run(texts_of, calls, results=2)
    sizes = [len(at) for at in places]
    texts, flags = [each for each, _ in made], [each for _, each in made]
    vectors = embedded(embedding, texts, sizes, engine, progress, cache)
    empty = np.concatenate(engine.get(flags))[:, None]
    number = np.concatenate([own[at] for own, at in zip(rows.numbers, places, strict=True)])
    found = np.concatenate([np.where(empty, 0, vectors), empty], 1, dtype="f4")
    return found[np.argsort(number)]


class _Greedy:
    """Finds of each row the kept one that is most like it. `members` are the rows with vectors."""

    def __init__(
        self, members: I64, asked: F32, said: F32, threshold: float, matches: Matches
    ) -> None:
        self._members = members
        self._asked, self._said = asked, said
        self._threshold = round(threshold, PLACES)
        self._matches = matches

    def decide(self, group: I64, fixed: Flags) -> None:
        """Decide a group. Those `fixed` come first and stay."""
        stays = [group[fixed]]
        rows = group[~fixed]
        for at in range(0, len(rows), _BLOCK):
            block = rows[at : at + _BLOCK]
            kept = np.concatenate(stays)
            for first in range(0, len(kept), _KEPT):
                part = kept[first : first + _KEPT]
                near = self._near(part, block)
                for place in np.flatnonzero(near.any(axis=1)):
                    self._drop(part[place], block[near[place]])
            self._within(block)
            stays.append(block[self._matches.kept[block] < 0])

    def _within(self, block: I64) -> None:
        near = self._near(block, block)
        for place, row in enumerate(block):
            if self._matches.kept[row] < 0 and near[place, place + 1 :].any():
                self._drop(row, block[place + 1 :][near[place, place + 1 :]])

    def _near(self, rows: I64, others: I64) -> Flags:
        """(rows × others) Which pairs may reach the threshold."""
        one, other = self._places(rows), self._places(others)
        least = self._threshold - _SLACK
        near = np.asarray(self._asked[one] @ self._asked[other].T >= least)
        some, any_of = near.any(axis=1), near.any(axis=0)
        if some.any():
            said = self._said[one[some]] @ self._said[other[any_of]].T >= least
            near[np.ix_(some, any_of)] &= said
        return near

    def _drop(self, row: I64, others: I64) -> None:
        """Drop those of `others` that are alike enough to `row`, which stays.

        In double precision, so that the blocks that rows fell into don't matter.
        """
        one, other = self._places(row), self._places(others)
        asked = self._asked[other].astype(np.float64) @ self._asked[one].astype(np.float64)
        said = self._said[other].astype(np.float64) @ self._said[one].astype(np.float64)
        alike = np.minimum(np.minimum(asked, said), 1.0).round(PLACES)
        better = (alike >= self._threshold) & (alike > self._matches.similarity[others])
        self._matches.kept[others[better]] = row
        self._matches.similarity[others[better]] = alike[better]

    def _places(self, rows: I64) -> I64:
        return np.searchsorted(self._members, rows)
