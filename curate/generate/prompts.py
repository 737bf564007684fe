"""Prompt files: YAML with the texts of one task, `$name` where something is filled in.

    task: question
    two-step:
      passage: …$heading $passage…      opens the conversation
      ready: I have read the text.      the answer put into the teacher's mouth
      ask: [ … , … ]                    one per pair, in turn
      answer: $question
    json:
      system: …
      user: … $pairs … $passage …

A prompt may have either protocol or both.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

import yaml

from curate import assets
from curate.errors import InputError
from curate.registry import nearest
from curate.teachers.base import Message
from curate.text import digest

_TEXTS: dict[str, dict[str, set[str]]] = {
    "two-step": {
        "passage": {"topic", "heading", "passage"},
        "ready": {"topic"},
        "ask": {"topic", "heading", "focus"},
        "answer": {"topic", "question"},
    },
    "json": {"system": {"topic"}, "user": {"topic", "heading", "passage", "pairs"}},
}
_REQUIRED = {"passage", "question", "pairs"}


@dataclass(frozen=True)
class Prompt:
    """The texts of one protocol of one prompt file."""

    name: str
    task: str
    protocol: str
    texts: dict[str, list[str]]

    @property
    def identity(self) -> str:
        """`NAME@DIGEST`: what the column `prompt` says. Changes with any word of the texts."""
        return f"{self.name}@{digest(self.protocol, self.task, self.texts, size=8)}"

    def fill(self, text: str, turn: int = 0, **values: str) -> str:
        """One text with its values filled in; of several wordings, that of the turn."""
        wordings = self.texts[text]
        return Template(wordings[turn % len(wordings)]).substitute(values).strip()

    def conversation(self, passage: str, heading: str, topic: str) -> list[Message]:
        """The opening that all calls about one passage share."""
        opening = self.fill("passage", topic=topic, heading=heading, passage=passage)
        return [
            {"role": "user", "content": opening},
            {"role": "assistant", "content": self.fill("ready", topic=topic)},
        ]


def load_prompt(name: str, protocol: str) -> Prompt:
    """A bundled prompt by name, or one by path. Raises InputError naming what is wrong with it."""
    path = Path(name)
    if path.suffix not in (".yaml", ".yml"):
        path = assets.folder("prompts") / f"{name}.yaml"
    if not path.is_file():
        raise InputError(f"there is no prompt {name!r}. {nearest(name, assets.names('prompts'))}")
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not valid YAML: {error}") from error
    if not isinstance(data, dict) or not isinstance(data.get("task"), str):
        raise InputError(f"{path} has no `task:`")
    if not isinstance(data.get(protocol), dict):
        has = [known for known in _TEXTS if known in data]
        raise InputError(f"{path} has no protocol {protocol!r}; it has: {', '.join(has) or 'none'}")
    return Prompt(path.stem, data["task"], protocol, _texts(path, protocol, data[protocol]))


def _texts(path: Path, protocol: str, given: dict[str, Any]) -> dict[str, list[str]]:
    texts: dict[str, list[str]] = {}
    for text, allowed in _TEXTS[protocol].items():
        value = given.get(text)
        wordings: list[str] = value if isinstance(value, list) else [value or ""]
        if not value or not all(isinstance(item, str) for item in wordings):
            raise InputError(f"{path}: {protocol}.{text} is missing or not text")
        used = {name for wording in wordings for name in _names(path, text, wording)}
        if wrong := sorted(used - allowed):
            raise InputError(
                f"{path}: {protocol}.{text} has ${wrong[0]}, which is not filled in there. "
                f"Known: {', '.join('$' + name for name in sorted(allowed))}"
            )
        if missing := sorted(allowed & _REQUIRED - used):
            raise InputError(f"{path}: {protocol}.{text} does not hold ${missing[0]}")
        texts[text] = wordings
    if unknown := sorted(set(given) - set(_TEXTS[protocol])):
        raise InputError(f"{path}: unknown {protocol}.{unknown[0]}. " + nearest(unknown[0], texts))
    return texts


def _names(path: Path, text: str, wording: str) -> list[str]:
    template = Template(wording)
    if not template.is_valid():
        raise InputError(f"{path}: {text} has a lone $; write $$ for a dollar sign")
    return template.get_identifiers()
