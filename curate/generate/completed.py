"""The question that a model made of the first words it was given, held to those words.

A tiny model that is to go on from "What does clear() remove" often writes "What does clear() remove
all items?" or bends the words it was given. The first words ask by themselves, so only what narrows
them is taken from the model: a condition, a place, a second verb.
"""

from __future__ import annotations

import re

from curate.generate import english

_NARROWS = english.PREPOSITIONS | {"and", "if", "unless", "when", "whenever", "while"}
_CONDITIONS = frozenset(["if", "unless", "when", "whenever", "while"])
_END = re.compile(r"[\s.?!]*\Z")


def completed(starter: str, question: str) -> str:
    """`question`, or the question that `starter` is by itself; `question` where there is none."""
    if not starter:
        return question
    more = _END.sub("", question[len(starter) :]) if question.startswith(starter) else ""
    word = more.split()[0] if more[:1] == " " else ""
    last = starter.rpartition(" ")[2]
    allowed = _CONDITIONS if last in english.PREPOSITIONS else _NARROWS
    if word not in allowed or len(more.split()) < 2:
        more = ""
    asks = starter.startswith(("What ", "When ", "Where ", "How "))
    return f"{starter}{more}{'?' if asks else '.'}"
