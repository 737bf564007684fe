"""Name → class for what a recipe can name: sources, teachers, filters. Did-you-mean.

A kind is a base class; a member is a subclass that gives its name:

    @options
    class Length(Filter, name="length"): ...

Members register by being defined. `members` imports every module of the kind's package, so
that adding one takes one new file and nothing else.
"""

from __future__ import annotations

import difflib
import pkgutil
from collections.abc import Iterable
from importlib import import_module
from typing import ClassVar, TypeVar


class Named:
    """A class that a recipe can name. Direct subclasses are the kinds."""

    name: ClassVar[str] = ""

    def __init_subclass__(cls, name: str = "") -> None:
        super().__init_subclass__()
        if name:
            cls.name = name


T = TypeVar("T", bound=Named)


def members(kind: type[T]) -> dict[str, type[T]]:
    """Every named subclass of `kind`, by name, sorted."""
    package = import_module(kind.__module__.rpartition(".")[0])
    for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        import_module(module.name)
    found: dict[str, type[T]] = {}
    waiting: list[type[T]] = [kind]
    while waiting:
        for cls in waiting.pop().__subclasses__():
            waiting.append(cls)
            if cls.name:
                found[cls.name] = cls  # the slots or options decorator may define a class twice
    return dict(sorted(found.items()))


def nearest(name: str, known: Iterable[str]) -> str:
    """`Did you mean "x"?` with the closest known name, or the list of what is known."""
    choices = sorted(known)
    close = difflib.get_close_matches(name, choices, n=1, cutoff=0.6)
    return f'Did you mean "{close[0]}"?' if close else f"Known: {', '.join(choices)}"
