"""Which kind of document a file is, by its name, or by the content type that a server tells."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from curate.sources.load import Unreadable

CONTAINED = frozenset({"pdf", "docx", "pptx", "epub"})  # kinds that `contained` reads
PACKED = {".gz": "gz", ".zst": "zst", ".zstd": "zst"}  # how a file is packed
_SUFFIXES = {
    **dict.fromkeys(("", ".txt", ".text", ".rst", ".rest"), "text"),
    **dict.fromkeys((".md", ".markdown"), "markdown"),
    **dict.fromkeys((".html", ".htm", ".xhtml"), "html"),
    **dict.fromkeys((".jsonl", ".ndjson"), "lines"),
    **{f".{kind}": kind for kind in CONTAINED},
}
_TYPES = {
    "text/html": "html",
    "application/xhtml+xml": "html",
    "text/markdown": "markdown",
    "text/x-markdown": "markdown",
    "text/plain": "text",
    "text/x-rst": "text",
    "application/pdf": "pdf",
    "application/x-pdf": "pdf",
    "application/epub+zip": "epub",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
}
_VAGUE = {"", "application/octet-stream", "binary/octet-stream", "application/zip", "text/plain"}
_INSTEAD = {
    **dict.fromkeys((".doc", ".docm", ".dot", ".dotx", ".odt", ".rtf", ".pages"), ".docx"),
    **dict.fromkeys((".ppt", ".pptm", ".pps", ".ppsx", ".odp", ".key"), ".pptx"),
    **dict.fromkeys((".mobi", ".azw", ".azw3", ".fb2"), ".epub"),
    **dict.fromkeys((".djvu", ".ps", ".xps"), ".pdf"),
    ".json": ".jsonl, one document a line",
}
_README = re.compile(r"(?:[A-Z]{3,}|changelog)\.[A-Z]\w*\Z")  # README.Debian, LICENSE.APACHE


def kind_of(name: str) -> tuple[str, str]:
    """What a file of this name holds, and how it is packed. Raises Unreadable for other kinds."""
    path = PurePosixPath(name)
    packing = PACKED.get(path.suffix.lower(), "")
    inner = PurePosixPath(path.stem) if packing else path
    suffix = inner.suffix.lower()
    if packing and suffix == ".json":
        return "lines", packing
    kind = _SUFFIXES.get(suffix) or ("text" if _README.match(inner.name) else "")
    if not kind:
        suffixes = inner.suffix + (path.suffix if packing else "")
        instead = f"; save it as {_INSTEAD[suffix]}" if suffix in _INSTEAD else ""
        raise Unreadable(f"not a kind of file that curate reads ({suffixes}){instead}")
    return kind, packing


def kind_of_type(content_type: str, name: str) -> str:
    """What a content type says, or the name where it says little. Raises Unreadable."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind in _VAGUE and PurePosixPath(name).suffix.lower() in _SUFFIXES:
        named = _SUFFIXES[PurePosixPath(name).suffix.lower()]
        if PurePosixPath(name).suffix and named != "lines":
            return named
    if kind not in _TYPES:
        raise Unreadable(f"not a kind of document that curate reads ({kind or 'no content type'})")
    return _TYPES[kind]
