"""Whether a sentence denies what its stretch of the passage affirms, or the other way round.

A word that only one side denies ("is not stable") is a contradiction where it stands in the same
company on both sides: with the same word of meaning before or after it. Where it never does, the
other side must affirm it wherever it has the word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from curate.filters.reading.numbered import Words
from curate.filters.reading.patterns import which
from curate.filters.reading.words import fold, words_of
from curate.runs import Ints, Marks, offsets, owners, ragged

_NOTHING = frozenset(["no", "neither", "nor", "without", "nothing"])
_VERBS = "do does did is are was were has have had ca could wo would should must need might ai"
_NOT = frozenset(["not", "never", "cannot", *(f"{verb}n't" for verb in _VERBS.split())])
_MAY_STOP = re.compile(r"n(?:o|ot|ever|not|'t)[^\w\s']")
_SEEMS_TO_STOP = r"(?i)n(?:o|ot|ever|not|'t)[^a-z0-9_'\s\x1c-\x1f]|[^\x00-\x7f]"
_STOPPED = re.compile(r"\b(?:no|not|never|cannot|\w+n't)(?=\W*[.,!?;:])")

_REACH = 8  # words from a "not" to what it denies, and from a word to its company
_MOST = 8  # denials of a sentence that are looked at,
_PLACES = 64  # and places that have the word


class Denials:
    """What each of some texts denies; places are those of its words, counted through all texts."""

    def __init__(self, words: Words) -> None:
        self.words = words
        vocabulary = words.vocabulary
        self.at = words.marked(vocabulary.marks(_NOTHING | _NOT))
        """Where a "not" stands, or one of its kind."""
        where, owner = self.at, words.owner.take(self.at)
        begin, end = words.offsets.take(owner), words.offsets.take(owner + 1)
        meant = np.concatenate([[-1], words.meant, [len(words.numbers)]])
        next_ = meant.take(np.searchsorted(meant, where, side="right"))
        last = meant.take(np.searchsorted(meant, where) - 1)
        stopped = np.isin(where, self._stopped(np.unique(owner)))
        ends = vocabulary.marks(_NOT).take(words.numbers.take(where))
        after = ~stopped & (next_ < end)
        before = stopped & ends & (last >= begin)
        self.denied: Ints = np.where(after, next_, last)[after | before]
        """Which words are denied, in the order of their denials.

        That is the next word with a meaning; where the clause ends with the "not", the one before.
        A "no" with a stop behind it is an answer by itself.
        """
        self.offsets = np.searchsorted(where[after | before], words.offsets)
        """(texts + 1) Where in `denied` that of each text begins."""
        self.marks: Marks = np.zeros(len(words.numbers), np.bool_)
        """(words) Whether each is denied."""
        self.marks[self.denied] = True

    def _stopped(self, texts: Ints) -> list[int]:
        """Where denials stand with a stop behind them, in these texts."""
        found: list[int] = []
        those = [self.words.texts[at] for at in texts.tolist()]
        for at in texts[which(those, _SEEMS_TO_STOP)].tolist():
            text = fold(self.words.texts[at])
            if _MAY_STOP.search(text):
                begin, end = self.words.offsets[at : at + 2].tolist()
                found += [begin + place for place in _stopped(text) if 0 <= place < end - begin]
        return found

    def company(self, at: Ints) -> tuple[Ints, Ints]:
        """The stems of the words of meaning before and after each place; -1 where none is near."""
        words = self.words
        owner = words.owner.take(at)
        meant = np.concatenate([[-1], words.meant, [len(words.numbers)]])
        place = np.searchsorted(meant, at)
        before = meant.take(place - 1)
        after = meant.take(np.searchsorted(meant, at, side="right"))
        stems = np.append(words.stems, -1)
        least = np.maximum(words.offsets.take(owner), at - _REACH)
        most = np.minimum(words.offsets.take(owner + 1), at + 1 + _REACH)
        return (
            np.where(before >= least, stems.take(before), -1),
            np.where(after < most, stems.take(after), -1),
        )


def _stopped(text: str) -> set[int]:
    """Which words of a folded text are denials with a stop behind them."""
    found: set[int] = set()
    count = end = 0
    for match in _STOPPED.finditer(text):
        count += len(words_of(text[end : match.end()]))
        end = match.end()
        found.add(count - 1)
    return found


@dataclass(frozen=True, slots=True)
class Found:
    """Sentences and the stretches of passages that they are from, side by side."""

    sentences: Ints
    """Which text of the answers' words each is."""

    sources: Ints
    """Which passage it is held against."""

    first: Ints
    """Where its stretch begins among the words of all passages, …"""

    last: Ints
    """… and ends."""


def contradict(said: Denials, about: Denials, found: Found) -> Marks:
    """Whether each sentence contradicts its stretch."""
    contradicts = np.zeros(len(found.sentences), np.bool_)
    bounds = about.words.offsets
    least = np.maximum(found.first - _REACH, bounds.take(found.sources))
    most = np.minimum(found.last + _REACH, bounds.take(found.sources + 1))
    near = np.searchsorted(about.at, least) < np.searchsorted(about.at, most)
    begin, end = said.offsets.take(found.sentences), said.offsets.take(found.sentences + 1)
    some = np.flatnonzero(near | (begin < end))
    counts = np.minimum(end - begin, _MOST).take(some)
    denied = said.denied.take(ragged(begin.take(some), counts))
    owner = np.repeat(some, counts)
    contradicts[owner[_differ(said, denied, about, found.sources.take(owner))]] = True
    some = some[~contradicts.take(some)]
    denied, counts = _within(about, found.first.take(some), found.last.take(some))
    owner = np.repeat(some, counts)
    contradicts[owner[_differ(about, denied, said, found.sentences.take(owner))]] = True
    return contradicts


def _within(about: Denials, first: Ints, last: Ints) -> tuple[Ints, Ints]:
    """The first words that are denied in each stretch, in order, and how many they are."""
    order = np.argsort(about.denied, kind="stable")
    rising = about.denied.take(order)
    begin, end = np.searchsorted(rising, first), np.searchsorted(rising, last)
    owner = owners(end - begin)
    inside = order.take(ragged(begin, end - begin))
    in_order = np.lexsort((inside, owner))
    rank = np.arange(len(owner)) - offsets(end - begin).take(owner)
    taken = about.denied.take(inside.take(in_order))[rank < _MOST]
    return taken, np.minimum(end - begin, _MOST)


def _differ(here: Denials, denied: Ints, there: Denials, texts: Ints) -> Marks:
    """Whether a text `there` affirms what is `denied` here, wherever it has it in such company."""
    begin, counts = there.words.places.find(here.words.stems.take(denied), texts)
    counts = np.minimum(counts, _PLACES)
    places = there.words.places.at.take(ragged(begin, counts))
    owner = owners(counts)
    shared = np.zeros(len(places), np.int64)
    for one, other in zip(here.company(denied), there.company(places), strict=True):
        shared += (one.take(owner) == other) & (other >= 0)
    most = np.zeros(len(denied), np.int64)
    np.maximum.at(most, owner, shared)
    alike = shared == most.take(owner)
    differs = counts > 0
    differs[owner[alike & there.marks.take(places)]] = False
    return differs
