"""Verb–object pairs of English instructions: "Write a short story about a dog" → (write, story).

How varied instructions are, as in figure 2 of Self-Instruct (Wang et al. 2023), where a parser
finds the root verb and its first noun object. A parser needs a model, so here the order of words
decides: an instruction begins with its verb, a question has it after "how to" or after its subject.
A pair is a way to count, not a parse.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

Pair = tuple[str, str]
"""Verb and object, in lower case, the object "" where there is none."""


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WORD = re.compile(r"[^\W_]+(?:['’\-_.][^\W_]+)*|[?!.,;:()\n]")
_CLAUSE = re.compile(r"(?<=[.!?:;])\s+|\n+")
_POLITE = re.compile(
    r"^\W*(?:please\s+|kindly\s+|(?:can|could|would|will) you (?:please )?|i (?:want|need) you "
    r"to\s+|your task is to\s+|(?:you are given|given|using|based on|for|in|if|to)\b[^,.?]*,\s*)",
    re.I,
)
_HOW_TO = re.compile(r"^\W*(?:how|what|where|when|why|which \w+) to\s+", re.I)
_ASKS = _set("what which who whom whose when where why how")
_AUXILIARY = _set(
    """is are was were am be do does did can could should would will shall may might must has have
    had"""
)
_BE = _set("is are was were am be")
_PRONOUNS = _set("i you we one it they he she me us them him her this that these those")
_DETERMINERS = _set(
    "a an the any some all each every this that these those my your our its their his her no both "
    "following given more most many much several few two three four five six seven eight nine ten"
)
_ENDS = _set(
    """of to in on at by for from with without about into onto over under between among through
    during after before against within as than like and or but nor so that which who whose when
    where while if because is are was were be do does did can could should would will may might
    must has have  had not then using based using ? ! . , ; : ( )"""
)
_NO_VERBS = (_DETERMINERS | _PRONOUNS | _ENDS | {"there", "according"}) - _AUXILIARY - {"use"}
_PARTICLES = _set("up out off down away back on over in")
_VERBS = _set(
    """accept achieve act add affect allow answer apply arise ask become begin believe bring build
    buy call cause change check choose clean close come compare compute connect consist contain
    contribute control convert cook create cut decrease define delete depend describe design
    detect determine develop differ disable do draw eat enable ensure exist explain express fall
    find fix follow form function gain generate get give go grow handle happen have heat help
    hold identify implement improve include increase indicate influence install keep know lead
    learn leave like list live load look lose make manage mean measure model move need occur
    open pass pay perform play prevent process produce protect provide put raise read receive
    reduce refer remove replace represent require return rise run save say see select sell send
    serve set show solve sort start state stop store support take tell test think transfer
    travel treat try turn understand update use vary wait want wear work write"""
)


def pair(instruction: str) -> Pair | None:
    """The main verb of an instruction and its object; None where no word stands for a verb."""
    text = instruction.strip()
    if "?" in text:  # of a story with a question at its end, the question
        asked = [part for part in _CLAUSE.split(text) if part.rstrip().endswith("?")]
        text = asked[-1] if asked else text
    text = _POLITE.sub("", text)
    how = _HOW_TO.match(text)
    words = [word.casefold() for word in _WORD.findall(text[how.end() :] if how else text)]
    words = [word for word in words if word not in ("please", "also")]
    if not words or not words[0][0].isalpha():
        return None
    asks = next((n for n, word in enumerate(words) if word in _ASKS), None)
    if not how and words[0] not in _ASKS | _AUXILIARY and "?" in words and asks is not None:
        words = words[asks:]  # according to the text, which …?
    if how or words[0] not in _ASKS | _AUXILIARY:
        return None if words[0] in _NO_VERBS else (words[0], _object(words[1:]))
    return _of_question(words)


def pairs(instructions: Iterable[str]) -> set[Pair]:
    """The distinct verb–object pairs of some instructions."""
    return {found for text in instructions if (found := pair(text)) is not None}


def _of_question(words: Sequence[str]) -> Pair:
    """Of "how does the sun heat water?" heat and water; of "what is a list?" be and list."""
    at = next((n for n, word in enumerate(words) if word in _AUXILIARY), None)
    if at is None:  # what causes rain?
        verb = words[1] if len(words) > 1 else words[0]
        return _base(verb), _object(words[2:])
    rest = words[at + 1 :]
    if words[at] in _BE:
        return "be", _object(rest)
    for number, word in enumerate(rest):
        pronoun = number == 1 and rest[0] in _PRONOUNS
        if number and (pronoun or word in _VERBS) and rest[number - 1] not in _DETERMINERS:
            asked = words[at - 1] if at and words[at - 1] not in _ASKS else ""
            return word, _object(rest[number + 1 :]) or _singular(asked)
    last = next((word for word in reversed(rest) if word[0].isalpha()), "")
    return (last or words[at]), ""


def _object(words: Sequence[str]) -> str:
    """The last word of the first run of words that may be a noun phrase."""
    found = ""
    for number, word in enumerate(words):
        if number == 0 and word in _PARTICLES:
            continue
        if word in _ENDS and not (word in _DETERMINERS and not found):
            break
        if word in _DETERMINERS or word in _PRONOUNS:
            if found:
                break
            continue
        found = word
    return _singular(found)


def _singular(word: str) -> str:
    """Without the ending of a plural."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ss", "us", "is")) or len(word) < 4:
        return word
    return word.removesuffix("s")


def _base(verb: str) -> str:
    """Without the ending of the third person."""
    if verb.endswith(("sses", "shes", "ches", "xes", "oes")):
        return verb[:-2]
    return _singular(verb)
