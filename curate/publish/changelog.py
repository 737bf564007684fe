"""CHANGELOG.md of a version: what changed since its parent, above what its parent says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from curate.publish.markup import code, escape

FILE = "CHANGELOG.md"
_SHOWN = 200  # characters of a value


def changelog(facts: dict[str, Any], parent: Path | None) -> str:
    """The whole history, newest version first, from a manifest and its parent's folder."""
    return f"# Changes of {escape(facts['name'])}\n\n{entry(facts)}{_before(parent)}"


def entry(facts: dict[str, Any]) -> str:
    """One version's part."""
    lines = "".join(f"- {line}\n" for line in _lines(facts["changes"]))
    return f"## {facts['version']} ({facts['created'][:10]})\n\n{lines}"


def _lines(changes: dict[str, Any]) -> Iterator[str]:
    if changes["parent"] is None:
        yield f"First version: {changes['added']} rows."
        return
    told = {
        "changed": "with another text",
        "moved": "moved between splits",
        "rescored": "measured anew",
    }
    further = [f"{changes[key]} {words}" for key, words in told.items() if changes[key]]
    rows = [f"{changes['added']} rows added", f"{changes['removed']} removed", *further]
    yield f"{changes['bump']}, since {changes['parent']}: {', '.join(rows)}."
    for reason, count in changes["reasons"].items():
        yield f"{count} removed: {escape(reason)}."
    for what, names in changes["schema"].items():
        if names:
            yield f"Columns {what}: {', '.join(escape(name) for name in names)}."
    for change in changes["recipe"]:
        before, after = (_shown(change[key]) for key in ("before", "after"))
        yield f"Recipe, {code(change['option'])}: {before} → {after}."
    if changes["card"]:
        yield f"Card: {', '.join(escape(name) for name in changes['card'])}."


def _shown(value: Any) -> str:
    if value is None:
        return "unset"
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return escape(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…") or "empty"


def _before(parent: Path | None) -> str:
    """The parent's entries; nothing where it has none."""
    path = parent / FILE if parent else None
    if path is None or not path.is_file():
        return ""
    text = path.read_text(encoding="utf-8", errors="replace")
    start = text.find("\n## ")
    return text[start:] if start >= 0 else ""
