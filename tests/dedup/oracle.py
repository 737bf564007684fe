"""The rules of comparison in plain Python, one row at a time: what the engine must come to.

See `curate/dedup/shingles.py` for the rules. Here shingles are strings, and there is no boilerplate.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from curate.text import content_units, digest, folded, pieces, points_at_text, units

Shingles = frozenset[str]

_PROSE = frozenset(".,;:!?'\"`()–—…‘“”«»、。，：；！？（）「」।")
_QUOTED = re.compile(r"([`'\"])(.+)\1|“(.+)”")
_CHARACTERS = 3
_ENDS = "\x02"  # stands at both ends of a short text, so that "a" and "aa" differ

_QUESTION = ("?", "？", "؟")
_SUBJECT = 3  # content words from which on a question says what it is about
_SENTENCE = 8  # words from which on an answer says what it is about


@dataclass(frozen=True)
class Row:
    """What of a row matters for whether another one is its copy."""

    instruction: str
    output: str
    scope: str = ""
    """Digest of the input, for a row that says too little without it."""

    @property
    def key(self) -> str:
        """Equal for rows that differ in case, width and white space at most."""
        return digest(self.scope, _plain(self.instruction), _plain(self.output), size=32)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to compare: both fields are empty."""
        return not _plain(self.instruction + self.output)

    def question(self) -> Shingles:
        """The distinct pieces of the instruction."""
        return frozenset(_pieces(self.instruction))

    def answer(self, ngram: int) -> Shingles:
        """The shingles of the output."""
        return shingles(self.output, ngram)

    def shingles(self, ngram: int) -> Shingles:
        """The tagged shingles of the row; none where both fields are empty."""
        asked = {f"{self.scope}?{each}" for each in shingles(self.instruction, ngram)}
        said = {f"{self.scope}!{each}" for each in shingles(self.output, ngram)}
        return frozenset(asked | said)


def compared(instruction: str, given: str, output: str) -> Row:
    """The row with these fields, as it is compared; `given` is its input."""
    given = _plain(given)
    scope = digest(given) if given and not _stands_alone(instruction, output) else ""
    return Row(instruction, output, scope)


def shingles(text: str, ngram: int) -> Shingles:
    """The shingles of one text: of its pieces, or of its characters where there are too few."""
    run = _pieces(text)
    if len(run) >= ngram:
        return frozenset(" ".join(run[at : at + ngram]) for at in range(len(run) - ngram + 1))
    plain = " ".join(run)
    if not plain:
        return frozenset()
    plain = f"{_ENDS}{plain}{_ENDS}"
    return frozenset(plain[at : at + _CHARACTERS] for at in range(len(plain) - _CHARACTERS + 1))


def jaccard(one: Shingles, other: Shingles) -> float:
    """Shared elements over all elements; 1 for two empty sets."""
    shared = len(one & other)
    total = len(one) + len(other) - shared
    return shared / total if total else 1.0


def similarity(one: Row, other: Row, ngram: int, threshold: float) -> float:
    """Jaccard similarity of the rows' shingles; 0 where their questions or answers differ."""
    least = min(0.5, threshold)
    apart = (
        jaccard(one.question(), other.question()) < least
        or jaccard(one.answer(ngram), other.answer(ngram)) < least
        or one.scope != other.scope
    )
    return 0.0 if apart else jaccard(one.shingles(ngram), other.shingles(ngram))


def _stands_alone(instruction: str, output: str) -> bool:
    """Whether question and answer say what they are about: both are whole, and about something."""
    return (
        instruction.rstrip().endswith(_QUESTION)
        and not points_at_text(instruction)
        and len(content_units(instruction)) >= _SUBJECT
        and len(units(output)) >= _SENTENCE
    )


def _pieces(text: str) -> list[str]:
    """The pieces of `text` without punctuation, unless there is nothing else."""
    found = pieces(text)
    return [piece for piece in map(_sign, found) if piece] or found


def _sign(piece: str) -> str:
    """`piece`, or "" where it is only punctuation; a sign in quotes (`.`) is what is spoken of."""
    if not _PROSE.issuperset(piece):
        return piece
    quoted = _QUOTED.fullmatch(piece)
    return (quoted.group(2) or quoted.group(3)) if quoted else ""


def _plain(text: str) -> str:
    return " ".join(folded(text).split())
