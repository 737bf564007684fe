"""Begin a run: all that can be wrong is found out before PyTorch is even loaded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from train import place, run
from train.ask import Model
from train.config import configure
from train.errors import needs_extra
from train.ranks import is_first
from train.version import read

Say = Callable[[str], None]


def silent(_line: str) -> None:
    """Say nothing."""


def finetune(
    dataset: str | Path,
    *,
    out: str | Path | None = None,
    overwrite: bool = False,
    say: Say = silent,
    **options: Any,
) -> Model:
    """Fine-tune a model on a version folder; the result answers: `finetune(…)("question")`.

    `options` are the fields of TrainConfig. `out` is the run folder, `runs/NAME-VERSION-BASE`
    where not given. `say` gets a line of text now and then.
    """
    from train import hub

    version = read(dataset)
    config = configure(version.options, options)
    folder = Path(out) if out else run.default_folder(version, config.base)
    if is_first():
        place.check_free(folder, overwrite)
    base = hub.find(config.base)
    if is_first():
        place.check_apart(folder, base)
    with needs_extra():
        from train import loop
    loop.train(version, config, base, folder, say if is_first() else silent)
    return Model(folder)
