"""What is wrong with an answer: each fault by name, with what shows it.

    empty            no word
    no end           cut at the most tokens allowed
    too long         more words than 99 in 100 training answers
    repetitive       more than 3 in 10 of its runs of four words come again (Welleck et al. 2019,
                     arXiv:1908.04319)
    misspelling      a word that neither dictionary nor documents know, a letter off one they do
    off topic        like no training row and no passage
    ungrounded       fewer than half of its telling words stand in the question or its passage
    wrong refusal    turned down, though on topic
    missed refusal   answered, though off topic

Some of the same is asked of training rows, to see what they may have taught.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from train.ask import Answer
from train.evaluate.nearest import Nearest
from train.evaluate.refusals import Refusals
from train.evaluate.rows import Source, Sources
from train.evaluate.spelling import Spelling
from train.evaluate.words import words

FAULTS = (
    *("empty", "no end", "too long", "repetitive", "misspelling"),
    *("off topic", "ungrounded", "wrong refusal", "missed refusal"),
)
RUN_WORDS, FEWEST_RUNS, MOST_REPEATED = 4, 8, 0.3
LEAST_LIKE = 0.1
SEVERAL = 3
LEAST_GROUNDED, FEWEST_TELLING = 0.5, 3
LONG_QUANTILE = 0.99
ENDINGS = (".", "!", "?", ":", ";", "…", "。", "！", "？", "।", "`", ")", '"', "”", "»")

Found = dict[str, str]
"Faults, each with what shows it."


@dataclass(frozen=True)
class Judge:
    """Finds faults, by what the training rows are like."""

    nearest: Nearest
    refusals: Refusals
    spelling: Spelling
    longest: int

    @classmethod
    def of(cls, sources: Sources) -> Judge:
        """A judge that knows the training rows and the documents."""
        lengths = [len(words(row.output)) for row in sources.train]
        return cls(
            Nearest(sources.train, sources.passages),
            Refusals.of(sources.train),
            Spelling(sources.language, sources.passages or _terms(sources.train)),
            int(np.ceil(np.quantile(lengths, LONG_QUANTILE))),
        )

    def answer(self, question: Source, answer: Answer) -> Found:
        """The faults of a model's answer."""
        text = answer.text
        asked = f"{question.instruction} {question.input}"
        found = self._form(text, asked)
        if not answer.finished:
            found["no end"] = f"cut after {answer.tokens} tokens"
        if "empty" in found:
            return found
        turned_down = bool(self.refusals) and self.refusals.is_refusal(text)
        if turned_down and not question.off_topic:
            found["wrong refusal"] = "reads like a learned refusal"
        if self.refusals and question.off_topic and not turned_down:
            found["missed refusal"] = "unlike every learned refusal"
        if not question.off_topic and not turned_down:
            found |= self._content(question, asked, self.spelling.corrected(text, asked))
        return {name: found[name] for name in FAULTS if name in found}

    def training_row(self, row: Source) -> Found:
        """The faults of a training row's output, which a model may have learned from it."""
        found = self._form(row.output, row.input)
        if row.output.strip() and not row.output.rstrip().endswith(ENDINGS):
            found["no full stop"] = f"ends in {row.output.split()[-1][-20:]!r}"
        if not row.off_topic and row.passage:
            found |= _ungrounded(row.output, f"{row.passage} {row.instruction} {row.input}")
        return found

    def _form(self, text: str, known: str) -> Found:
        said = words(text)
        if not said:
            return {"empty": "no word"}
        found = {}
        if len(said) > self.longest:
            found["too long"] = f"{len(said)} words; 99 in 100 training answers: {self.longest}"
        repeated = repetition(said)
        if repeated > MOST_REPEATED:
            found["repetitive"] = f"{repeated:.0%} of its runs of four words come again"
        if misspelt := self.spelling.misspelt(text, known):
            pairs = list(misspelt.items())[:5]
            found["misspelling"] = ", ".join(f"{word} ({meant}?)" for word, meant in pairs)
        return found

    def _content(self, question: Source, asked: str, text: str) -> Found:
        found = {}
        if len(_telling(text)) >= FEWEST_TELLING:
            likeness = self.nearest.likeness(text)
            if likeness < LEAST_LIKE:
                found["off topic"] = f"at most {likeness:.2f} like any training row or passage"
        if question.passage:
            found |= _ungrounded(text, f"{question.passage} {asked}")
        return found


def _terms(rows: Sequence[Source]) -> list[str]:
    """Words of several training rows, for a version without documents: a slip is in one or two."""
    counts = Counter(word for row in rows for word in set(words(f"{row.input} {row.output}")))
    return [word for word, count in counts.items() if count >= SEVERAL]


def repetition(said: Sequence[str]) -> float:
    """Share of the runs of four words that came before; 0 for a text too short to tell."""
    runs = [tuple(said[i : i + RUN_WORDS]) for i in range(len(said) - RUN_WORDS + 1)]
    return 1 - len(set(runs)) / len(runs) if len(runs) >= FEWEST_RUNS else 0.0


def _ungrounded(text: str, source: str) -> Found:
    telling = _telling(text)
    if len(telling) < FEWEST_TELLING:
        return {}
    known = set(map(_stem, words(source)))
    strange = [word for word in telling if _stem(word) not in known]
    share = 1 - len(strange) / len(telling)
    if share >= LEAST_GROUNDED:
        return {}
    shown = ", ".join(strange[:5])
    return {"ungrounded": f"{share:.0%} of its telling words are in the source; not: {shown}"}


def _telling(text: str) -> list[str]:
    """The different words of a text that say what it is about."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return _long(word for word in words(text) if word not in ENGLISH_STOP_WORDS)


def _long(found: Iterable[str]) -> list[str]:
    return [word for word in dict.fromkeys(found) if len(word) > 2]


@cache
def _stem(word: str) -> str:
    """Porter's stem: `counts` and `counted` are one word. Other languages keep most endings."""
    from nltk.stem.porter import PorterStemmer

    return str(PorterStemmer().stem(word))
