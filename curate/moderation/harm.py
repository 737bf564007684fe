"""The local classifier of harm: acts and phrases in context. No model, no download, no learning.

Each sentence that holds words of harm is read by the rules of `harm_rules.yaml`. What a rule finds
counts in full where it is asked for ("how to", "write a", "I want to"), and for a part where it is
told ("the soldier was …"). Words of care, law, history, games and programming around it take most
of it away. Findings of a category add up as independent evidence, 1 - Π(1 - weight).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from curate.moderation.disguise import plain, revealed
from curate.moderation.harm_words import CATEGORIES, Rule, possible, rules

NOTHING = (0.0,) * len(CATEGORIES)
_TOLD = 0.35  # of a rule's weight, where nothing asks for what it found
_EASED = 0.25  # of it, in a context that is about something else, or against it
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n\s*\n|\n(?=\s*[-*#>|\d])")
_MARKS = " '\"-*>:,.0123456789)(#"
_PERSONAL = ("violence", "harassment", "hate", "self_harm", "sexual")  # what no process can suffer


def harm(instruction: str, output: str, *, disguised: bool = True) -> tuple[float, ...]:
    """How harmful a pair is, 0 to 1, for each of CATEGORIES.

    What is asked for and what is answered count alike; nothing does where the answer refuses.
    `disguised=False` where neither can hold words in disguise (`disguise.DISGUISED`).
    """
    asked, said = _text(plain(instruction), disguised), _text(plain(output), disguised)
    if asked is said is NOTHING or declines(output):
        return NOTHING
    return tuple(map(max, asked, said))


def declines(output: str) -> bool:
    """Whether an answer opens with a refusal or with help against harm, and keeps to it."""
    answer, contexts = plain(output), rules().contexts
    return bool(contexts["refuses"].match(answer)) and not contexts["complies"].search(answer)


def _text(text: str, disguised: bool) -> tuple[float, ...]:
    """The evidence of a plain text, by category."""
    if disguised:
        text = revealed(text, rules().open)
    if not possible(text):
        return NOTHING
    left = dict.fromkeys(CATEGORIES, 1.0)
    for sentence in _SENTENCE.split(text):
        if some := possible(sentence):
            for category, weight in _found(" ".join(sentence.split()), some):
                left[category] *= 1 - weight
    return tuple(1 - left[category] for category in CATEGORIES)


def _found(sentence: str, some: tuple[Rule, ...]) -> Iterator[tuple[str, float]]:
    """What rules find in a sentence: category, and weight in its context."""
    for rule in some:
        if match := rule.pattern.search(sentence):
            yield rule.category, rule.weight * _context(rule, match)


def _context(rule: Rule, match: re.Match[str]) -> float:
    """The share of a rule's weight that the words around it leave."""
    contexts, sentence = rules().contexts, match.string
    before, after = sentence[: match.start()], sentence[match.end() :]
    share = 1.0
    if rule.asked:
        asks = not before.strip(_MARKS) or contexts["asks"].search(before)
        if not asks and not contexts["how"].search(sentence[: match.end()]):
            share *= _TOLD
        if contexts["against"].search(before) or contexts["punished"].search(after):
            share *= _EASED
    technical = rule.asked and rule.category in _PERSONAL and contexts["technical"].search(sentence)
    if technical or contexts["play"].search(sentence):
        share *= _EASED
    return share
