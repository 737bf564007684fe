"""The first words of a question that a sentence answers. English; "" where no rule is sure.

A tiny model finishes a question well that it could not begin. The rules look at the sentence's
subject and its first verb, and rather leave a sentence alone than ask an odd question.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from curate.generate import english

_WHEN = english.word_set("after before if unless until when whenever")
_ASKED_WITH = english.word_set("as from into with")  # what is it made from
_IDIOMS = english.word_set("if left long respect soon though well")  # as well, from left to right
_DEEDS = english.word_set(  # what somebody or something does, not how it comes about
    """called consumed created defined generated handled implemented invoked produced provided
    raised represented returned used"""
)
_WHERE = english.word_set("in inside on within")
_NO_PLACE = re.compile(
    r"(?:\S+ ){1,4}?(?:addition|behalf|case|fashion|form|manner|mode|order|terms|time|way)s?\b"
)
_UNCLEAR = english.word_set("another both either neither no one")
_UNCOUNTED = english.word_set("all any both each either more neither no none not one only some")
_ANY = english.word_set("a an any each every many most some")
_BARE_STATES = english.word_set(  # "if no argument is given": only its context tells of what
    """absent called defined empty encountered executed exhausted exist exists false found given met
    needed omitted possible present provided raised reached required specified successful supplied
    true used"""
)
# Of a call, unless they are but one name.
_ARGUMENTS = re.compile(r"(?<=\w)\([^()]{0,40}[^\w()][^()]{0,40}\)")
_ASIDE = re.compile(r" \([^()]{1,60}\)")
_CONDITION = re.compile(r"(If|When|Whenever) ([^,]{8,110}), (?:then )?(.{8,})")
_LONGEST = 400
_WIDEST = 9  # words of a subject


@dataclass(frozen=True)
class _Clause:
    """A sentence in parts, without adverbs: "a seed" + "is" + ("a", "small", "plant")."""

    subject: str
    plural: bool
    verb: str
    rest: Sequence[str]


def starter(sentence: str, passage: str = "", known: bool = False) -> str:
    """The first words of a question that `sentence` answers, or "" to leave it alone.

    `passage` tells names from words that have a capital only because the sentence starts there.
    Where it is `known` what the passage is about, "the subscript" says enough.
    """
    if len(sentence) > _LONGEST:
        return ""
    plain = _ASIDE.sub("", _ARGUMENTS.sub("()", sentence.rstrip(".")))
    tokens = english.tokens(plain)
    if not tokens:
        return ""
    if tokens[0] in ("If", "When", "Whenever"):
        return _condition(sentence, passage, known)
    clause = _clause(tokens, passage, known)
    return next(filter(None, (rule(clause) for rule in _RULES)), "") if clause else ""


def imperative(starter: str) -> str:
    """The same ask as an instruction where one comes easily, else `starter` itself.

    "What is a seed" → "Explain what a seed is"; "What happens if …" → "Describe what happens if …".
    """
    if starter.startswith("What happens "):
        return f"Describe what {starter[5:]}"
    word, _, rest = starter.partition(" ")
    verb, _, subject = rest.partition(" ")
    before, last = ["", "", *subject.split(" ")][-2:]
    open_end = before == "to" or last in english.PREPOSITIONS or english.is_participle(last)
    example = "example" in subject or "examples" in subject
    if word != "What" or verb not in english.BE or not subject or open_end or example:
        return starter
    return f"Explain what {subject} {verb}"


def _clause(tokens: Sequence[str], passage: str, known: bool) -> _Clause | None:
    """Find the verb and the subject before it; None where the subject is none to ask about."""
    for at, word in enumerate(tokens[: _WIDEST + 1]):
        if english.is_main_verb(tokens, at):
            subject = [word for word in tokens[:at] if word not in english.ADVERBS]
            plural = english.is_plural(subject)
            agrees = plural and word not in english.MODALS and not word.endswith("s")
            gerund = subject[0].endswith("ing") and not agrees
            if not _is_subject(subject, known) or (gerund and len(subject) > 1):
                return None  # of "slicing lists gives": that is no kind of lists
            name = english.lowered(subject, passage, plural=plural)
            rest = list(tokens[at + 1 :])
            while rest and rest[0] in english.ADVERBS:
                rest.pop(0)
            return _Clause(name, plural, word, rest)
        if word in english.BREAKS or word[-1] in ".,;:" or not re.search(r"\w|[\"`]", word):
            return None
    return None


def _is_subject(phrase: Sequence[str], known: bool) -> bool:
    """Whether a phrase is a plain noun phrase that says by itself what it means."""
    first, last = phrase[0].lower(), phrase[-1]
    if first in english.PREPOSITIONS or first in _UNCLEAR or first in english.BREAKS:
        return False
    second = phrase[1] if len(phrase) > 1 else ""
    if first in english.VERBS and (second in english.DETERMINERS or english.is_name(second)):
        return False  # "Use a key to …"
    if english.is_participle(first) and second in english.PREPOSITIONS | {"just"}:
        return False  # "Sent before the worker starts …"
    if last in english.PREPOSITIONS or last in english.JOINTS:
        return False
    for before, word in pairwise(phrase):
        led = before in english.PREPOSITIONS or before in english.JOINTS
        if word in english.DETERMINERS and not (led or before.lower() in english.DETERMINERS):
            return False  # an article after a word that must be a verb: "slicing gives a list …"
    if first in _ANY and len(phrase) == 2 and last in english.SHELLS:
        return False  # "an object", "each value": any of them, in no way told apart
    return english.speaks_for_itself(phrase, known)


def _condition(sentence: str, passage: str, known: bool) -> str:
    """Turn "If a cable is loose, it hums audibly." into "What happens if a cable is loose"."""
    match = _CONDITION.match(sentence)
    if not match:
        return ""
    word, condition, outcome = match.groups()
    tokens, then = english.tokens(condition), english.tokens(outcome.split(",")[0])
    if not all(any(map(english.may_be_verb, part[1:])) for part in (tokens, then)):
        return ""  # "If a, b or c is true, …": the comma ends no condition
    bare = tokens[0] in _UNCOUNTED or english.is_participle(tokens[0]) or tokens[-1] in _BARE_STATES
    if bare or tokens[0].endswith("ing") or then[0] == "be" or english.is_verb(then[0]):
        return ""
    if not english.speaks_for_itself(tokens, known):
        return ""
    return f"What happens {word.lower()} {english.lowered(tokens, passage)}"


def _copula(clause: _Clause) -> str:
    """Turn "Compost is a dark soil." into "What is compost"."""
    if clause.verb not in english.BE or len(clause.rest) < 2:
        return ""
    first, second = clause.rest[0], clause.rest[1]
    if second in ("case", "result", "same"):
        return ""
    kind = first in ("a", "an", "the", "one") or (first[0] in '"`“' and " of " in clause.subject)
    odd = first in english.PREPOSITIONS | english.BREAKS or english.is_participle(first)
    nouns = english.head([word.rstrip(",") for word in clause.rest[:5]])
    if kind or (clause.plural and not odd and any(map(english.ends_plural, nouns))):
        return f"What {clause.verb} {clause.subject}"
    return ""


def _passive(clause: _Clause) -> str:
    """Turn "A backup is made when it rains." into "When is a backup made"; "can be" likewise."""
    start, rest = f"{clause.verb} {clause.subject}", list(clause.rest)
    if clause.verb in english.MODALS and rest[:1] == ["be"]:
        start, rest = f"{start} be", rest[1:]
    elif clause.verb not in english.BE:
        return ""
    if rest and rest[0].endswith("ly"):
        rest = rest[1:]
    if len(rest) < 3 or not english.is_participle(rest[0]) or rest[0] == "attempted":
        return ""
    if rest[2] in english.PREPOSITIONS or rest[2] in english.JOINTS:
        return ""  # "filled in with", "compared within and across"
    return _ask(f"{start} {rest[0]}", rest[0], rest[1:])


def _ask(passive: str, participle: str, tail: Sequence[str]) -> str:
    """Ask for what follows a passive: "is X stored" and "in a box" give "Where is X stored"."""
    first, second, near = tail[0], tail[1], set(tail[:5])
    if participle == "used" and first in ("to", "for"):
        return f"What {passive} for"
    if first == "to":
        return _ask_to(passive, second)
    if first in _ASKED_WITH and second not in _IDIOMS:
        return f"What {passive} {first}"
    if first == "by" and participle in _DEEDS and not second.endswith("ing"):
        return f"What {passive} by"
    if first in ("by", "through", "using", "via"):
        return f"How {passive}"
    plain = first in english.PREPOSITIONS or first in _WHEN or first.endswith("ly")
    if plain and near & _WHEN and not near & {"that", "which", "and", "or"}:
        return f"When {passive}"
    if first in _WHERE and not _NO_PLACE.match(" ".join(tail)):
        return f"Where {passive}"
    return ""


def _ask_to(passive: str, second: str) -> str:
    """Turn "to a name" into "What is X bound to", "to keep food" into "What is X built to keep"."""
    if second in english.VERBS:
        return f"What {passive} to {second}"
    thing = second in english.DETERMINERS or english.is_name(second) or english.ends_plural(second)
    return f"What {passive} to" if thing else ""


def _action(clause: _Clause) -> str:
    """Turn "The lock stops thieves." into "What does the lock stop"; "may stop" into "What may"."""
    verb, rest, helper = english.lemma(clause.verb), clause.rest, "do" if clause.plural else "does"
    if clause.verb in english.MODALS and rest:
        verb, rest, helper = rest[0], rest[1:], clause.verb
    following = rest[0] if rest else ""
    if following and english.PARTICLES.get(verb) == following:
        return f"What {helper} {clause.subject} {verb} {following}"
    no_object = english.PREPOSITIONS | english.JOINTS | {"", "less", "more", "not"}
    if verb not in english.VERBS or following in no_object or following.endswith("ly"):
        return ""
    return f"What {helper} {clause.subject} {verb}"


_RULES: tuple[Callable[[_Clause], str], ...] = (_copula, _passive, _action)
