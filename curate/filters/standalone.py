"""Whether a pair can be understood by itself, without the passage it was made from."""

from __future__ import annotations

import re

import numpy as np

from curate.filters.reading.part import Part
from curate.filters.reading.patterns import which
from curate.filters.reading.texts import Reading, Texts
from curate.filters.reading.words import stem
from curate.filters.wording import VAGUE
from curate.runs import Floats, Ints, stems_of, texts_of
from curate.text import content_units, points_at_text

NOWHERE, HANGING, NAMELESS, SPEAKS = 0.1, 0.2, 0.4, 0.3
"""What is left of a question about an unseen text, one with a "this" or "it" that stands for
nothing, one about "the function", and of an answer that speaks of its source."""

_META = re.compile(
    r"\b(?:this|that|the|these|those) (?:facts?|information|answers?|questions?)\b"
    r"|\banswers? to (?:the|this|that|your) (?:\w+ )?question\b"
)
_TEXT = r"(?:text|passage|paragraph|excerpt|article|snippet|author|writer|documentation)s?"
_SOURCE = (
    rf"(?i)\b(?:the|this) (?:\w+ )?{_TEXT}(?:['’]s)? (?:\w+ )?(?:says?|states?"
    r"|mentions?|describes?|shows?"
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
action argument attribute behaviour behavior block body call case clause code command component
condition content declaration definition element entry error event example expression feature field
file form function implementation instance item key line list member message method module name
number object operation operator option order output parameter part procedure process program
property result rule section setting size source statement step string structure subject target task
term type value variable version
"""
_ACTS = """
add allow apply become begin cause change contain create define denote determine do end evaluate
exist follow give handle hold include indicate keep let make mean need occur perform point print
produce provide raise refer remove replace represent require return run set show specify start stop
store support take tell added
"""
_MANNERS = """
above actual appropriate certain corresponding current default different entire exact existing final
first following given initial inner last main necessary new next normal old only original outer
possible previous proper related remaining required respective same second special specific
specified third usual whole
"""
_NAMELESS = re.compile(rf"\b(?:the|each|every) (?:\w+ ){{0,2}}(?:{'|'.join(_THINGS.split())})s?\b")
_GENERIC = VAGUE | {stem(word) for word in f"{_THINGS} {_ACTS} {_MANNERS}".split()}
_PRONOUNS = re.compile(r"\b(?:it|its|they|them|their|theirs|he|she|him|her|his|hers)\b")
_DUMMY = re.compile(
    r"\b(?:is|was|does|will|can|would|be) it (?:\w+ )?(?:possible|true|mean|safe|necessary"
    r"|important|allowed|legal|appropriate|better|recommended|ok|okay)\b"
)


def _hints(words: str) -> frozenset[str]:
    return frozenset(map(stem, words.split()))


# Each pattern with the stems one of which it must find: to look for these first is much faster.
_POINTING = _hints(
    "text passage paragraph excerpt article document snippet author writer speaker narrator context"
    " chapter section reading given provided above below said according based following"
)
_METAS = _hints("fact information answer question")
_DEICTIC = _hints("this these those that what's")
_NAMED = _hints(_THINGS)
_PRONOUN = _hints("it its they them their theirs he she him her his hers it's they're he's she's")
_MAY_BE_THAT = "(?i)th(?:is|ese|ose|at)'|[^\x00-\x7f]"
_HINTS = _POINTING | _METAS | (_DEICTIC - {"what"}) | _PRONOUN


def standalones(part: Part) -> Floats:
    """(rows) 1 where nothing outside the pair is needed; 0.1 for a question about an unseen text.

    With a text given as the row's input both may speak of it as they like.
    """
    found = np.ones(part.rows.height)
    found[which(part.said.texts, _SOURCE)] = SPEAKS
    for at in _may_need(part.asked).tolist():
        found[at] *= _understood(part.asked[at])
    found[[bool(extra.strip()) for extra in part.column("input")]] = 1.0
    return found


def _may_need(asked: Texts) -> Ints:
    """The questions that may need a text, or a thing: they have one of the hints.

    "What" is one only for a "that" behind it, which is itself one but in "that'll" and its like;
    "function" and such are none where the question has a word that is not as general.
    """
    known, has, content = asked.vocabulary, asked.stem_keys, asked.content_keys
    hinted = texts_of(has[known.marks(_HINTS).take(stems_of(has))])
    named = texts_of(has[known.marks(_NAMED).take(stems_of(has))])
    specific = texts_of(content[~known.marks(_GENERIC).take(stems_of(content))])
    found = np.setdiff1d(named, specific)
    return np.union1d(np.union1d(found, hinted), which(asked.texts, _MAY_BE_THAT))


def _understood(asked: Reading) -> float:
    """What is left of a question that needs a text, or a thing, that it does not name."""
    text, has = asked.folded, asked.stems
    if not _POINTING.isdisjoint(has) and points_at_text(text):
        return NOWHERE
    if not _METAS.isdisjoint(has) and _META.search(text):
        return NOWHERE
    if not _DEICTIC.isdisjoint(has) and _THIS.search(text):
        return HANGING
    if not _NAMED.isdisjoint(has) and _NAMELESS.search(text) and not set(asked.content) - _GENERIC:
        return NAMELESS
    if not _PRONOUN.isdisjoint(has):
        plain = _DUMMY.sub(" ", text)
        pronoun = _PRONOUNS.search(plain)
        if pronoun and not content_units(plain[: pronoun.start()]):
            return HANGING
    return 1.0
