"""A text column of a Hugging Face dataset → documents: of the Hub, local files, or saved."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

from pydantic import Field

from curate.errors import InputError
from curate.options import options
from curate.outline import first_heading
from curate.sources.base import Documents, Source, documents, nothing_read
from curate.sources.dataset_rows import Place, open_rows
from curate.sources.find import readable
from curate.sources.json_lines import Lines
from curate.sources.load import Bounds, Unreadable, clean


@options
class Dataset(Source, name="dataset"):
    """One text column of a Hugging Face dataset, a document a row.

    Paths are like `org/name:train:17`, the split and the number of the row in it, from 0. No code
    of a dataset is run.
    """

    path: str
    """`org/name` on the Hub, or a folder or file of Parquet, JSON Lines or CSV, or a folder that
    `save_to_disk` wrote. What is there on this machine comes first."""

    column: str = "text"
    """The column that holds the text."""

    split: str = "train"
    """The split that is read."""

    title_column: str = ""
    """The column that holds the title, if there is one."""

    config: str = ""
    """Which of a dataset's configurations, if it has several."""

    revision: str = ""
    """Branch, tag or commit on the Hub; give a commit, so that a later run reads the same."""

    limit: Annotated[int, Field(ge=1)] | None = None
    """Most rows, from the first one."""

    stream: bool = True
    """Read rows of the Hub as they come. With false, the split is downloaded whole, into the cache
    of Hugging Face, and can be read offline from then on."""

    licence: str = ""
    """SPDX identifier of the licence of the texts."""

    max_bytes: Annotated[int, Field(ge=1)] = 64_000_000
    """Longest document; what is longer is a loss."""

    max_total: Annotated[int, Field(ge=1)] = 4_000_000_000
    """Most bytes of all texts together; what follows is not read."""

    def read(self) -> Documents:
        """Read the rows. Raises InputError where they cannot be reached, or none can be read."""
        name = f"{self._name()}:{self.split}"
        lines = Lines()
        with TemporaryDirectory(prefix="curate-") as folder:
            place = Place(
                self.path, self.split, self.config, self.revision, self.stream, self.max_bytes
            )
            for number, row in self._rows(place, folder, name, lines):
                try:
                    lines.read.append((number, self._title(row), clean(self._text(row))))
                except Unreadable as error:
                    lines.lose(name, number, str(error))
        lines.close(name, "rows")
        if not lines.read:
            raise InputError(nothing_read(f"the column {self.column} of {name}", lines.losses))
        rows = [
            {"path": f"{name}:{number}", "title": title, "text": text, "licence": self.licence}
            for number, title, text in lines.read
        ]
        return documents(rows, lines.losses)

    def _name(self) -> str:
        try:
            local = Path(self.path).expanduser()
            return readable(local.resolve().name) if local.exists() else self.path
        except (OSError, RuntimeError, ValueError) as error:
            raise InputError(f"{self.path[:200]} cannot be looked at: {error}") from error

    def _rows(
        self, place: Place, folder: str, name: str, lines: Lines
    ) -> Iterator[tuple[int, dict[str, Any]]]:
        """Rows with their numbers, up to the bounds; why there are no more is in `lines`."""
        bounds = Bounds(self.max_bytes, self.max_total)
        wanted = [self.column, *filter(None, [self.title_column])]
        number = 0
        try:
            for number, row in enumerate(islice(open_rows(place, folder, wanted), self.limit)):
                text = row[self.column]
                bounds.take(len(text.encode("utf-8", "replace")) if isinstance(text, str) else 1)
                yield number, row
        except InputError:
            raise
        except Unreadable as error:
            lines.losses.append((f"{name}:{number}", str(error)))
        except Exception as error:  # whatever the readers of `datasets` stumble over
            what = " ".join(f"{error}".split())[:300]
            lines.losses.append((name, f"read up to row {number:,}, then: {what}"))

    def _text(self, row: dict[str, Any]) -> str:
        text = row[self.column]
        if not isinstance(text, str):
            kind = "nothing" if text is None else f"a value of type {type(text).__name__}"
            raise Unreadable(f"{kind} in the column {self.column}, not text")
        if len(text.encode("utf-8", "replace")) > self.max_bytes:
            raise Unreadable(f"over {self.max_bytes:,} bytes; split it or raise max_bytes")
        return text

    def _title(self, row: dict[str, Any]) -> str:
        title = row.get(self.title_column)
        if not isinstance(title, str) or not title.strip():
            return first_heading(row[self.column]) if isinstance(row[self.column], str) else ""
        return clean(" ".join(title.split()))
