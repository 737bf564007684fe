"""The metadata above a card: https://github.com/huggingface/hub-docs/blob/main/datasetcard.md."""

from __future__ import annotations

import re
from typing import Any

from curate.publish.licences import metadata
from curate.publish.markup import plain

_SIZES = (
    (1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"), (100_000_000, "10M<n<100M"),
)  # fmt: skip
_LANGUAGE = re.compile(r"[a-z]{2,3}|multilingual")
_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+", re.ASCII)


def front_matter(facts: dict[str, Any]) -> str:
    """YAML without its `---` lines, from a manifest. No text of a document is in it."""
    from huggingface_hub import DatasetCardData

    publish, counts = facts["recipe"]["publish"], facts["counts"]
    size = next((name for bound, name in _SIZES if counts["live"] < bound), "100M<n<1B")
    language = publish["language"].lower()
    licence: dict[str, Any] = metadata(publish["licence"])
    data = DatasetCardData(
        language=[language] if _LANGUAGE.fullmatch(language) else None,
        **licence,
        pretty_name=f"{plain(facts['name'])} {facts['version']}",
        size_categories=[size],
        annotations_creators=["machine-generated"],
        language_creators=["machine-generated"],
        source_datasets=[_origin(facts["recipe"]["source"])],
        task_categories=["text-generation", "question-answering"],
        tags=["synthetic", "instruction-tuning", "alpaca", "curate"],
        configs=_configs(counts, facts["content_digest"]),
    )
    return str(data.to_yaml()).strip()


def _origin(source: dict[str, Any]) -> str:
    """The dataset of the Hub that the documents are from, else `original`."""
    path = str(source.get("dataset", {}).get("path", ""))
    return path if _REPOSITORY.fullmatch(path) else "original"


def _configs(counts: dict[str, int], digest: str) -> list[dict[str, Any]]:
    """What `load_dataset` and the Hub's viewer offer: the rows, and those that were rejected."""
    # `load_dataset` fails as a whole on a split without rows, so an empty one is not named.
    sides = [side for side in ("train", "test") if counts[side]]
    splits = [{"split": side, "path": f"data/{side}-*.parquet"} for side in sides]
    # The cache of `datasets` tells local folders apart by name and configs alone, not by files:
    # without the digest, 0.1.0 of one dataset would be loaded as 0.1.0 of another.
    mark = {"description": f"content {digest}"}
    configs = [{"config_name": "default", "data_files": splits, "default": True, **mark}]
    if counts["rejected"]:
        rejected = [{"split": "train", "path": "rejected/rejected-*.parquet"}]
        configs.append({"config_name": "rejected", "data_files": rejected, **mark})
    return configs
