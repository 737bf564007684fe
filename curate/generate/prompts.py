"""Prompt files: YAML with the texts of one task, `$name` where something is filled in.

    task: question
    two-step:
      ask: …$focus…$starter…     asks for one question about a sentence, given its first words
      ask-freely: …$focus…       the same where no first words are known
      answer: …$question…        asks for its answer
      examples:                  conversations to learn from, filled into `ask` and `answer`
        - {focus: …, starter: …, question: …, answer: …}
    json:
      system: …
      user: …$pairs…$passage…    asks for all pairs of a passage at once

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
from curate.yaml_file import NOT_YAML

_SHARED = {"topic", "heading", "passage"}
_TEXTS: dict[str, dict[str, set[str]]] = {
    "two-step": {
        "ask": {*_SHARED, "focus", "starter"},
        "ask-freely": {*_SHARED, "focus"},
        "answer": {*_SHARED, "focus", "question"},
    },
    "json": {"system": {"topic"}, "user": {*_SHARED, "pairs"}},
}
_REQUIRED = {"answer": "question", "user": "passage"}
_EXAMPLE = {"focus", "starter", "question", "answer"}


@dataclass(frozen=True)
class Prompt:
    """The texts of one protocol of one prompt file."""

    name: str
    task: str
    protocol: str
    texts: dict[str, str]
    examples: tuple[dict[str, str], ...] = ()

    @property
    def identity(self) -> str:
        """`NAME@DIGEST`: what the column `prompt` says. Changes with any word of the texts."""
        return f"{self.name}@{digest(self.protocol, self.task, self.texts, self.examples, size=8)}"

    def fill(self, text: str, values: dict[str, str]) -> str:
        """One text with its values filled in."""
        return Template(self.texts[text]).substitute(values).strip()

    def lesson(self, text: str, answer: str) -> list[Message]:
        """The examples as a conversation: `text` filled in with each, its field `answer` the reply.

        The same for every passage, so that a teacher that keeps prefixes pays for it once.
        """
        blank = dict.fromkeys(_SHARED, "")
        turns: list[Message] = []
        for example in self.examples:
            turns.append({"role": "user", "content": self.fill(text, {**blank, **example})})
            turns.append({"role": "assistant", "content": example[answer]})
        return turns


def load_prompt(name: str, protocol: str) -> Prompt:
    """A bundled prompt by name, or one by path. Raises InputError naming what is wrong with it."""
    path = Path(name)
    if path.suffix not in (".yaml", ".yml"):
        path = assets.folder("prompts") / f"{name}.yaml"
    if not path.is_file():
        raise InputError(f"there is no prompt {name!r}. {nearest(name, assets.names('prompts'))}")
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except NOT_YAML as error:
        raise InputError(f"{path} is not valid YAML: {error}") from error
    if not isinstance(data, dict) or not isinstance(data.get("task"), str):
        raise InputError(f"{path} has no `task:`")
    if not isinstance(data.get(protocol), dict):
        has = [known for known in _TEXTS if known in data]
        raise InputError(f"{path} has no protocol {protocol!r}; it has: {', '.join(has) or 'none'}")
    texts, examples = _texts(path, protocol, data[protocol]), _examples(path, data[protocol])
    return Prompt(path.stem, data["task"], protocol, texts, examples)


def _texts(path: Path, protocol: str, given: dict[str, Any]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for text, allowed in _TEXTS[protocol].items():
        wording = given.get(text)
        if not isinstance(wording, str) or not wording.strip():
            raise InputError(f"{path}: {protocol}.{text} is missing or not text")
        template = Template(wording)
        if not template.is_valid():
            raise InputError(f"{path}: {protocol}.{text} has a lone $; write $$ for a dollar sign")
        used = set(template.get_identifiers())
        if wrong := sorted(used - allowed):
            raise InputError(
                f"{path}: {protocol}.{text} has ${wrong[0]}, which is not filled in there. "
                f"Known: {', '.join('$' + name for name in sorted(allowed))}"
            )
        if (needed := _REQUIRED.get(text)) and needed not in used:
            raise InputError(f"{path}: {protocol}.{text} does not hold ${needed}")
        texts[text] = wording
    if unknown := sorted(set(map(str, given)) - set(_TEXTS[protocol]) - {"examples"}):
        raise InputError(f"{path}: unknown {protocol}.{unknown[0]}. " + nearest(unknown[0], texts))
    return texts


def _examples(path: Path, given: dict[str, Any]) -> tuple[dict[str, str], ...]:
    examples = given.get("examples") or []
    if not isinstance(examples, list):
        raise InputError(f"{path}: examples must be a list")
    for number, example in enumerate(examples, 1):
        named = isinstance(example, dict) and set(example) == _EXAMPLE
        if not named or not all(isinstance(text, str) for text in example.values()):
            raise InputError(
                f"{path}: example {number} must have exactly {', '.join(sorted(_EXAMPLE))}, as text"
            )
    return tuple(examples)
