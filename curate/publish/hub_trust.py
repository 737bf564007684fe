"""What a version that came from elsewhere may say: names that are names, rows that are its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from curate.errors import InputError

_SHAPES: dict[str, type] = {
    "name": str, "version": str, "created": str, "content_digest": str, "counts": dict,
    "recipe": dict, "models": list, "funnel": list, "files": dict,
}  # fmt: skip
_OWN = re.compile(r"(?:data|rejected|documents)/[A-Za-z0-9*_-]+\.parquet")
_FRONT = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)


def check_facts(facts: dict[str, Any], what: str) -> dict[str, Any]:
    """A manifest, if its values are what `show` and `verify` take them for. Raises InputError."""
    from curate.recipe import NAME

    for key, kind in _SHAPES.items():
        if not isinstance(facts.get(key), kind):
            raise InputError(f"manifest.json of {what} says {key} {facts.get(key)!r:.80}")
    if not NAME.fullmatch(facts["name"]):
        raise InputError(f"manifest.json of {what} names the dataset {facts['name']!r:.80}")
    if not all(isinstance(model, str) for model in facts["models"]):
        raise InputError(f"manifest.json of {what} names models that are no texts")
    if not all(isinstance(count, int) for count in facts["counts"].values()):
        raise InputError(f"manifest.json of {what} has counts that are no numbers")
    return facts


def check_card(path: Path, repo: str) -> None:
    """Raise InputError where a card leads `load_dataset` to other files than the version's own.

    `load_dataset` reads what the front matter of README.md names: with another path there, rows
    would be loaded that nothing has verified.
    """
    import yaml

    front = (
        _FRONT.match(path.read_text(encoding="utf-8", errors="replace")) if path.is_file() else None
    )
    try:
        said = yaml.safe_load(front[1]) if front else None
    except Exception as error:  # PyYAML lets errors of many kinds through
        raise InputError(f"README.md of {repo} has front matter that is no YAML") from error
    configs = said.get("configs") if isinstance(said, dict) else None
    for named in _paths(configs):
        if not isinstance(named, str) or not _OWN.fullmatch(named):
            raise InputError(f"README.md of {repo} names rows outside the version: {named!r:.80}")


def _paths(configs: Any) -> Iterator[Any]:
    """All that the configs of a card name as data files: a path, several, or those of splits."""
    for config in configs if isinstance(configs, list) else [configs] if configs else []:
        if not isinstance(config, dict):
            yield config
            continue
        if "data_dir" in config:
            yield config["data_dir"]
        data = config.get("data_files", [])
        for item in data if isinstance(data, list) else [data]:
            path = item.get("path") if isinstance(item, dict) else item
            yield from path if isinstance(path, list) else [path]
