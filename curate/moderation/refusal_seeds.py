"""The seeds of refusals: questions to turn down and ways to do so, from `prompts/seeds`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import product
from string import Template
from typing import Any

import yaml

from curate import assets
from curate.text import digest

SORTS = ("far", "near", "talk", "unsafe", "rules")
"""Far off topic, a neighbouring subject, small talk, unsafe, attempts to change the rules."""

_SLOT = re.compile(r"\$(\w+)")


@dataclass(frozen=True)
class Seed:
    """One question with slots, what they can be filled with, and the manner of its answers."""

    text: str
    slots: dict[str, list[str]]
    manner: str

    @property
    def key(self) -> str:
        """A short name that stays the same as other seeds come and go."""
        return digest(self.text, size=8)

    def fillings(self) -> list[str]:
        """Every question that the seed stands for, always in the same order."""
        names = list(dict.fromkeys(_SLOT.findall(self.text)))
        found = [
            Template(self.text).substitute(dict(zip(names, words, strict=True)))
            for words in product(*(self.slots[name] for name in names))
        ]
        return sorted(found, key=digest)


@dataclass(frozen=True)
class Seeds:
    """All of the file: seeds by field and by sort, and the wordings."""

    shares: dict[str, int]
    fields: dict[str, tuple[Seed, ...]]
    sorts: dict[str, tuple[Seed, ...]]
    frames: dict[str, tuple[str, ...]]
    answers: dict[str, tuple[str, ...]]
    follow: tuple[str, ...]
    nothing: str
    identity: str


@cache
def load_seeds() -> Seeds:
    """The bundled seeds."""
    text = (assets.folder("prompts") / "seeds" / "refusals.yaml").read_text(encoding="utf-8")
    data: dict[str, Any] = yaml.safe_load(text)
    slots = data["slots"]

    def seeds(texts: list[str], manner: str) -> tuple[Seed, ...]:
        return tuple(Seed(each, slots, manner) for each in texts)

    return Seeds(
        shares={sort: data["shares"][sort] for sort in SORTS},
        fields={name: seeds(texts, "field") for name, texts in data["fields"].items()},
        sorts={
            "talk": seeds(data["greet"], "greet") + seeds(data["talk"], "talk"),
            "unsafe": seeds(data["unsafe"], "unsafe"),
            "rules": seeds(data["rules"], "rules"),
        },
        frames={name: tuple(texts) for name, texts in data["frames"].items()},
        answers={name: tuple(texts) for name, texts in data["answers"].items()},
        follow=tuple(data["follow"]),
        nothing=data["nothing"],
        identity=f"refusals@{digest(data, size=8)}",
    )
