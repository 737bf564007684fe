"""Rows in many Parquet files, in a folder here or in a store (`places`), piece by piece.

shards = Shards.of("s3://bucket/rows/")
for piece in shards.pieces(100_000):    # each read by itself, wherever the work is
    piece.write("s3://bucket/out/", keep)
"""

from __future__ import annotations

import glob
import os
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from pyarrow import fs

from curate.errors import InputError
from curate.tables.pieces import Piece
from curate.tables.places import full, info, inside, opened, state
from curate.tables.stores import ParquetFile


def is_sharded(source: str) -> bool:
    """Whether a name is of Parquet shards: an address, a pattern, or a folder of Parquet files."""
    if "://" in source or (glob.has_magic(source) and not Path(source).exists()):
        return True
    return Path(source).is_dir() and any(Path(source).glob("*.parquet"))


@dataclass(frozen=True)
class Shards:
    """The Parquet files of a name, in the order of their paths."""

    files: tuple[str, ...]

    @classmethod
    def of(cls, source: str) -> Shards:
        """Raises InputError where there are none."""
        if "://" not in source and glob.has_magic(source) and not Path(source).exists():
            found = [os.path.abspath(path) for path in glob.glob(source)]
        elif info(source).type == fs.FileType.File:
            found = [full(source)]
        else:
            base = full(source).rstrip("/")
            found = [f"{base}/{name}" for name in inside(source) if name.endswith(".parquet")]
        if not found:
            raise InputError(f"{source}: there are no .parquet files")
        return cls(tuple(sorted(found)))

    def pieces(self, most: int) -> list[Piece]:
        """The row groups of all files, of about `most` rows together. Reads footers only."""
        pieces: list[Piece] = []
        for path in self.files:
            now = state(path)
            with opened(path) as file:
                data = ParquetFile(path, file).footer.metadata
            sizes = [data.row_group(at).num_rows for at in range(data.num_row_groups)]
            begins = [0, *accumulate(sizes)]
            for groups in _together(sizes, most):
                first, rows = begins[groups[0]], sum(sizes[at] for at in groups)
                pieces.append(Piece(path, groups, rows, first, len(pieces), now))
        return pieces


def check_folder(target: str) -> None:
    """Raise InputError where there is something in the folder that shards are to be written to, or
    it cannot be reached.
    """
    if target.endswith((".json", ".jsonl", ".parquet")) or target == "-":
        raise InputError(f"{target}: rows in shards are written to a folder; name one")
    if info(target).type == fs.FileType.File:
        raise InputError(f"{target} is a file; name a folder to write shards to")
    if inside(target):
        raise InputError(f"{target} is not empty; name another folder, or remove it first")


def _together(sizes: list[int], most: int) -> list[tuple[int, ...]]:
    """Row groups with rows that follow one another, of about `most` rows together."""
    found: list[tuple[int, ...]] = []
    groups: tuple[int, ...] = ()
    for at, size in enumerate(sizes):
        if groups and sum(sizes[each] for each in groups) + size > most:
            found.append(groups)
            groups = ()
        groups = (*groups, at) if size else groups
    return [*found, groups] if groups else found
