"""The options of a training run: each one declared here once, with its default and its meaning.

The command line, the `train:` section of a recipe, run.json and the docs all read these fields.
What the command line gives goes before the recipe, the recipe before the defaults.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass as plain_dataclass
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.dataclasses import dataclass

from train.errors import UsageError

MAX_NEW_TOKENS = 256
"The longest answer, in tokens, where nothing else is asked for."


def _text_of_path(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else value


@dataclass(
    frozen=True,
    kw_only=True,
    config=ConfigDict(
        extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    ),
)
class TrainConfig:
    """How to fine-tune. Every option has a default that suits a small model and few rows."""

    base: Annotated[str, Field(min_length=1), BeforeValidator(_text_of_path)] = (
        "EleutherAI/pythia-70m"
    )
    """Model to start from: a folder, or an id on the Hugging Face Hub."""

    epochs: Annotated[float, Field(gt=0, strict=False)] = 3.0
    """Passes over the training rows."""

    max_steps: Annotated[int, Field(ge=1)] | None = None
    """Stop after so many steps, whatever the epochs say."""

    pack_length: Annotated[int, Field(ge=0)] = 1024
    """Tokens of the rows that are packed together. With 0 nothing is packed: a pack is a row."""

    batch_size: Annotated[int, Field(ge=1, le=2**31)] = 1
    """Packs that are computed together on one device."""

    accumulate: Annotated[int, Field(ge=1)] = 1
    """Batches that make up one step."""

    # YAML 1.1 reads 5e-5, with no dot in it, as a string: so not strict
    learning_rate: Annotated[float, Field(gt=0, strict=False)] = 1e-4
    """Highest learning rate of the schedule; with LoRA, ten times as much suits."""

    schedule: Literal["cosine", "linear", "constant"] = "cosine"
    """How the learning rate goes on after the warmup: down to nothing, or on as it is."""

    warmup: Annotated[float, Field(ge=0, lt=1, strict=False)] = 0.1
    """Share of the steps in which the learning rate rises to its highest."""

    weight_decay: Annotated[float, Field(ge=0, strict=False)] = 0.0
    """Weight decay of AdamW."""

    context: Annotated[int, Field(ge=8)] = 2048
    """Longest row in tokens, or what the model can take if less. Longer ones are left out."""

    lora: Annotated[int, Field(ge=1)] | None = None
    """Train low-rank additions of this rank to the attention's weights, instead of all weights."""

    documents_epochs: Annotated[float, Field(ge=0, strict=False)] = 0.0
    """Passes over the documents behind the training rows, before the rows."""

    patience: Annotated[int, Field(ge=1)] | None = None
    """Stop when held-out training rows got no better for so many epochs; keep the best epoch."""

    save_every: Annotated[int, Field(ge=1)] | None = None
    """Steps between checkpoints, for --resume. Not given: one every five minutes."""

    compile: bool = False
    """Compile the model with torch.compile: minutes at first, faster steps on a GPU."""

    tokenizer: str | None = None
    """The tokenizer.json that a base random:NAME is given."""

    checkpointing: bool = False
    """Compute activations again instead of keeping them: less memory, about a fifth slower."""

    # NumPy takes no larger one
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    """Seed of the order of rows and of dropout."""


@plain_dataclass(frozen=True)
class Option:
    """One option as the command line needs it. `kind` is int, float, bool, str or its choices."""

    name: str
    kind: type | tuple[str, ...]
    meaning: str
    default: Any


def options() -> Iterator[Option]:
    """The options of TrainConfig, in order."""
    fields: dict[str, Any] = TrainConfig.__pydantic_fields__  # type: ignore[attr-defined]
    for name, field in fields.items():
        yield Option(name, _kind(field.annotation), field.description, field.default)


def _kind(annotation: Any) -> type | tuple[str, ...]:
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    if get_origin(annotation) is Annotated:
        return _kind(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return _kind(next(kind for kind in get_args(annotation) if kind is not type(None)))
    if not isinstance(annotation, type):
        raise TypeError(f"an option cannot be of type {annotation}")
    return annotation


def configure(recipe: Mapping[str, Any], given: Mapping[str, Any]) -> TrainConfig:
    """The defaults, overridden by a recipe's `train:` section, overridden by what was given.

    Raises UsageError with every problem, each with where the value came from.
    """
    try:
        return TrainConfig(**{**recipe, **given})
    except ValidationError as error:
        problems = [_problem(one, given) for one in error.errors()]
        raise UsageError("\n".join(problems)) from None


def _problem(error: Any, given: Mapping[str, Any]) -> str:
    name = str(error["loc"][0])
    where = f"--{name.replace('_', '-')}" if name in given else f"recipe.yaml: train.{name}"
    if error["type"] == "unexpected_keyword_argument":
        known = [option.name for option in options()]
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(known)}"
        return f"{where}: there is no such option. {hint}"
    wanted = error["msg"].removeprefix("Input ")
    return f"{where}: {error['input']!r} {wanted}"
