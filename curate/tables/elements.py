"""JSON: an array of records, or a single one. Each keeps the text that it had in the file."""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Iterable, Iterator
from typing import Any

import polars as pl

from curate.errors import InputError
from curate.tables.json_text import JsonText
from curate.tables.origin import Origin
from curate.tables.pairs import Pairs, Unfit

_decode = json.JSONDecoder().raw_decode
_space = re.compile(r"[ \t\n\r]*").match


class Elements(JsonText):
    """The records of a JSON file, whose text is held in memory, by their places in it."""

    kind = "json"

    def __init__(self, origin: Origin) -> None:
        self._name = origin.name
        origin.file.seek(0)
        try:
            self._text = str(origin.file.read(), "utf-8-sig")
        except UnicodeDecodeError as error:
            raise InputError(f"{self._name} is not UTF-8: {error}") from error
        self._starts, self._ends = array("q"), array("q")

    def read(self) -> pl.DataFrame:
        """The pairs of all elements (`Pairs.frame`). Raises InputError with the place."""
        pairs = Pairs()
        try:
            for start, end, record in elements(self._text):
                self._starts.append(start)
                self._ends.append(end)
                pairs.add(record)
        except Unfit as error:
            where = f"{self._name}, record {len(self._starts)}"
            raise InputError(f"{where}: {error}") from error
        except json.JSONDecodeError as error:
            where = f"{self._name}:{error.lineno}"
            raise InputError(f"{where}: not JSON ({error.msg}, column {error.colno})") from error
        except (ValueError, RecursionError) as error:
            raise InputError(f"{self._name}: not JSON ({error})") from error
        return pairs.frame()

    def own(self, numbers: Iterable[int]) -> Iterator[bytes]:
        """The texts of records, from their first sign to their last."""
        for number in numbers:
            yield self._text[self._starts[number] : self._ends[number]].encode("utf-8")


def elements(text: str) -> Iterator[tuple[int, int, Any]]:
    """Start, end and value of each element of an array, or of the one value that is no array.

    Raises JSONDecodeError, and RecursionError.
    """
    at = _after(text, 0)
    if text[at : at + 1] != "[":
        value, end = _decode(text, at)
        yield at, end, value
    else:
        at = _after(text, at + 1)
        end = at + 1
        while text[at : at + 1] != "]":
            value, end = _decode(text, at)
            yield at, end, value
            at = _after(text, end)
            end = at + 1
            if text[at:end] == ",":
                at = _after(text, end)
                if text[at : at + 1] == "]":
                    raise json.JSONDecodeError("Illegal trailing comma", text, at)
            elif text[at:end] != "]":
                raise json.JSONDecodeError("Expecting ',' delimiter", text, at)
    if _after(text, end) != len(text):
        raise json.JSONDecodeError("Extra data", text, end)


def _after(text: str, at: int) -> int:
    """The first place from `at` on that is no white space."""
    found = _space(text, at)
    return found.end() if found else at
