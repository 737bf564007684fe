"""How an option is declared: once, as a dataclass field with a docstring below it.

    @options
    class Dedup:
        threshold: Annotated[float, Field(ge=0, le=1)] = 0.8
        "Jaccard similarity at which two rows count as near-duplicates."

Validation, `curate ls`, the manifest and the reference in the docs all read that field.
"""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar, cast, dataclass_transform

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

T = TypeVar("T")

_CONFIG = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(Field,))
def options(cls: type[T]) -> type[T]:
    """Make `cls` a frozen, keyword-only dataclass that checks types and bounds of its fields."""
    made: Any = dataclass(frozen=True, kw_only=True, config=_CONFIG)(cls)
    return cast("type[T]", made)


@dataclasses.dataclass(frozen=True)
class Option:
    """One option as shown to the user. `default` is its YAML text, or "" where it is required."""

    name: str
    type: str
    default: str
    meaning: str


def describe(cls: type) -> list[Option]:
    """The options of a class made by `options`, in the order of its fields."""
    fields: dict[str, Any] = getattr(cls, "__pydantic_fields__", {})  # a class without options
    return [_option(cls, name, info) for name, info in fields.items()]


def _option(cls: type, name: str, info: Any) -> Option:
    parents = (getattr(base, "__pydantic_fields__", {}).get(name) for base in cls.__mro__)
    meaning = next((p.description for p in parents if p and p.description), "")
    kind = info.annotation
    text = kind.__name__ if isinstance(kind, type) else str(kind).replace("typing.", "")
    default = "" if info.is_required() else _yaml(info.default)
    return Option(name, text.replace(" | None", ""), default, " ".join(meaning.split()))


def _yaml(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return '""' if value == "" else str(value)


def to_dict(value: Any) -> dict[str, Any]:
    """All fields of an options instance, defaults included, as plain values."""
    return dataclasses.asdict(value)
