"""Faults of what an answer claims: well formed, and wrong. They need its passage to be seen."""

from __future__ import annotations

import re
from random import Random

from curate.calibrate import stock
from curate.calibrate.row import Others, Row, alike, sentences

_COUNT_WORDS = """
one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety
"""
_COUNTS = _COUNT_WORDS.split()
_NUMBER = re.compile(
    rf"(?<![\w.,-])(?:\d+(?:\.\d+)*|(?i:{'|'.join(_COUNTS[1:])}))(?![\w%-]|[.,]\d)"
)
_LIST_MARK = re.compile(r"(?m)^\s*\d+[.)]\s")
_NAME = re.compile(
    r"(?P<snake>(?<![\w.])_*[a-z][a-z0-9]*(?:_+[a-z0-9]+)+_*(?![\w.]\w))"
    r"|(?P<camel>\b[A-Z]?[a-z]+(?:[A-Z][a-z0-9]*)+\b)"
    r"|(?P<upper>\b[A-Z]{3,6}\b)"
    r"|(?P<names>(?<=[a-z,] )[A-Z][a-z]{3,}\b)"
)
_DENIED = re.compile(
    r"\b(?P<verb>is|are|was|were|do|does|did|can|could|should|will|would|must) not\b"
)
_SHORT = re.compile(r"(?i)\b(?P<verb>is|are|was|were|does|do|did|could|should|would)n['’]t\b")
_CANNOT = re.compile(r"(?i)\b(?:cannot|can['’]t)\b")
_VERB = re.compile(
    rf"\b(?:(?P<aux>is|are|was|were|can|should|will|must)|(?P<verb>{'|'.join(stock.VERBS)}))\b"
)
_CLAUSE = re.compile(
    r"(?i)\b(?:if|when|whenever|because|since|although|while|unless|that|which|who)\b"
)


def swapped_passage(row: Row, chance: Random, others: Others) -> Row | None:
    """The answer to another question about the same passage."""
    return _swapped(row, [o for o in others.here(row) if o.place == row.place], chance)


def swapped_document(row: Row, chance: Random, others: Others) -> Row | None:
    """The answer to another question about another passage of the same document."""
    return _swapped(row, [o for o in others.here(row) if o.place != row.place], chance)


def swapped_other(row: Row, chance: Random, others: Others) -> Row | None:
    """The answer to another question about another document."""
    return _swapped(row, [o for o in others.rows if o.document != row.document], chance)


def _swapped(row: Row, choice: list[Row], chance: Random) -> Row | None:
    for other in chance.sample(choice, min(len(choice), 20)):
        near = alike(row.output, other.output) or alike(row.instruction, other.instruction)
        if not near and not other.input and not row.input:
            return row.saying(other.output)
    return None


def number(row: Row, chance: Random, _others: Others) -> Row | None:
    """Another number, which the passage lacks, in place of one that it has."""
    listed = {
        match.start()
        for mark in _LIST_MARK.finditer(row.output)
        for match in _NUMBER.finditer(row.output, *mark.span())
    }
    found = [match for match in _NUMBER.finditer(row.output) if match.start() not in listed]
    present = {match.group().casefold() for match in _NUMBER.finditer(row.known)}
    found = [match for match in found if match.group().casefold() in present]
    if not found:
        return None
    match = chance.choice(found)
    wrong = _other_number(match.group(), present, chance)
    if wrong is None:
        return None
    return row.saying(row.output[: match.start()] + wrong + row.output[match.end() :])


def _other_number(text: str, present: set[str], chance: Random) -> str | None:
    if text.isalpha():
        choice = [word for word in _COUNTS[1:] if word not in present and word != text.casefold()]
        wrong = chance.choice(choice) if choice else ""
        return (wrong.capitalize() if text[0].isupper() else wrong) or None
    head, dot, last = text.rpartition(".")
    value = int(last)
    steps = [step for step in (1, 2, 3, 5, 7, 10, 40) if step <= max(3, value)]
    choice = [
        f"{head}{dot}{value + sign * step}"
        for step in steps
        for sign in (1, -1)
        if value + sign * step >= 0
    ]
    choice = [wrong for wrong in choice if wrong not in present]
    return chance.choice(choice) if choice else None


def negated(row: Row, _chance: Random, _others: Others) -> Row | None:
    """The answer's first statement denied, or its denial taken out."""
    said = sentences(row.output)
    for sentence in said:
        wrong = _denied(sentence)
        if wrong:
            start = row.output.index(sentence)
            text = row.output[:start] + wrong + row.output[start + len(sentence) :]
            return row.saying(_other_word(text))
    return None


def _other_word(text: str) -> str:
    """An answer that opens with "Yes" opens with "No", and the other way round."""
    for one, other in (("Yes", "No"), ("No", "Yes")):
        if re.match(rf"{one}\b[,.;!]", text):
            return other + text[len(one) :]
    return text


def _denied(sentence: str) -> str | None:
    for pattern, put in ((_DENIED, r"\g<verb>"), (_SHORT, r"\g<verb>"), (_CANNOT, "can")):
        if pattern.search(sentence):
            return pattern.sub(put, sentence, count=1)
    for match in _VERB.finditer(sentence):
        before = sentence[: match.start()]
        if _CLAUSE.search(before) or not before.strip():
            return None
        if match["aux"]:
            word = "cannot" if match["aux"] == "can" else f"{match['aux']} not"
        else:
            word = f"does not {stock.VERBS[match['verb']]}"
        return before + word + sentence[match.end() :]
    return None


def invented(row: Row, chance: Random, _others: Others) -> Row | None:
    """A name that the passage lacks, in place of one that it has."""
    found = [match for match in _NAME.finditer(row.output) if match.group() in row.known]
    if not found:
        return None
    match = chance.choice(found)
    pool = [name for name in getattr(stock, str(match.lastgroup).upper()) if name not in row.known]
    if not pool:
        return None
    pattern = rf"(?<!\w){re.escape(match.group())}(?!\w)"
    return row.saying(re.sub(pattern, chance.choice(pool), row.output))
