"""Whether a pair can be understood by itself, without the passage it was made from."""

from __future__ import annotations

import re

from curate.text import content_units, folded, points_at_text, units

_SOURCE = re.compile(
    r"\b(?:(?:the|this|that) (?:texts?|passage|paragraph|excerpt|article|snippet|author|writer)s?"
    r"(?:'s)? (?:says?|states?|mentions?|describes?|explains?|provides?|refers?|defines?|discusses"
    r"|answers?|contains?|about|does|is about|also)"
    r"|(?:answer|response) to (?:the|this|that|your) question|(?:the|this|that) question)\b"
)
_FACT = re.compile(r"\b(?:this|that|the|these|those) (?:facts?|information|answers?|questions?)\b")
_THIS = re.compile(r"\b(?:this|these|those)(?! (?:is|are|was|were) (?:true|false|the case)\b)\b")
_PRONOUNS = frozenset(
    ["it", "its", "they", "them", "their", "theirs", "he", "she", "him", "her", "his", "hers"]
)
_DUMMY = re.compile(
    r"\b(?:is|was|does|will|can|would|be) it (?:\w+ )?(?:possible|true|mean|safe|"
    r"necessary|important|allowed|legal|appropriate|better|recommended|ok|okay)\b"
)


def standalone(instruction: str, given: str, output: str) -> float:
    """1 where nothing outside the pair is needed; 0.1 where the question hangs in the air.

    With a text given as the row's `input` the instruction may speak of it as it likes.
    """
    asked, said = folded(instruction), folded(output)
    left = 1.0
    if points_at_text(said) or _SOURCE.search(said):
        left *= 1.0 if given.strip() else 0.3
    if given.strip():
        return left
    if points_at_text(asked) or _SOURCE.search(asked) or _FACT.search(asked):
        return 0.1 * left
    return left * _hanging(asked)


def _hanging(asked: str) -> float:
    """What a question keeps that says "this" or "it" before it has named anything."""
    if _THIS.search(asked):
        return 0.2
    if _DUMMY.search(asked):
        return 1.0
    before: list[str] = []
    for unit in units(asked):
        if unit in _PRONOUNS:
            return 1.0 if content_units(" ".join(before)) else 0.2
        before.append(unit)
    return 1.0
