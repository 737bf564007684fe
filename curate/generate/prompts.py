"""Prompt files: YAML with the texts of one task, `$name` where something is filled in.

    task: question
    input: share               which rows carry an `input`: a `share` of them, set by the recipe, or
                               each the `excerpt` that it is about
    two-step:                  for small models
      ask: …$focus…$starter…     asks for one question about a sentence, given its first words
      ask-freely: …$focus…       the same where no first words are known
      answer: …$question…        asks for its answer
      examples:                  conversations to learn from, filled into `ask` and `answer`
        - {focus: …, starter: …, question: …, answer: …}
    json:                      for capable models
      system: …
      user: …$pairs…$passage…    asks for all pairs of a passage at once

A task that needs no question, such as extraction, has in place of `ask` and `ask-freely` a list:

      instructions: [List the keywords of this text., …]

One of them is the `$question`, the passage is the `$focus`, and each row carries the passage as its
input, since such an instruction does not name its subject. A file may have either protocol.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from string import Template
from typing import Any, Literal

import yaml

from curate import assets
from curate.errors import InputError
from curate.generate.options import Generate
from curate.generate.seeds import Seed, load_seeds
from curate.registry import nearest
from curate.teachers.base import Message
from curate.text import digest
from curate.yaml_file import NOT_YAML

_SHARED = {"topic", "heading", "passage"}
_ASK = {
    "ask": {*_SHARED, "focus", "starter"},
    "ask-freely": {*_SHARED, "focus"},
}
_ANSWER = {"answer": {*_SHARED, "focus", "question"}}
_JSON = {"system": {"topic", "words"}, "user": {*_SHARED, "pairs", "words"}}
_PROTOCOLS = ("two-step", "json")
_REQUIRED = {"answer": "question", "user": "passage"}
_INPUTS = ("share", "excerpt")


@dataclass(frozen=True)
class Prompt:
    """The texts of one protocol of one prompt file."""

    name: str
    task: str
    protocol: str
    texts: dict[str, str]
    examples: tuple[dict[str, str], ...] = ()
    instructions: tuple[str, ...] = ()
    input: Literal["share", "excerpt"] = "share"
    seeds: tuple[Seed, ...] = ()

    @cached_property
    def identity(self) -> str:
        """`NAME@DIGEST`: what the column `prompt` says. Changes with any word of the texts."""
        shaped = (self.protocol, self.task, self.texts, self.examples)
        further = (self.instructions, self.input, [vars(seed) for seed in self.seeds])
        return f"{self.name}@{digest(*shaped, *further, size=8)}"

    def fill(self, text: str, values: dict[str, str]) -> str:
        """One text with its values filled in."""
        return Template(self.texts[text]).substitute(values).strip()

    def instruction(self, number: int, values: dict[str, str]) -> str:
        """One of the instructions, counted round and round, with `$topic` and `$heading` filled."""
        wording = self.instructions[number % len(self.instructions)]
        return Template(wording).substitute(values).strip()

    def lesson(self, text: str, answer: str) -> list[Message]:
        """The examples as a conversation: `text` filled in with each, its field `answer` the reply.

        The same for every passage, so that a teacher that keeps prefixes pays for it once. Seeds
        come last, where they weigh most.
        """
        turns: list[Message] = []
        for example in (*self.examples, *(seed.example() for seed in self.seeds)):
            values = {**dict.fromkeys(_SHARED, ""), **example}
            turns.append({"role": "user", "content": self.fill(text, values)})
            turns.append({"role": "assistant", "content": example[answer]})
        return turns


def named(prompts: tuple[Prompt, ...]) -> str:
    """What the manifest says of some prompts."""
    return ", ".join(prompt.identity for prompt in prompts)


def load_prompts(options: Generate) -> tuple[Prompt, ...]:
    """The prompts that a recipe names, with its seeds. Raises InputError."""
    names = [options.prompt] if isinstance(options.prompt, str) else options.prompt
    if not names or len(set(names)) < len(names):
        raise InputError(f"{names!r} is not a list of different prompts")
    seeds = load_seeds(options.seeds, options.protocol) if options.seeds else ()
    prompts = tuple(load_prompt(name, options.protocol, seeds) for name in names)
    if len({prompt.identity.partition("@")[2] for prompt in prompts}) < len(prompts):
        raise InputError(f"two of the prompts {', '.join(names)} are the same: each would be paid")
    if seeds and not any(prompt.seeds for prompt in prompts):
        raise InputError(
            f"{options.seeds}: none of its pairs can be an example of {named(prompts)}: two-step "
            "takes seeds without `input`, and a prompt that lists its own instructions takes none"
        )
    return prompts


def load_prompt(name: str, protocol: str, seeds: tuple[Seed, ...] = ()) -> Prompt:
    """A bundled prompt by name, or one by path, with those seeds that are of its kind.

    Raises InputError naming what is wrong with it.
    """
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
        has = [known for known in _PROTOCOLS if known in data]
        raise InputError(f"{path} has no protocol {protocol!r}; it has: {', '.join(has) or 'none'}")
    if data.setdefault("input", "share") not in _INPUTS:
        raise InputError(f"{path}: input is {data['input']!r}; expected {' or '.join(_INPUTS)}")
    prompt = _read(path, data, protocol)
    return replace(prompt, seeds=_fitting(prompt, seeds))


def _fitting(prompt: Prompt, seeds: tuple[Seed, ...]) -> tuple[Seed, ...]:
    """Seeds whose style the teacher can follow: of the prompt's kind, or in JSON any."""
    alike = tuple(seed for seed in seeds if bool(seed.input) == (prompt.input == "excerpt"))
    if prompt.protocol == "json":
        return alike or seeds
    return () if prompt.instructions else alike


def _read(path: Path, data: dict[str, Any], protocol: str) -> Prompt:
    given = data[protocol]
    instructions = _instructions(path, given)
    wanted = _JSON if protocol == "json" else {**({} if instructions else _ASK), **_ANSWER}
    lists = {"examples", "instructions"} if protocol == "two-step" else set()
    if unknown := sorted(set(map(str, given)) - set(wanted) - lists):
        known = {*wanted, *lists}
        raise InputError(f"{path}: unknown {protocol}.{unknown[0]}. {nearest(unknown[0], known)}")
    texts = {
        text: _text(path, f"{protocol}.{text}", given.get(text), allowed, _REQUIRED.get(text))
        for text, allowed in wanted.items()
    }
    keys = {"focus", "question", "answer"} | (set() if instructions else {"starter"})
    examples = _examples(path, given, keys)
    carried: Literal["share", "excerpt"] = "excerpt" if instructions else data["input"]
    return Prompt(path.stem, data["task"], protocol, texts, examples, instructions, carried)


def _text(path: Path, key: str, wording: Any, allowed: set[str], needed: str | None = None) -> str:
    if not isinstance(wording, str) or not wording.strip():
        raise InputError(f"{path}: {key} is missing or not text")
    template = Template(wording)
    if not template.is_valid():
        raise InputError(f"{path}: {key} has a lone $; write $$ for a dollar sign")
    used = set(template.get_identifiers())
    if wrong := sorted(used - allowed):
        raise InputError(
            f"{path}: {key} has ${wrong[0]}, which is not filled in there. "
            f"Known: {', '.join('$' + name for name in sorted(allowed))}"
        )
    if needed and needed not in used:
        raise InputError(f"{path}: {key} does not hold ${needed}")
    return wording


def _instructions(path: Path, given: dict[str, Any]) -> tuple[str, ...]:
    found = given.get("instructions") or []
    if not isinstance(found, list):
        raise InputError(f"{path}: instructions must be a list")
    return tuple(
        _text(path, f"instruction {number}", wording, {"topic", "heading"})
        for number, wording in enumerate(found, 1)
    )


def _examples(path: Path, given: dict[str, Any], keys: set[str]) -> tuple[dict[str, str], ...]:
    examples = given.get("examples") or []
    if not isinstance(examples, list):
        raise InputError(f"{path}: examples must be a list")
    for number, example in enumerate(examples, 1):
        named = isinstance(example, dict) and set(example) == keys
        if not named or not all(isinstance(text, str) for text in example.values()):
            raise InputError(
                f"{path}: example {number} must have exactly {', '.join(sorted(keys))}, as text"
            )
    return tuple(examples)
