"""Where files lie, by address: on this machine, or in a store (s3://, gs://, hf://, file://, …).

Keys to a store come from its usual environment variables or files (AWS_…,
GOOGLE_APPLICATION_CREDENTIALS, HF_TOKEN), on every machine that reads; AWS_ENDPOINT_URL names
another S3 server.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
from pyarrow import fs

from curate.errors import InputError

State = tuple[int, int | None]
"""Of a file its size in bytes, and when it was changed, in nanoseconds, where that is known."""


def place(path: str) -> tuple[fs.FileSystem, str]:
    """The store of an address, or this machine's files, and the path in it. Raises InputError."""
    kind = urlsplit(path).scheme if "://" in path else ""
    inner = path.partition("://")[2]
    try:
        if not kind:
            return fs.LocalFileSystem(), os.path.abspath(path)
        if kind == "s3":
            server = urlsplit(os.environ.get("AWS_ENDPOINT_URL", ""))
            own = {"endpoint_override": server.netloc, "scheme": server.scheme}
            given = {**own, "region": "us-east-1"} if server.netloc else {}
            return fs.S3FileSystem(**given, allow_delayed_open=True), inner.rstrip("/")
        if kind in ("gs", "file"):
            found, at = fs.FileSystem.from_uri(path)
            return found, str(at)
        import fsspec

        return fs.PyFileSystem(fs.FSSpecHandler(fsspec.filesystem(kind))), inner.rstrip("/")
    except (ValueError, ImportError, OSError, pa.ArrowException) as error:
        raise InputError(f"{path} cannot be reached ({error})") from error


def full(path: str) -> str:
    """An address as it is, or a path from the root."""
    return path if "://" in path else os.path.abspath(path)


def opened(path: str) -> Any:
    """A file to read. Raises InputError."""
    store, inner = place(path)
    with _reachable(path):
        return store.open_input_file(inner)


def info(path: str) -> fs.FileInfo:
    """What a store says of a file or folder, which need not be there. Raises InputError."""
    store, inner = place(path)
    with _reachable(path):
        return store.get_file_info(inner)


def inside(path: str) -> list[str]:
    """The names in a folder; none where there is no folder. Raises InputError."""
    store, inner = place(path)
    with _reachable(path):
        found = store.get_file_info(fs.FileSelector(inner, allow_not_found=True))
    return [each.base_name for each in found]


def state(path: str) -> State:
    """What tells that a file was changed. Raises InputError."""
    known = info(path)
    return known.size or 0, known.mtime_ns


@contextmanager
def _reachable(path: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # stores are reached by libraries whose errors have no common root
        raise InputError(f"{path} cannot be read: {error}") from error


@contextmanager
def whole(path: str) -> Iterator[Any]:
    """A file that is there when all of it is written. In a store a file never is before."""
    store, inner = place(path)
    here = isinstance(store, fs.LocalFileSystem)
    target = f"{inner}.partial" if here else inner
    if here:
        os.makedirs(os.path.dirname(inner), exist_ok=True)
    try:
        with store.open_output_stream(target) as out:
            yield out
        if here:
            os.replace(target, inner)
    except BaseException:
        if here:  # else the folder is not empty for the next try
            Path(target).unlink(missing_ok=True)
        raise
