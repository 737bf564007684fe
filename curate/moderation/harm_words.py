"""The rules of `harm_rules.yaml`, compiled, and which of them a text can match at all.

The six categories are those of OpenAI's moderation endpoint, folded: `illicit` with
`illicit/violent`, `sexual` with `sexual/minors`, and the threatening and graphic forms with theirs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml

CATEGORIES = ("violence", "sexual", "hate", "self_harm", "illicit", "harassment")
_WORD = re.compile(r"[a-z0-9]+")
_LIST = re.compile(r"<([a-z_]+)>")
Pattern = re.Pattern[str]


@dataclass(frozen=True)
class Rule:
    """A wording of harm. `words`: for each group of words that must be there, a bit of the mask."""

    category: str
    weight: float
    asked: bool
    words: int
    pattern: Pattern


@dataclass
class Words:
    """The groups of words that rules look for, as bits: whole words, and beginnings of words."""

    whole: dict[str, int] = field(default_factory=dict)
    begins: dict[str, dict[str, int]] = field(default_factory=dict)  # by their first two letters
    rarest: set[str] = field(default_factory=set)
    bits: int = 0

    def add(self, groups: list[str]) -> int:
        """The mask of some groups, of which the first is the rarest in ordinary text."""
        mask = 0
        for number, group in enumerate(groups):
            bit = 1 << self.bits
            self.bits += 1
            mask |= bit
            for stem in group.split():
                word = stem.rstrip("$")
                place = self.whole if word != stem else self.begins.setdefault(word[:2], {})
                place[word] = place.get(word, 0) | bit
            if number == 0:
                self.rarest.update(group.split())
        return mask


@dataclass(frozen=True)
class Rules:
    """All rules, the contexts they are read in, and the words they look for."""

    all: tuple[Rule, ...]
    contexts: dict[str, Pattern]
    open: frozenset[str]
    words: Words

    @property
    def suspect(self) -> str:
        """What a text must hold for any rule to match, in the dialect of Rust."""
        stems = sorted(stem.replace("$", r"(?-u:\b)") for stem in self.words.rarest)
        return rf"(?i)(?-u:\b)(?:{'|'.join(stems)})"


@cache
def rules() -> Rules:
    """The rules, read once."""
    text = Path(__file__).with_name("harm_rules.yaml").read_text(encoding="utf-8")
    given = yaml.safe_load(text)
    lists: dict[str, str] = {}
    for name, form in given["lists"].items():
        lists[name] = _filled(_joined(form), lists)
    words = Words()
    made = tuple(
        Rule(
            one["category"],
            one["weight"],
            one["asked"],
            words.add([_filled(group, given["stems"]) for group in one["words"]]),
            re.compile(_filled(_joined(one["wording"]), lists)),
        )
        for one in given["rules"]
    )
    contexts = {
        name: re.compile(_joined(form), re.MULTILINE) for name, form in given["contexts"].items()
    }
    return Rules(made, contexts, frozenset(given["open"].split()), words)


def _joined(form: str) -> str:
    return "".join(form.split()).replace("␣", " ")


def _filled(form: str, lists: dict[str, Any]) -> str:
    return _LIST.sub(lambda match: lists[match[1]], form)


_LONG = 100  # letters of a word that are looked at, and remembered: no rule has a longer one


@lru_cache(maxsize=200_000)
def _word(word: str) -> int:
    """The bits of the groups that a word belongs to."""
    words = rules().words
    mask = words.whole.get(word, 0)
    for stem, bits in words.begins.get(word[:2], {}).items():
        if word.startswith(stem):
            mask |= bits
    return mask


@lru_cache(maxsize=50_000)
def _possible(mask: int) -> tuple[Rule, ...]:
    return tuple(rule for rule in rules().all if mask & rule.words == rule.words)


def possible(text: str) -> tuple[Rule, ...]:
    """The rules whose words a plain text holds; mostly none."""
    mask = 0
    for bits in set(map(_word, {word[:_LONG] for word in _WORD.findall(text)})):
        mask |= bits
    return _possible(mask)
