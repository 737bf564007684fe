"""Fine-tune a small causal language model on a version folder, and ask it.

    from train import finetune
    model = finetune("datasets/python-reference/1.0.0", base="EleutherAI/pythia-70m")
    print(model("What does len return?"))

On the command line: `python -m train --help`. PyTorch is loaded at first use, not at import.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from train import place, run
from train.ask import Model
from train.config import configure
from train.errors import needs_extra
from train.version import read

__all__ = ["Model", "finetune"]


def _silent(_line: str) -> None:
    """Say nothing."""


def finetune(
    dataset: str | Path,
    *,
    out: str | Path | None = None,
    overwrite: bool = False,
    resume: bool = False,
    say: Callable[[str], None] = _silent,
    **options: Any,
) -> Model:
    """Fine-tune a model on a version folder; the result answers: `finetune(…)("question")`.

    `options` are the fields of TrainConfig. `out` is the run folder, `runs/NAME-VERSION-BASE`
    where not given. `resume` goes on with a run that was stopped there. `say` gets a line of text
    now and then. All that can be wrong is found out before PyTorch is loaded.
    """
    from train import hub

    version = read(dataset)
    config = configure(version.options, options)
    folder = Path(out) if out else run.default_folder(version, config.base)
    if run.is_first():
        place.check_free(folder, overwrite, resume)
    base = hub.find(config.base, config.tokenizer)
    if run.is_first():
        place.check_apart(folder, base)
    with needs_extra():
        from train import loop
    loop.train(version, config, base, folder, say if run.is_first() else _silent, resume)
    return Model(folder)
