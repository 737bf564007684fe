"""Whether an answer answers its question: it speaks of the same thing, and says more than it.

fit = topic * news * about * place

topic   the answer takes up the question's words
news    the answer says more than the question did
about   the passage speaks of what is asked
place   the answer is from where in the passage the question's words stand together
"""

from __future__ import annotations

import re

import numpy as np

from curate.filters.place import Topic, place
from curate.filters.reading.names import code_names
from curate.filters.reading.part import Part
from curate.filters.reading.passages import Passages
from curate.filters.reading.texts import Reading, Texts
from curate.filters.reading.words import fold
from curate.filters.wording import VAGUE
from curate.runs import Floats, among, stems_of, texts_of

_REFERRING = """
it its they their this these that yes no he she both you because since to by as when if after
before until once only use call pass set add
"""
_REFERS = frozenset(_REFERRING.split())
_HOW_MANY = re.compile(r"^\W*(?:how (?:many|much|often|long|old|far|big|large)|what number)\b")
_AMOUNT = re.compile(
    r"\d|\b(?:no|none|zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w{3,}teen"
    r"|(?:twen|thir|for|fif|six|seven|eigh|nine)ty(?:-\w+)?|hundreds?|thousands?|millions?|dozens?|half"
    r"|once|twice|single|only|many|any|all|each|every|unlimited|few|several|both|never|always|until"
    r"|as (?:many|much|long|far|often) as|at least|at most)\b"
)
_WHETHER = re.compile(
    r"^\W*(?:is|are|am|was|were|do|does|did|can|could|should|will|would|may|has|have|must)\b"
)
_SHORT = 8  # words up to which an answer may name the thing asked for and nothing else
_LEAST = 0.4  # what no common word leaves where nothing else tells what the answer is about, …
_PLACED = 0.7  # … and where its place in the passage does


def fits(part: Part) -> Floats:
    """(rows) How well the output answers the instruction, from 0 to 1."""
    asked, said, about = part.questions, part.said, part.about
    topic = Topic(asked, said, about)
    found = _news(asked, said)
    for at, output in enumerate(said.texts):
        if "?" in output and "question" not in asked[at].folded:
            found[at] *= _statement(said[at])
    found *= _taken_up(part, topic)
    known = about.of >= 0
    found[known] *= np.minimum(1.0, 0.5 + 0.8 * topic.known)[known]
    found *= _named(asked, about)
    found *= place(topic, about, part.support)
    found[said.counts == 0] = 0.0
    return found


def _taken_up(part: Part, topic: Topic) -> Floats:
    """Whether each answer takes up the question's words. What works on an input need not."""
    said = part.said
    alone = said.counts < _SHORT
    some = np.flatnonzero(said.counts)
    opening = said.words.numbers.take(said.begin.take(some))
    alone[some] |= said.vocabulary.marks(_REFERS).take(opening)
    given = map(str.strip, part.column("input"))
    fields = zip(given, part.questions.texts, strict=True)
    alone |= np.array([bool(given) or not _is_question(text) for given, text in fields], np.bool_)
    least = np.where(part.about.of < 0, _LEAST, _PLACED)
    least[alone] = np.maximum(least[alone], 0.8)
    return np.where(topic.sizes > 0, np.minimum(1.0, least + 1.2 * topic.shared), 0.8)


def _named(asked: Texts, about: Passages) -> Floats:
    """What the code names of the questions leave that the passages lack."""
    names = enumerate(code_names(asked.texts))
    pairs = [(at, name) for at, found in names if about.of[at] >= 0 for name in found]
    owner = np.array([at for at, _ in pairs], np.int64)
    lacking = about.lacking(about.of.take(owner), [name for _, name in pairs])
    count = np.bincount(owner.take(lacking), minlength=len(asked.texts))
    return np.power(0.4, count, dtype=np.float64)


def _news(asked: Texts, said: Texts) -> Floats:
    """Whether each answer says more than the question did, 0.1 for an echo; and an amount where one
    is asked for.
    """
    rows = len(said.texts)
    owner = texts_of(said.content_keys)
    vague = said.vocabulary.marks(VAGUE).take(stems_of(said.content_keys))
    tells = ~vague | (np.bincount(owner[~vague], minlength=rows) == 0).take(owner)
    telling = np.bincount(owner[tells], minlength=rows)
    new = tells & ~among(said.content_keys, asked.content_keys)
    share = np.bincount(owner[new], minlength=rows) / np.maximum(telling, 1)
    found = np.where(telling > 0, np.clip(5.0 * share - 0.5, 0.1, 1.0), 0.4)
    amount = np.ones(rows)
    for at, text in enumerate(map(fold, asked.texts)):
        if _WHETHER.search(text):
            found[at] = 1.0
        elif _HOW_MANY.search(text):
            if _AMOUNT.search(fold(said.texts[at])):
                found[at] = 1.0
            else:
                amount[at] = 0.4
    for at in np.flatnonzero(said.counts == asked.counts).tolist():
        if said[at].units == asked[at].units:
            found[at] = 0.1
    return found * amount


def _statement(said: Reading) -> float:
    """Whether the answer states something, where it is not itself a question."""
    asking = [_is_question(sentence.text) for sentence in said.sentences]
    if asking and asking[-1]:
        return 0.1
    return 0.4 if any(asking) else 1.0


def _is_question(text: str) -> bool:
    return text.rstrip().rstrip("\"'”’)]*_`").endswith(("?", "？", "؟"))
