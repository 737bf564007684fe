"""JSON Lines: one pass that remembers where lines are, and lines that are copied as they were."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator

import numpy as np
import polars as pl

from curate.errors import InputError
from curate.tables.json_text import JsonText, parse
from curate.tables.origin import Origin
from curate.tables.pairs import Pairs, Unfit

_MARK = b"\xef\xbb\xbf"  # UTF-8's byte order mark
_PIECE = 1 << 20  # bytes copied at once, to the line


class Lines(JsonText):
    """The records of a file of JSON Lines, by the places of their lines."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self._starts, self._ends = array("q"), array("q")
        self._at = -1  # where the file stands, once all lines were read

    def read(self) -> pl.DataFrame:
        """The pairs of all lines (`Pairs.frame`). Raises InputError with the line's number."""
        pairs = Pairs()
        file = self._origin.file
        file.seek(0)
        start = len(_MARK) if file.read(len(_MARK)) == _MARK else 0
        file.seek(start)
        for number, line in enumerate(file, 1):
            end = start + len(line)
            if not line.isspace():
                try:
                    pairs.add(parse(line))
                except (ValueError, RecursionError) as error:
                    raise _refused(f"{self._origin.name}:{number}", error) from error
                self._starts.append(start)
                self._ends.append(end)
            start = end
        return pairs.frame()

    def own(self, numbers: Iterable[int]) -> Iterator[bytes]:
        """The lines of records, each with its end where the file has one there."""
        return (self._bytes(self._starts[number], self._ends[number]) for number in numbers)

    def lines(self, keep: pl.Series, extra: pl.DataFrame | None) -> Iterator[bytes]:
        """The lines of the records that stay, those that follow one another in one piece."""
        if extra is not None:
            yield from super().lines(keep, extra)
            return
        numbers = keep.arg_true().to_numpy()
        starts, ends = (np.array(places)[numbers] for places in (self._starts, self._ends))
        new = (starts[1:] != ends[:-1]) | (starts[1:] // _PIECE != starts[:-1] // _PIECE)
        first = np.append(True, new)[: len(starts)]
        last = np.append(new, True)[: len(ends)]
        piece = b"\n"
        for start, end in zip(starts[first].tolist(), ends[last].tolist(), strict=True):
            piece = self._bytes(start, end)
            yield piece
        if not piece.endswith(b"\n"):
            yield b"\n"

    def _bytes(self, start: int, end: int) -> bytes:
        file = self._origin.file
        if start != self._at:
            file.seek(start)
        self._at = end
        return file.read(end - start)


def _refused(where: str, error: Exception) -> InputError:
    if isinstance(error, Unfit):
        return InputError(f"{where}: {error}")
    if isinstance(error, UnicodeDecodeError):
        return InputError(f"{where}: not UTF-8 ({error})")
    return InputError(f"{where}: not JSON ({error})")
