"""What can go wrong in fine-tuning, as one tree. `cli` turns each into a message and an exit code.

    TrainError             1  the work failed
    ├── BaseModelError     1  the base model cannot be had: no Hub, no files, not a language model
    └── UsageError         2  a bad option, dataset or run folder: nothing was started
        └── MissingExtra      PyTorch or Transformers is not installed

Every message names the thing, its value and what to do about it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar


class TrainError(Exception):
    """Base of all errors meant for the user; `exit_code` is what the command ends with."""

    exit_code: ClassVar[int] = 1


class BaseModelError(TrainError):
    """The base model could not be reached, found or read."""


class UsageError(TrainError):
    """The user gave something that cannot work; nothing was started."""

    exit_code = 2


class MissingExtra(UsageError):
    """A library that training needs was not installed."""

    def __init__(self, library: str) -> None:
        super().__init__(
            f"{library} is not installed. Install it with: pip install 'curate-sft[train]'"
        )


@contextmanager
def needs_extra() -> Iterator[None]:
    """Around imports that need the extra `train`: raise MissingExtra where it is not installed."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name in ("torch", "transformers", "accelerate", "peft", "gguf"):
            raise MissingExtra(error.name) from error
        raise
