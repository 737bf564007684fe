"""The benchmarks that have a name here: where each is on the Hugging Face Hub.

Only the splits that models are evaluated on count. No code of a dataset is run.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from curate.errors import InputError

HUB: dict[str, list[tuple[str, str | None]]] = {
    "arc": [("allenai/ai2_arc", "ARC-Easy"), ("allenai/ai2_arc", "ARC-Challenge")],
    "mmlu": [("cais/mmlu", "all")],
    "hellaswag": [("Rowan/hellaswag", None)],
    "truthfulqa": [("truthfulqa/truthful_qa", "multiple_choice")],
    "piqa": [("baber/piqa", None)],  # ybisk/piqa is a script, which `datasets` does not run
    "lambada": [("EleutherAI/lambada_openai", "default")],
    "gsm8k": [("openai/gsm8k", "main")],
}
"""Name → datasets and configurations."""

_SPLITS = ("validation", "test")


def splits(name: str) -> Iterator[tuple[str, Iterator[dict[str, Any]]]]:
    """Name and records of each split of a benchmark: `arc/ARC-Easy/test`.

    Raises InputError where the Hub cannot be reached, and it is not in the cache either.
    """
    for path, config in HUB[name]:
        loaded = _loaded(name, path, config)
        known = [split for split in _SPLITS if split in loaded]
        if not known:
            raise InputError(f"The benchmark {name} ({path}) has none of: {', '.join(_SPLITS)}")
        part = f"/{config}" if len(HUB[name]) > 1 else ""
        for split in known:
            yield f"{name}{part}/{split}", _records(loaded[split], name)


def _records(rows: Any, name: str) -> Iterator[dict[str, Any]]:
    """Records of a split. LAMBADA has its context and continuation as one text there."""
    for row in rows:
        yield {"context": row["text"], "continuation": None} if name == "lambada" else row


def _loaded(name: str, path: str, config: str | None) -> Mapping[str, Any]:
    import datasets

    if not sys.stderr.isatty():
        datasets.disable_progress_bars()
    try:
        return load(path, config)
    except Exception as error:  # the library raises OSError, ValueError, RuntimeError and its own
        what = " ".join(str(error).split())[:300]
        raise InputError(
            f"The benchmark {name} ({path}) is not reachable on the Hub: {what} "
            "A file or folder with its items can be given instead."
        ) from error


def load(path: str, config: str | None) -> Mapping[str, Any]:
    """All splits of a dataset of the Hub, or of the cache."""
    from datasets import load_dataset

    loaded: Mapping[str, Any] = load_dataset(path, config)
    return loaded
