"""What a fault is planted in: one row, chance that depends on it alone, and the other rows."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from random import Random

from curate.text import content_units, units

ALIKE = 0.5
"""Share of content words from which on two texts may say the same, so that neither takes the place
of the other."""

_SENTENCE = re.compile(r"(?<=[.!?])[\"')\]*`]*\s+(?=[\"'(\[*`]*[A-Z0-9])|\n+")


@dataclass(frozen=True)
class Row:
    """The fields of a row that a fault may look at. `place` tells its passage within `document`."""

    id: str
    instruction: str
    input: str
    output: str
    document: str
    place: tuple[int, int]
    passage: str | None

    def saying(self, output: str) -> Row:
        """The same question with another answer."""
        return replace(self, output=output)

    def asking(self, instruction: str) -> Row:
        """The same answer to another question."""
        return replace(self, instruction=instruction)

    @property
    def known(self) -> str:
        """The passage, or the answer itself where no passage is known."""
        return self.output if self.passage is None else self.passage


class Others:
    """All rows, and where to find one that is from elsewhere."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows = sorted(rows, key=lambda row: row.id)
        self.of: defaultdict[str, list[Row]] = defaultdict(list)
        for row in self.rows:
            self.of[row.document].append(row)

    def here(self, row: Row) -> list[Row]:
        """The rows of the same document."""
        return self.of[row.document]


Plant = Callable[[Row, Random, Others], "Row | None"]
"""Plants a fault into a row; None where the row has no place for it."""


def words(text: str) -> list[str]:
    """`text` cut at white space."""
    return text.split()


def sentences(text: str) -> list[str]:
    """The sentences and lines of `text` that are not empty."""
    return [part.strip() for part in _SENTENCE.split(text) if part.strip()]


def alike(one: str, other: str) -> bool:
    """Whether one text may say what the other says: the smaller has ALIKE of its words there."""
    few, many = sorted((_content(one), _content(other)), key=len)
    return not few or len(few & many) >= ALIKE * len(few)


def _content(text: str) -> set[str]:
    return set(content_units(text)) or set(units(text))
