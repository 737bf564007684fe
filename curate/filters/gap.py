"""Whether a question leaves open what its answer fills: "What does a guard fail?" does not.

A small model makes a question of a statement by putting "What does" before it, whether or not the
statement has something left to ask for. The answer, which mostly repeats the question, tells: where
it says all the words of the question and then ends, goes on with "if", or only there comes to its
verb, nothing was asked. English only, and only for questions that begin with "what" and a helping
verb; an answer in words of its own says nothing about them.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from curate.filters.garbled import DO, HELPERS, asking, asking_texts
from curate.filters.reading.part import Part
from curate.filters.reading.texts import Reading, Sentence
from curate.filters.reading.words import meaning, stem, words_of
from curate.runs import Floats

NOTHING, ANOTHER = 0.1, 0.4
"""What is left of a pair whose question asks nothing, and of one whose answer leaves its verb."""

_BE = frozenset(["is", "are", "was", "were"])
_ARTICLES = frozenset(["a", "an", "the"])
_ADVERBS = frozenset("also always generally normally only simply typically usually".split())  # noqa: SIM905
_CLAUSES = frozenset("although because but if though unless until while".split())  # noqa: SIM905
_NO_OBJECT = frozenset("by for in into of on than to with".split())  # noqa: SIM905
_ASIDE = frozenset("addition effect fact general particular total turn".split())  # noqa: SIM905
_NEAR = 8
_CONDITIONS = frozenset(["if", "unless", "when", "whenever", "where", "while"])
_HAS_DEEDS = frozenset("called designed intended named required supposed used".split())  # noqa: SIM905
_AFTER_COMMA = _ADVERBS | {"among", "as", "at", "for", "in", "say", "when", "where"}
_ANY_VERB = frozenset(["do", "mean", "happen", "look", "work"])


def gaps(part: Part) -> Floats:
    """(rows) 1 where the question asks for something; NOTHING or ANOTHER where it does not.

    The answer shows it.
    """
    found = np.ones(part.rows.height)
    asked, said, about = part.asked, part.said, part.about
    for at in asking_texts(asked, HELPERS).tolist():
        source = about.of[at]
        found[at] = _gap(asked[at], said[at], None if source < 0 else about.texts[source])
    return found


def _gap(asked: Reading, said: Reading, passage: str | None) -> float:
    words = asking(asked.units)
    if len(words) < 3:
        return 1.0
    if passage is not None and words[1] in DO and _undergoes(words[2:], passage.lower()):
        return NOTHING
    answer = next(said.sentences, None)
    if answer is None:
        return 1.0
    if words[1] in DO and _only_if(words, answer):
        return ANOTHER
    at, left = _echo(words[2:], answer.units, words[1])
    if at == 0:
        return 1.0
    rest = answer.units[at:]
    if left:
        return _other_verb(words[1], left, rest, said) if rest else 1.0
    if words[1] in _BE:
        return 1.0 if rest else NOTHING
    bent = words[1] != "does" or any(word not in answer.units[:at] for word in words[2:])
    return NOTHING if not bent or _is_closed(rest, words, answer) else 1.0


def _only_if(words: Sequence[str], answer: Sentence) -> bool:
    """Whether the answer opens with a condition that the question says nothing of."""
    if answer.units[:1] != ["if"] or "mean" in words or not _CONDITIONS.isdisjoint(words):
        return False
    clause = words_of(answer.folded.partition(",")[0])
    condition = [means for word in clause if (means := meaning(word))]
    known = set(map(stem, words))
    return 2 * sum(word in known for word in condition) < len(condition)


def _echo(question: Sequence[str], answer: Sequence[str], helper: str) -> tuple[int, Sequence[str]]:
    """How many words of the answer repeat the question's, from the first on, and what is left."""
    at = done = repeated = 0
    inserted = {helper} if helper not in DO else set()
    while done < len(question) and at < len(answer):
        word, other = question[done], answer[at]
        if word == other or stem(word) == stem(other):
            done, at = done + 1, at + 1
            repeated = at
        elif word in _ARTICLES:
            done += 1
        elif other in _ARTICLES or other in _ADVERBS or other in inserted:
            at += 1
        else:
            break
    while done == len(question) and answer[repeated:] and answer[repeated] in _ADVERBS | inserted:
        repeated += 1
    return (repeated, question[done:]) if repeated else (0, question)


def _is_closed(rest: Sequence[str], words: Sequence[str], answer: Sentence) -> bool:
    """Whether nothing that the question could ask for follows its words in the answer."""
    if not rest or rest[0] in HELPERS or rest[0] in _CLAUSES:
        return True
    if rest[0] in _NO_OBJECT and not _ASIDE.intersection(rest[1:2]):
        return words[-1] not in _NO_OBJECT
    return _ends_before(rest, answer.folded) or _is_circular(rest, words)


def _ends_before(rest: Sequence[str], text: str) -> bool:
    """Whether a clause of the answer ends right before its last words, `rest`."""
    at = len(text)
    for word in reversed(rest):
        at = text.rfind(word, 0, at)
        if at < 0:
            return False
    mark = text[:at].rstrip(" \"'(`*“‘")[-1:]
    return mark in (";", ":") or (mark == "," and rest[0] not in _AFTER_COMMA)


def _is_circular(rest: Sequence[str], words: Sequence[str]) -> bool:
    """Whether what is filled in is what was asked about: "TypeError raises a TypeError if …"."""
    named, known = 0, set(map(stem, words))
    for word in rest:
        if word in _CLAUSES or word == "when":
            break
        if (means := meaning(word)) and means not in known:
            return False
        if not means and word not in _ARTICLES:
            return False
        named += bool(means)
    return named > 0


def _other_verb(helper: str, left: Sequence[str], rest: Sequence[str], said: Reading) -> float:
    """What is left where the answer has "is" in the place of the question's verb."""
    verb, following = left[0], rest[1] if len(rest) > 1 else ""
    if helper not in DO:
        return 1.0
    if list(left) == ["do"]:
        further = following in _ADVERBS or following.endswith("ly")
        return ANOTHER if _no_deed(rest[0], (*rest, "", "")[1 + further]) else 1.0
    if set(left) <= _NO_OBJECT and rest[0] in _ARTICLES:
        return 1.0 if left[0] in rest[:_NEAR] else ANOTHER  # "evaluate to": "evaluates a list"
    if rest[0] not in HELPERS or verb in _ANY_VERB:
        return 1.0
    if stem(following) == stem(verb):
        return NOTHING  # "What does a name pass to …": "A name is passed to …"
    told = said.stems.isdisjoint(stem(word) for word in left if meaning(word))
    return ANOTHER if told and not _ANY_VERB.intersection(left) else 1.0


def _no_deed(verb: str, following: str) -> bool:
    """Whether "What does it do?" is told where it is, how it is made, or what it does not do."""
    if verb in _BE:
        return following.endswith("ed") and following not in _HAS_DEEDS
    return verb in ("don't", "doesn't", "didn't") or (verb in DO and following == "not")


def _undergoes(words: Sequence[str], passage: str) -> bool:
    """Whether the passage says "a value is determined" of "What does a value determine?"."""
    for noun, verb in pairwise(words):
        if len(verb) > 3 and not verb.endswith(("ed", "ing", "s")) and meaning(noun):
            for be in (" is ", " are "):
                at = passage.find(noun + be + verb)
                if at >= 0 and passage[at + len(noun + be + verb) :][:1] in ("d", "e"):
                    return True
    return False
