"""Earlier data that rows are compared with: `dedup.against`, by names of several kinds.

python-reference          newest version under datasets/; NAME@1.0.0 another one
python-reference:test     one split of it, such as what is held back for a test
old.jsonl                 rows in a file, or in a folder that `datasets` saved
eval/arc_easy.jsonl       items of a benchmark, in a file or a folder
arc mmlu hellaswag …      the same, from the Hub
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from curate import tables
from curate.errors import InputError
from curate.publish.trace import read_rows
from curate.publish.version import locate, names
from curate.registry import nearest
from curate.sources.benchmark_hub import HUB
from curate.sources.benchmarks import ITEM, benchmark
from curate.text import digest

_COMPARED = pl.Schema(dict.fromkeys(("id", "instruction", "input", "output"), pl.String))
_SPLITS = ("train", "test")


@dataclass(frozen=True)
class Earlier:
    """What new rows must not repeat."""

    rows: pl.DataFrame
    """Columns id, instruction, input, output; the id begins with the name of where it stands."""

    items: pl.DataFrame
    """ITEM rows: texts of which no row may hold too much."""

    @property
    def key(self) -> str:
        """A digest of all of it; "" where there is none."""
        parts = [frame.hash_rows().sort() for frame in (self.rows, self.items)]
        return digest(*(part.to_numpy().tobytes().hex() for part in parts)) if self else ""

    def __bool__(self) -> bool:
        return not (self.rows.is_empty() and self.items.is_empty())


def earlier(given: str | Sequence[str] | None, root: Path) -> Earlier:
    """The data that these names stand for; `root` is the folder of the datasets.

    Raises InputError, naming what there is, where a name stands for nothing.
    """
    wanted = [given] if isinstance(given, str) else list(given or ())
    rows, items = [_COMPARED.to_frame()], [ITEM.to_frame()]
    for name in dict.fromkeys(wanted):
        found = _found(name, root)
        (items if found.columns == list(ITEM) else rows).append(found)
    return Earlier(pl.concat(rows), pl.concat(items))


def _found(name: str, root: Path) -> pl.DataFrame:
    version = _version(name, root)
    if version is not None:
        return version
    found = benchmark(name)
    if found is not None:
        return found
    path = Path(name)
    if path.exists() or name == "-":
        return _named(tables.read(path).rows, path.name)
    known = [*names(root), *HUB]
    raise InputError(
        f"--against {name}: there is no such file, dataset under {root}/ or benchmark. "
        f"{nearest(name, known)}"
    )


def _version(name: str, root: Path) -> pl.DataFrame | None:
    """Rows of a version, or of a split of it; None where the name is of no dataset."""
    spec, colon, split = name.rpartition(":")
    spec = spec if colon and split in _SPLITS else name
    folder = Path(spec)
    if (folder / "manifest.json").is_file() or spec.partition("@")[0] in names(root):
        folder = locate(spec, root)
        rows = read_rows(folder, "data")
        chosen = rows if spec == name else rows.filter(split=split)
        return _named(chosen, f"{folder.parent.name}@{folder.name}")
    return None


def _named(rows: pl.DataFrame, where: str) -> pl.DataFrame:
    return rows.select(_COMPARED.names()).with_columns(id=pl.format("{}:{}", pl.lit(where), "id"))
