"""Files of a folder → documents, each read by its kind."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from curate.errors import InputError
from curate.options import options
from curate.sources.base import Documents, Source, documents, nothing_read
from curate.sources.contained import Parser
from curate.sources.document import parse
from curate.sources.find import Found, find, readable
from curate.sources.json_lines import read_lines
from curate.sources.kinds import kind_of
from curate.sources.load import Bounds, Unreadable, read_bytes


@options
class Files(Source, name="files"):
    """The text, Markdown, reStructuredText, HTML, PDF, DOCX, PPTX, EPUB and JSON Lines of a folder.

    Files packed with gzip or Zstandard are read too. Hidden files and folders, `__pycache__` and
    `node_modules` are not looked at.
    """

    path: str | list[str]
    """A folder, read with all folders in it, or one file, or a list of both."""

    include: list[str] | None = None
    """Patterns such as `*.md` or `guide/*`; only files that match one are read. A `*` matches
    `/` too."""

    exclude: list[str] | None = None
    """Patterns of files that are left out."""

    licence: str = ""
    """SPDX identifier of the licence of all the files."""

    max_bytes: Annotated[int, Field(ge=1)] = 64_000_000
    """Longest document, in bytes after unpacking; what is longer is a loss."""

    max_total: Annotated[int, Field(ge=1)] = 4_000_000_000
    """Most bytes of all files together, after unpacking; what follows is a loss."""

    max_seconds: Annotated[int, Field(ge=1)] = 60
    """Longest that the processor may work on one PDF, DOCX, PPTX or EPUB; what takes longer is a
    loss."""

    def read(self) -> Documents:
        """Read every file. Raises InputError where there is none, or none can be read."""
        found = self._find()
        bounds = Bounds(self.max_bytes, self.max_total)
        rows: list[dict[str, str]] = []
        losses = found.losses
        with Parser(self.max_seconds) as parser:
            for name, path in found.files.items():
                try:
                    rows += self._read_file(path, name, bounds, parser, losses)
                except Unreadable as error:
                    losses.append((name, str(error)))
        if not rows:
            raise InputError(self._nothing(losses))
        return documents(rows, losses)

    def _find(self) -> Found:
        if isinstance(self.path, str):
            return self._find_in(_place(self.path), "")
        found = Found()
        for place in map(_place, self.path):
            one = self._find_in(place, f"{readable(place.resolve().name)}/")
            for name, path in one.files.items():
                taken = name in found.files  # two folders of the same name
                found.files[readable(str(path.absolute())) if taken else name] = path
            found.losses += one.losses
        return found

    def _find_in(self, path: Path, top: str) -> Found:
        """What is at a path; names of files in a folder there start with `top`."""
        if not path.is_dir():
            return Found({readable(path.name): path.resolve()})
        found = find(path, self.include or [], self.exclude or [])
        files = {top + name: file for name, file in found.files.items()}
        return Found(files, [(top + name, reason) for name, reason in found.losses])

    def _read_file(
        self, path: Path, name: str, bounds: Bounds, parser: Parser, losses: list[tuple[str, str]]
    ) -> list[dict[str, str]]:
        kind, packing = kind_of(name)
        if kind == "lines":
            lines = read_lines(path, name, packing, bounds)
            losses += lines.losses
            return [
                self._row(f"{name}:{number}", title, text) for number, title, text in lines.read
            ]
        if bounds.left <= 0:
            bounds.take(1)
        parsed = parse(kind, read_bytes(path, packing, bounds), bounds, parser)
        losses += [(name, gap) for gap in parsed.gaps]
        return [self._row(name, parsed.title, parsed.text)]

    def _row(self, path: str, title: str, text: str) -> dict[str, str]:
        return {"path": path, "title": title, "text": text, "licence": self.licence}

    def _nothing(self, losses: list[tuple[str, str]]) -> str:
        if not losses:
            wanted = f" that match {self.include}" if self.include else ""
            return f"{self.path} holds no files{wanted}. Give `files` a folder of documents."
        return nothing_read(str(self.path), losses)


def _place(given: str) -> Path:
    """The path that was given. Raises InputError where nothing is there, or no path can be so."""
    try:
        path = Path(given).expanduser()
        if given and path.exists():
            return path
        why = f"is not there (looked in {Path.cwd()})"
    except (OSError, RuntimeError, ValueError) as error:
        why = f"cannot be looked at ({getattr(error, 'strerror', None) or error})"
    raise InputError(f'"{given}" {why}. Give `files` the path of a folder or file of documents.')
