"""What each question of a passage is to be about: a tiny model asks better when told."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from curate.generate.context import context, resolved, subject
from curate.generate.english import is_name, third_person, tokens
from curate.generate.prose import sentences
from curate.generate.starter import imperative, starter
from curate.text import content_units, points_at_text, units

_LENGTH = range(32, 261)  # characters of a sentence that a question is begun for
_WORDS = range(5, 61)  # of any other sentence
_CONTENT = 4  # words that carry meaning, at least
_ALIKE = 0.6  # of the content words shared
_END = re.compile(r"[.!?…。！？｡।؟۔።][\"'”’»)\]」』”’）】*_]{0,3}\Z")
_BEGINNING = re.compile(r"[\"“`A-Z]|[\w.]+\(")
_DEPENDS = re.compile(  # how a sentence begins that leans on the one before it
    r"(?:accordingly|additionally|again|also|and|another|aside|because|both|but|changed|consequently"
    r"|deprecated|either|everything|finally|first|for|furthermore|further|he|hence|here"
    r"|how|however|if so|in|instead|it|its|likewise|moreover|neither|new|next|note|now|or|other"
    r"|otherwise|second|secondly|see|she|similarly|since|so|sometimes|such|that|the (?:former"
    r"|latter|same)|their|then|there|therefore|these|they|third|this|those|thus|unlike|we|you)\b"
    r"|[^\"“`]{1,30}?: ",
    re.IGNORECASE,
)
_LEANS = re.compile(  # what refers to its surroundings, wherever it stands
    r"\b(?:above|appendix|as follows|below|chapter|described|discussed|earlier|figure|following"
    r"|here|i|later|mentioned|our|PEP|previous|previously|section|see|shown|such (?!as)|these|this"
    r"|those|we|you|your)\b|::=|https?:|[\[\]<>{}|]|\.\.\.|…|(?<![\w*])\*[\w, ]{1,40}\*(?!\w)",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"\"[^\"]{1,60}\"|“[^”]{1,60}”|`[^`]{1,60}`")
_DOES = re.compile(
    r"(Add|Append|Check|Convert|Create|Decode|Delete|Encode|Execute|Get|Insert|Join|Load|Make"
    r"|Open|Print|Raise|Read|Remove|Represent|Return|Run|Set|Split|Start|Stop|Store|Test|Write)s? "
)


@dataclass(frozen=True)
class Focus:
    """A sentence to ask about, on one line, and the first words of a question it answers, or "".

    `context` is what the question must be told before, for those who do not see the heading.
    """

    sentence: str
    starter: str
    context: str = ""


@dataclass(frozen=True)
class _Candidate:
    focus: Focus
    words: frozenset[str]
    worth: float
    place: int


def focuses(
    passage: str, heading: str, count: int, turn: int = 0, *, begun_only: bool = False
) -> list[Focus]:
    """At most `count` sentences of `passage` that say different things, in its order.

    They are those with a starter; only where there is none, and not `begun_only`, other whole
    sentences with "".
    Every other starter is an instruction, from the second on, or from the first for an odd `turn`.
    """
    spoken = [
        resolved(_spoken(name, sentence), heading) for name, sentence in sentences(passage, heading)
    ]
    known = bool(subject(heading))
    begun = [
        Focus(sentence, start, context(heading, start, passage))
        for sentence in spoken
        if _stands_alone(sentence) and (start := starter(sentence, passage, known))
    ]
    found = begun
    if not begun and not begun_only:
        found = [Focus(sentence, "") for sentence in spoken if _is_whole(sentence)]
    chosen = _choose(found, frozenset(content_units(heading)), count)
    return [
        replace(focus, starter=imperative(focus.starter)) if (turn + at) % 2 else focus
        for at, focus in enumerate(chosen)
    ]


def _choose(found: list[Focus], heading: frozenset[str], count: int) -> list[Focus]:
    """The best of them that differ, in their order."""
    candidates = [_rate(focus, heading, at) for at, focus in enumerate(found)]
    chosen: list[_Candidate] = []
    for one in sorted(candidates, key=lambda one: (-one.worth, one.place)):
        if len(chosen) >= count:
            break
        if not any(_alike(one.words, other.words) for other in chosen):
            chosen.append(one)
    return [one.focus for one in sorted(chosen, key=lambda one: one.place)]


def _rate(focus: Focus, heading: frozenset[str], place: int) -> _Candidate:
    """Worth more is what speaks of the heading, names things, and is asked about by their names."""
    words = frozenset(content_units(focus.sentence))
    named = any(map(is_name, tokens(focus.sentence)[1:]))
    asked = tokens(focus.starter)[1:]
    hangs = "the" in asked and not any(map(is_name, asked))
    return _Candidate(focus, words, len(words & heading) + named - 2 * hangs, place)


def _alike(one: frozenset[str], two: frozenset[str]) -> bool:
    return len(one & two) >= _ALIKE * min(len(one), len(two))


def _spoken(name: str, sentence: str) -> str:
    """Turn "Return a copy." below a signature into "str.lower() returns a copy."."""
    match = _DOES.match(sentence) if name else None
    if match:
        return f"{name} {third_person(match[1].lower())} {sentence[match.end() :]}"
    if name and sentence.startswith(("Called by ", "Called to ", "Called when ")):
        return f"{name} is c{sentence[1:]}"
    return sentence


def _stands_alone(sentence: str) -> bool:
    return (
        len(sentence) in _LENGTH
        and sentence.endswith(".")
        and bool(_BEGINNING.match(sentence))
        and not _DEPENDS.match(sentence)
        and not _LEANS.search(_QUOTED.sub('""', sentence))
        and not points_at_text(sentence)
        and sentence.count("(") == sentence.count(")")
        and len(set(content_units(sentence))) >= _CONTENT
    )


def _is_whole(sentence: str) -> bool:
    return (
        len(units(sentence)) in _WORDS
        and bool(_END.search(sentence))
        and not _DEPENDS.match(sentence)
        and not points_at_text(sentence)
    )
