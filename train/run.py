"""A run folder: the fine-tuned model, and the record of how it came to be.

    runs/NAME-VERSION-BASE/
      model.safetensors config.json tokenizer.json …     loads with from_pretrained
      run.json                                           Record: the data, the options, the losses
      log.jsonl                                          one line a step
      README.md                                          the model card

run.json is written last, so a folder that has one holds a finished run.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict, dataclass, field
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

from train.config import TrainConfig
from train.errors import UsageError
from train.version import LeftOut, Version

RECORD = "run.json"
LOG = "log.jsonl"
SAME = ("save_every",)
"Options that a resumed run may change: they do not change what is learned."
PACKAGES = ("torch", "transformers", "tokenizers", "accelerate")


@dataclass(frozen=True)
class Dataset:
    """The version that was trained on. `digest` is that of its rows."""

    path: str
    name: str
    version: str
    digest: str


@dataclass(frozen=True)
class StepLoss:
    """Training loss of the first and the last step, per learned token."""

    first: float
    last: float


@dataclass(frozen=True)
class SplitLoss:
    """Loss on the test split before and after training, or None where there is no such split."""

    before: float | None
    after: float | None


@dataclass(frozen=True)
class Record:
    """All that is known of a run, as run.json holds it."""

    dataset: Dataset
    base: str
    "The folder of the base, or its Hub id."
    options: dict[str, Any]
    context: int
    "The longest row, in tokens: the option, or what the model can take if that is less."
    rows: dict[str, int]
    "Rows of each split that were used."
    left_out: list[LeftOut]
    tokens: dict[str, int]
    "In one pass over the training rows: `total`, `learned`; and in all steps: `learned_in_steps`."
    steps: int
    epochs: float
    loss: StepLoss
    test_loss: SplitLoss
    seconds: float
    device: str
    packages: dict[str, str]
    validation_loss: list[float] = field(default_factory=list)
    "Of the held-out training rows: before the first step, and after each epoch."
    flops: float = 0.0
    "Floating-point operations of all steps."
    packs: int = 0
    "Packs that the training rows make."


def describe(version: Version) -> Dataset:
    """What the record says of a version."""
    return Dataset(str(version.path), version.name, version.version, version.digest)


def is_first() -> bool:
    """Whether this is the only process of a run, or the first of several (torchrun says)."""
    return os.environ.get("RANK", "0") == "0"


def mark(version: Version, config: TrainConfig) -> dict[str, Any]:
    """What a run is of: a checkpoint is gone on from only by a run of the same."""
    options = {name: value for name, value in asdict(config).items() if name not in SAME}
    return {"dataset": version.name, "digest": version.digest, **options}


def check_mark(checkpoint: Path, wanted: dict[str, Any]) -> None:
    """Raise UsageError where a checkpoint is of another run, naming what differs."""
    found = json.loads((checkpoint / "whole.json").read_text(encoding="utf-8"))
    names = sorted({*found, *wanted})
    apart = [
        f"{name} was {found.get(name)!r} and is {wanted.get(name)!r}"
        for name in names
        if found.get(name) != wanted.get(name)
    ]
    if apart:
        raise UsageError(
            f"{checkpoint} is of another run: {', '.join(apart)}. "
            "Give the options it was begun with, or begin anew with --overwrite"
        )


def packages() -> dict[str, str]:
    """Versions of the packages that a result depends on."""
    return {name: installed(name) for name in PACKAGES}


def default_folder(version: Version, base: str) -> Path:
    """`runs/NAME-VERSION-BASE`, with the last part of the base's path or id."""
    folder = Path(base).expanduser()
    last = folder.resolve().name if folder.is_dir() else base.split("/")[-1].partition("@")[0]
    return Path("runs") / re.sub(r"[^\w.-]+", "-", f"{version.name}-{version.version}-{last}")


def write(folder: Path, record: Record) -> None:
    """Write run.json."""
    text = json.dumps(asdict(record), indent=2, ensure_ascii=False, allow_nan=False)
    (folder / RECORD).write_text(text + "\n", encoding="utf-8")


def read(folder: Path) -> Record:
    """Read run.json. Raises UsageError for a folder that holds no finished run."""
    path = folder / RECORD
    if not path.is_file():
        raise UsageError(
            f"{folder} is not a finished run: it lacks {RECORD}. "
            "Make one with: python -m train datasets/NAME/VERSION"
        )
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        data["dataset"] = Dataset(**data["dataset"])
        data["left_out"] = [LeftOut(**row) for row in data["left_out"]]
        data["loss"] = StepLoss(**data["loss"])
        data["test_loss"] = SplitLoss(**data["test_loss"])
        return Record(**data)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise UsageError(f"{path} is not the record of a run: {error}") from None
