"""Whether a pair can be understood by itself, without the passage it was made from."""

from __future__ import annotations

import re

from curate.filters.wording import VAGUE, content_stems, stem
from curate.text import content_units, folded, points_at_text

NOWHERE, HANGING, NAMELESS, SPEAKS = 0.1, 0.2, 0.4, 0.3
"""What is left of a question about an unseen text, one with a "this" or "it" that stands for
nothing, one about "the function", and of an answer that speaks of its source."""

_META = re.compile(
    r"\b(?:this|that|the|these|those) (?:facts?|information|answers?|questions?)\b"
    r"|\banswers? to (?:the|this|that|your) (?:\w+ )?question\b"
)
_TEXT = r"(?:text|passage|paragraph|excerpt|article|snippet|author|writer|documentation)s?"
_SOURCE = re.compile(
    rf"\b(?:the|this) (?:\w+ )?{_TEXT}(?:'s)? (?:\w+ )?(?:says?|states?|mentions?|describes?|shows?"
    r"|explains?|provides?|suggests?|impl(?:y|ies)|discuss(?:es)?|demonstrates?|continues?)\b"
    rf"|\b(?:according to|based on|(?:stated|described|mentioned|shown|given) (?:in|by)) "
    rf"(?:the|this) (?:\w+ )?{_TEXT}\b|^in (?:the|this) (?:\w+ )?{_TEXT}\b"
    r"|\bin (?:the|this) (?:passage|excerpt|paragraph|article)\b"
    r"|\b(?:stated|described|mentioned|shown|listed|snippet|example|code) (?:above|below)\b"
    r"|\banswer to (?:the|this|that|your) question\b"
)
_THIS = re.compile(
    r"(?<![\"'`“‘*])\b(?:this|these|those)\b(?![\"'`”*])(?! (?:is|are) (?:true|false|the case)\b)"
    r"|\b(?:does|about|what is|what's) that\b"
)
_THINGS = """
function method module file object code program variable argument parameter command output value
attribute
"""
_NAMELESS = re.compile(rf"\bthe (?:{'|'.join(_THINGS.split())})s?\b")
_GENERIC = VAGUE | {stem(word) for word in f"{_THINGS} return take print contain".split()}
_PRONOUNS = re.compile(r"\b(?:it|its|they|them|their|theirs|he|she|him|her|his|hers)\b")
_DUMMY = re.compile(
    r"\b(?:is|was|does|will|can|would|be) it (?:\w+ )?(?:possible|true|mean|safe|necessary"
    r"|important|allowed|legal|appropriate|better|recommended|ok|okay)\b"
)


def standalone(instruction: str, given: str, output: str) -> float:
    """1 where nothing outside the pair is needed; 0.1 where the question is about an unseen text.

    With a text `given` as the row's input both may speak of it as they like.
    """
    if given.strip():
        return 1.0
    asked = folded(instruction)
    left = SPEAKS if _SOURCE.search(folded(output)) else 1.0
    if points_at_text(asked) or _META.search(asked):
        return left * NOWHERE
    return left * _hanging(asked)


def _hanging(asked: str) -> float:
    """What is left of a question that says "this", "it" or "the function" before it names one."""
    if _THIS.search(asked):
        return HANGING
    if _NAMELESS.search(asked) and not set(content_stems(asked)) - _GENERIC:
        return NAMELESS
    plain = _DUMMY.sub(" ", asked)
    pronoun = _PRONOUNS.search(plain)
    if pronoun and not content_units(plain[: pronoun.start()]):
        return HANGING
    return 1.0
