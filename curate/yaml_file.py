"""Read a YAML file so that a problem in it can be pointed at: key path → line.

PyYAML keeps the last of two equal keys without a word; here that is a problem.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from curate.errors import Problem, RecipeError, UsageError

NOT_YAML = (yaml.YAMLError, ValueError, KeyError, RecursionError)
"""What PyYAML raises for text that it cannot read: its own errors, and those of `int`, `date`, …"""


@dataclass
class Document:
    """A parsed file: its data, the line of each key path, and what is wrong with it."""

    where: str
    data: dict[str, Any]
    lines: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def place(self, key: str) -> str:
        """`file:line` of a key path, or of the nearest path above it that is in the file."""
        while key and key not in self.lines:
            key = key[: max(key.rfind("."), key.rfind("["), 0)]
        return f"{self.where}:{self.lines[key]}" if key else self.where


def parse(text: str, where: str) -> Document:
    """Parse YAML text. Raises RecipeError where it is not YAML or not a mapping."""
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, yaml.SafeLoader)):
            raise RecipeError([Problem(where, "", "aliases (*name) are not for recipes")])
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except NOT_YAML as error:
        mark = getattr(error, "problem_mark", None)
        spot = f"{where}:{mark.line + 1}" if mark else where
        what = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise RecipeError([Problem(spot, "", f"not valid YAML: {what[:200]}")]) from error
    if not isinstance(data, dict) or root is None:
        raise RecipeError([Problem(where, "", "expected a mapping such as `name: my-dataset`")])
    document = Document(where, data)
    for key, line, repeated in _walk(root, ""):
        if repeated:
            document.problems.append(
                Problem(
                    f"{where}:{line}", key, f"stands twice, first in line {document.lines[key]}"
                )
            )
        document.lines.setdefault(key, line)
    return document


def _walk(node: yaml.Node, path: str) -> Iterator[tuple[str, int, bool]]:
    """Every key path below a node, with its line (from 1) and whether it repeats a sibling."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            inner = f"{path}.{key.value}" if path else str(key.value)
            yield inner, key.start_mark.line + 1, inner in seen
            seen.add(inner)
            yield from _walk(value, inner)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            inner = f"{path}[{index}]"
            yield inner, value.start_mark.line + 1, False
            yield from _walk(value, inner)


def replace(document: Document, override: str) -> None:
    """Set `key.path=value` in a document; the value is YAML.

    An item of a list is named by its own single key: `filters.quality.min=0.8`.
    Raises UsageError where it has no `=`.
    """
    path, equals, text = override.partition("=")
    if not equals or not path.strip():
        raise UsageError(f"--set {override!r}: expected KEY.PATH=VALUE, as in generate.pairs=3")
    *parents, last = path.strip().split(".")
    target: Any = document.data
    for name in parents:
        target = _step(target, name)
    try:
        value = yaml.safe_load(text)
    except NOT_YAML as error:
        raise UsageError(f"--set {override!r}: the value is not valid YAML") from error
    if isinstance(target, list):
        raise UsageError(f"--set {override!r}: name an option of an item, as in {last}.min=0.8")
    target[last] = value


def _step(target: Any, name: str) -> Any:
    """The mapping under `name`, made where there is none."""
    if isinstance(target, list):
        for item in target:
            if isinstance(item, dict) and name in item:
                return _inner(item, name)
        target.append({name: {}})
        return target[-1][name]
    return _inner(target, name)


def _inner(target: dict[str, Any], name: str) -> Any:
    if not isinstance(target.get(name), dict | list):
        target[name] = [] if name == "filters" else {}
    return target[name]
