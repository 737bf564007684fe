"""Some rows read once for all measures: what one has worked out the others find ready."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator

import polars as pl

from curate.filters.base import passages, texts
from curate.filters.reading.lazy import lazy
from curate.filters.reading.passages import Passages
from curate.filters.reading.support import Support, support
from curate.filters.reading.texts import Texts
from curate.filters.reading.vocabulary import Vocabulary

ROWS = 2_000
"""Rows in a part, …"""

SIZE = 1 << 23
"""… and bytes of their texts, but for a row that is larger by itself."""

_FIELDS = ("instruction", "input", "output", "kind", "passage")
_FRAME = re.compile(
    r"\AIn [^,.?!;:\n]{1,80}, (?=(?:describe|explain|how|what|when|where|which|who|why)\b)"
)
"""What a question is about, said before it: an answer need not say it again."""


class Part:
    """The texts of some rows; each is taken apart when it is first asked for."""

    def __init__(self, rows: pl.DataFrame, vocabulary: Vocabulary) -> None:
        self.rows, self.vocabulary = rows, vocabulary

    def column(self, name: str) -> list[str]:
        """A column of texts, "" for null."""
        return texts(self.rows, name)

    @lazy
    def asked(self) -> Texts:
        """The instructions."""
        return Texts(self.column("instruction"), self.vocabulary)

    @lazy
    def questions(self) -> Texts:
        """The instructions without the frame that some have."""
        bare = [_FRAME.sub("", text) if text[:3] == "In " else text for text in self.asked.texts]
        return self.asked if bare == self.asked.texts else Texts(bare, self.vocabulary)

    @lazy
    def said(self) -> Texts:
        """The outputs."""
        return Texts(self.column("output"), self.vocabulary)

    @lazy
    def about(self) -> Passages:
        """The passages."""
        return Passages(passages(self.rows), self.vocabulary)

    @lazy
    def support(self) -> Support:
        """How far the passages support the outputs."""
        return support(self.said, self.about)


class _Kept(threading.local):
    """The last part of each thread: a vocabulary grows without a lock."""

    def __init__(self) -> None:
        self.last = Part(pl.DataFrame(), Vocabulary())


_kept = _Kept()


def part(rows: pl.DataFrame) -> Part:
    """`rows` as one part; the last part again where they are the same."""
    rows = rows.select(name for name in _FIELDS if name in rows.columns)
    if rows.schema != _kept.last.rows.schema or not rows.equals(_kept.last.rows):
        words = _kept.last.vocabulary
        _kept.last = Part(rows, Vocabulary() if words.full else words)
    return _kept.last


def by_part(rows: pl.DataFrame, measure: Callable[[Part], pl.DataFrame]) -> pl.DataFrame:
    """What `measure` finds of parts of the rows, so that they need no more memory than one."""
    return pl.concat([measure(part(each)) for each in slices(rows)])


def slices(rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Parts of `rows`, in order; at least one, so that no rows have columns, too."""
    if rows.height <= ROWS and rows.estimated_size() <= SIZE:
        yield rows
        return
    fields = [name for name in _FIELDS if name in rows.columns]
    sizes = rows.select(
        pl.sum_horizontal(pl.col(name).cast(pl.String).str.len_bytes() for name in fields)
    ).to_series()
    begin = size = 0
    for at, more in enumerate(sizes.to_list()):
        if at > begin and (at - begin == ROWS or size + more > SIZE):
            yield rows[begin:at]
            begin, size = at, 0
        size += more
    yield rows[begin:]
