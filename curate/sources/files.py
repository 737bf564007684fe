"""Files of a folder → documents: text, Markdown, reStructuredText, HTML and JSON Lines."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Annotated

from pydantic import Field

from curate.errors import InputError
from curate.options import options
from curate.outline import first_heading
from curate.sources.base import Documents, Source, documents
from curate.sources.find import Found, find, readable
from curate.sources.json_lines import read_lines
from curate.sources.load import Bounds, Unreadable, decode, read_bytes
from curate.sources.web_page import read_page

_PACKED = {".gz": "gz", ".zst": "zst", ".zstd": "zst"}
_KINDS = {
    **dict.fromkeys(("", ".txt", ".text", ".rst", ".rest"), "text"),
    **dict.fromkeys((".md", ".markdown"), "markdown"),
    **dict.fromkeys((".html", ".htm", ".xhtml"), "html"),
    **dict.fromkeys((".jsonl", ".ndjson"), "lines"),
}
_README = re.compile(r"(?:[A-Z]{3,}|changelog)\.[A-Z]\w*\Z")  # README.Debian, LICENSE.APACHE
_MATTER = re.compile(r"(---|\+\+\+)[ \t]*\n((?:[^\n]*\n){0,200}?)\1[ \t]*(?:\n|\Z)")
_TITLE = re.compile(r"^title[ \t]*[:=](.*)$", re.MULTILINE)
_QUOTED = re.compile(r"([\"'])(.*)\1\Z")
_REASONS_SHOWN = 5


@options
class Files(Source, name="files"):
    """The text, Markdown, reStructuredText, HTML and JSON Lines files of a folder.

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

    def read(self) -> Documents:
        """Read every file. Raises InputError where there is none, or none can be read."""
        found = self._find()
        bounds = Bounds(self.max_bytes, self.max_total)
        rows: list[dict[str, str]] = []
        losses = found.losses
        for name, path in found.files.items():
            try:
                rows += self._read_file(path, name, bounds, losses)
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
        self, path: Path, name: str, bounds: Bounds, losses: list[tuple[str, str]]
    ) -> list[dict[str, str]]:
        kind, packing = _kind(name)
        if kind == "lines":
            lines = read_lines(path, name, packing, bounds)
            losses += lines.losses
            return [
                self._row(f"{name}:{number}", title, text) for number, title, text in lines.read
            ]
        if bounds.left <= 0:
            bounds.take(1)
        data = read_bytes(path, packing, bounds)
        text = decode(data, declared=kind == "html")
        if kind == "html":
            page = read_page(text)
            return [self._row(name, page.title or first_heading(page.text), page.text)]
        title = ""
        if kind == "markdown":
            title, text = _front_matter(text)
        return [self._row(name, title or first_heading(text), text)]

    def _row(self, path: str, title: str, text: str) -> dict[str, str]:
        return {"path": path, "title": title, "text": text, "licence": self.licence}

    def _nothing(self, losses: list[tuple[str, str]]) -> str:
        if not losses:
            wanted = f" that match {self.include}" if self.include else ""
            return f"{self.path} holds no files{wanted}. Give `files` a folder of documents."
        reasons = [f"  {path}: {reason}" for path, reason in sorted(losses)[:_REASONS_SHOWN]]
        more = len(losses) - len(reasons)
        tail = [f"  and {more} more"] if more else []
        return "\n".join([f"No document could be read from {self.path}:", *reasons, *tail])


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


def _kind(name: str) -> tuple[str, str]:
    """What a file of this name holds, and how it is packed. Raises Unreadable for other kinds."""
    path = PurePosixPath(name)
    packing = _PACKED.get(path.suffix.lower(), "")
    inner = PurePosixPath(path.stem) if packing else path
    suffix = inner.suffix.lower()
    if packing and suffix == ".json":
        return "lines", packing
    kind = _KINDS.get(suffix) or ("text" if _README.match(inner.name) else "")
    if not kind:
        suffixes = inner.suffix + (path.suffix if packing else "")
        raise Unreadable(f"not a kind of file that curate reads ({suffixes})")
    return kind, packing


def _front_matter(text: str) -> tuple[str, str]:
    """The title in the front matter of a Markdown text, and the text without it."""
    match = _MATTER.match(text)
    if not match or not re.search(r"^[\w-]+[ \t]*[:=]", match[2], re.MULTILINE):
        return "", text
    found = _TITLE.search(match[2])
    title = found[1].strip() if found else ""
    quoted = _QUOTED.match(title)
    return quoted[2].strip() if quoted else title, text[match.end() :].lstrip("\n")
