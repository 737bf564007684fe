"""How far passages support answers: sentence by sentence, each by the stretch that fits best.

A small teacher's invented answers are often made of the passage's own words put together anew, so
that the passage as a whole says little.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from curate.filters.reading.denials import Denials, Found, contradict
from curate.filters.reading.names import code_names, proper_names
from curate.filters.reading.passages import Passages
from curate.filters.reading.stretches import best_stretches
from curate.filters.reading.texts import Texts
from curate.runs import Floats, Ints, Marks, owners, ragged, starts, totals

_OPPOSITE = {"yes": "no", "no": "yes"}
_BEFORE = 4  # words before a stretch in which the passage's own "yes" or "no" may stand


@dataclass(frozen=True, slots=True)
class Support:
    """What of each answer its passage bears out."""

    known: Marks
    """Whether there are a passage and a word of meaning at all."""

    share: Floats
    """Words of its sentences that their stretches have, times neighbours that stay near."""

    lacking: dict[int, list[str]]
    """Names and numbers that the passage lacks, by row."""

    denials: Ints
    """Sentences that deny what the passage affirms, or the other way round."""

    first: Ints
    """Where the stretches of its sentences begin in the passage, in words; -1 for none, …"""

    last: Ints
    """… and end."""


def support(said: Texts, about: Passages) -> Support:
    """How far its passage supports each answer."""
    sentences, row = _sentences(said, about)
    begin = said.said_content.take(sentences)
    weight = said.said_content.take(sentences + 1) - begin
    stems = said.content_stems.take(ragged(begin, weight))
    best = best_stretches(stems, weight, about.of.take(row), about.words.places)
    rows = len(said.texts)
    total = totals(row, weight, rows)
    share = totals(row, weight * best.agreement, rows)
    found = np.flatnonzero(best.first >= 0)
    owner, first, last = row.take(found), best.first.take(found), best.last.take(found)
    where = Found(said.sentence.take(sentences.take(found)), about.of.take(owner), first, last)
    contradicts = contradict(Denials(said.words), about.denials, where)
    denials = np.bincount(owner[contradicts], minlength=rows)
    spans = np.full((2, rows), -1)
    if len(found):
        new = starts(owner)
        some = owner.take(new)
        base = about.words.offsets.take(about.of.take(some))
        spans[0, some] = np.minimum.reduceat(first, new) - base
        spans[1, some] = np.maximum.reduceat(last, new) - base
        denials[some] += _answer_otherwise(said, about, some, first.take(new))
    known = total > 0
    share = np.divide(share, total, out=np.zeros(rows), where=known)
    return Support(known, share, _lacking(said, about, known), denials, spans[0], spans[1])


def _sentences(said: Texts, about: Passages) -> tuple[Ints, Ints]:
    """The sentences that have a word of meaning, of rows that have a passage; and their rows."""
    rows = np.flatnonzero(about.of >= 0)
    counts = np.diff(said.sentences).take(rows)
    sentences = ragged(said.sentences.take(rows), counts)
    row = rows.take(owners(counts))
    means = said.said_content.take(sentences + 1) > said.said_content.take(sentences)
    return sentences[means], row[means]


def _answer_otherwise(said: Texts, about: Passages, rows: Ints, start: Ints) -> Marks:
    """Whether answers open with "Yes" where the passage has "No" before the words at `start`."""
    numbers, words = about.words.numbers, said.vocabulary
    opening = said.words.numbers.take(said.begin.take(rows))
    found = np.zeros(len(rows), np.bool_)
    for at in np.flatnonzero(words.marks(_OPPOSITE).take(opening)).tolist():
        begin = about.words.offsets[about.of[rows[at]]]
        near = numbers[max(begin, start[at] - _BEFORE) : start[at] + 1]
        opposite = words.get(_OPPOSITE[words.words[opening[at]]], -1)
        found[at] = opposite in near and opening[at] not in near
    return found


def _lacking(said: Texts, about: Passages, rows: Marks) -> dict[int, list[str]]:
    """The names that the passages of these rows lack, by row."""
    named = [
        (at, name)
        for at, (code, proper) in enumerate(
            zip(code_names(said.texts), proper_names(said), strict=True)
        )
        if rows[at]
        for name in code | proper
    ]
    owner = np.array([at for at, _ in named], np.int64)
    found: dict[int, list[str]] = {}
    for each in about.lacking(about.of.take(owner), [name for _, name in named]).tolist():
        found.setdefault(named[each][0], []).append(named[each][1])
    return found
