"""A column of texts taken apart at once for all measures: words, sentences, what carries meaning.

    texts = Texts(["A list isn't fixed. It grows."], Vocabulary())
    texts.counts                     # [6]
    next(texts[0].sentences).units   # ["a", "list", "isn't", "fixed"]

What is asked of every row is asked of the arrays; `texts[row]` is one text, for what is looked at
in a few rows only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from curate.filters.reading.lazy import lazy
from curate.filters.reading.numbered import Words
from curate.filters.reading.patterns import which
from curate.filters.reading.vocabulary import Vocabulary
from curate.filters.reading.words import fold, stem
from curate.filters.wording import VAGUE, sentences, without_marks
from curate.runs import Ints, distinct, keys, offsets, owners, ragged, stems_of

_QUOTED = re.compile(r"(?<=[\"'`“‘*])[a-z]+(?:'[a-z]+)?(?=[\"'`”*])")
_MAY_QUOTE = r"[\"'`*][A-Za-z]+(?:'[A-Za-z]+)?[\"'`*]|[^\x00-\x7f]"


@dataclass(slots=True)
class _Pieces:
    """Texts cut at their sentences: whatever needs words of its own."""

    leaves: list[str] = field(default_factory=list)
    """What the content is read from, text after text: sentences without the marks of points."""

    sizes: list[int] = field(default_factory=list)
    """(sentences) How many leaves each has: one, but where a mark is left out."""

    counts: list[int] = field(default_factory=list)
    """(texts) How many sentences each has."""

    marked: dict[int, str] = field(default_factory=dict)
    """The sentences that are not their leaf, by number."""

    whole: dict[int, str] = field(default_factory=dict)
    """The texts whose words are not those of their leaves, by number."""

    def cut(self, text: str) -> list[str]:
        """The sentences of `text`, added."""
        found, marks = sentences(text), len(self.marked)
        for each in found:
            leaves = _leaves(each)
            if leaves != [each]:
                self.marked[len(self.sizes)] = each
            self.leaves += leaves
            self.sizes.append(len(leaves))
        simple = len(self.marked) == marks and text.isascii() and without_marks(text) == text
        if found != [text] and not simple:
            self.whole[len(self.counts)] = text
        self.counts.append(len(found))
        return found


class Texts:
    """Some texts, their sentences, and the words of both."""

    def __init__(self, texts: Sequence[str], vocabulary: Vocabulary) -> None:
        self.texts, self.vocabulary = texts, vocabulary
        pieces = _Pieces()
        self.said = [sentence for text in texts for sentence in pieces.cut(text)]
        """All sentences, text after text."""
        apart = [*pieces.marked.values(), *pieces.whole.values()]
        self.words = Words([*pieces.leaves, *apart], vocabulary)
        self.sentences = offsets(np.array(pieces.counts, np.int64))
        """(texts + 1) Where the sentences of each begin, and where those of the last one end."""
        self._leaves = offsets(np.array(pieces.sizes, np.int64))
        begins = self.words.offsets
        bounds = begins.take(self._leaves.take(self.sentences))
        self.begin, self.end = bounds[:-1].copy(), bounds[1:].copy()
        """(texts) From where to where in `words` those of each text lie."""
        self.sentence = self._leaves[:-1].copy()
        """(sentences) Which text of `words` each is."""
        own = len(pieces.leaves) + np.arange(len(apart))
        marked, whole = list(pieces.marked), list(pieces.whole)
        self.sentence[marked] = own[: len(marked)]
        self.begin[whole] = begins.take(own[len(marked) :])
        self.end[whole] = begins.take(own[len(marked) :] + 1)

    @property
    def counts(self) -> Ints:
        """(texts) How many words each has."""
        return self.end - self.begin

    @lazy
    def content(self) -> Ints:
        """The words that carry meaning, as places in `words`, sentence after sentence.

        A function word carries one where it stands in quotes in its sentence: `if` is a name.
        """
        marks = np.zeros(len(self.words.numbers), np.bool_)
        marks[self.words.meant] = True
        marks[self._quoted()] = True
        return np.flatnonzero(marks[: self.words.offsets[self._leaves[-1]]])

    def _quoted(self) -> list[int]:
        """Places of words that stand in quotes somewhere in their sentence."""
        leaves = self.words.texts[: self._leaves[-1]]
        found: list[int] = []
        for at in which(leaves, _MAY_QUOTE).tolist():
            if quoted := set(_QUOTED.findall(fold(leaves[at]))):
                begin, end = self.words.offsets[at : at + 2].tolist()
                units = enumerate(self.words.between(begin, end), begin)
                found += [place for place, unit in units if unit in quoted]
        return found

    @lazy
    def said_content(self) -> Ints:
        """(sentences + 1) Where in `content` that of each sentence begins."""
        return np.searchsorted(self.content, self.words.offsets.take(self._leaves))

    @lazy
    def contents(self) -> Ints:
        """(texts + 1) Where in `content` that of each text begins."""
        return self.said_content.take(self.sentences)

    @lazy
    def content_stems(self) -> Ints:
        """The stems of `content`."""
        return self.words.stems.take(self.content)

    @lazy
    def content_keys(self) -> Ints:
        """The different content stems of each text, as `keys` of them, rising."""
        return distinct(keys(owners(np.diff(self.contents)), self.content_stems))

    @lazy
    def topic_keys(self) -> Ints:
        """The content stems of each text but those that any question may have, as `keys`."""
        vague = self.vocabulary.marks(VAGUE)
        return self.content_keys[~vague.take(stems_of(self.content_keys))]

    @lazy
    def units(self) -> Ints:
        """The words of each text, as places in `words`, text after text."""
        return ragged(self.begin, self.counts)

    @lazy
    def stem_keys(self) -> Ints:
        """The different stems of each text, as `keys`, rising."""
        return distinct(keys(owners(self.counts), self.words.stems.take(self.units)))

    def __getitem__(self, at: int) -> Reading:
        return Reading(self, at)


class Sentence:
    """A text, or one sentence of it, whose words lie from `begin` to `end` in `words`."""

    def __init__(self, text: str, words: Words, begin: int, end: int) -> None:
        self.text, self._words, self._begin, self._end = text, words, begin, end

    @lazy
    def folded(self) -> str:
        """The text without differences of case, width and apostrophe."""
        return fold(self.text)

    @lazy
    def units(self) -> list[str]:
        """Its words, as `text.units` gives them."""
        return self._words.between(self._begin, self._end)


class Reading(Sentence):
    """One of some `Texts`, by number."""

    def __init__(self, texts: Texts, at: int) -> None:
        super().__init__(texts.texts[at], texts.words, texts.begin[at], texts.end[at])
        self._texts, self._at = texts, at

    @lazy
    def stems(self) -> frozenset[str]:
        """The stems of its words."""
        return frozenset(map(stem, self.units))

    @lazy
    def content(self) -> list[str]:
        """The stems of its words that carry meaning, in order."""
        begin, end = self._texts.contents[self._at : self._at + 2]
        known = self._texts.vocabulary.words
        return [known[number] for number in self._texts.content_stems[begin:end].tolist()]

    @property
    def sentences(self) -> Iterator[Sentence]:
        """Its sentences and lines."""
        bounds, words = self._words.offsets, self._words
        begin, end = self._texts.sentences[self._at : self._at + 2].tolist()
        for each in range(begin, end):
            which = self._texts.sentence[each]
            yield Sentence(self._texts.said[each], words, bounds[which], bounds[which + 1])


def _leaves(sentence: str) -> list[str]:
    """A sentence without the marks of a list's point, behind which more than one may come out."""
    if not (sentence[0] in "-*•" or sentence[0].isdigit()):
        return [sentence]
    parts = sentences(sentence)
    return parts if parts == [sentence] else [leaf for part in parts for leaf in _leaves(part)]
