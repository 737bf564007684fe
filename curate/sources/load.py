"""The bytes and the text of one file, within bounds: no file can fill the memory or block a run."""

from __future__ import annotations

import codecs
import gzip
import io
import os
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from curate.errors import CurateError
from curate.sources.charset import known_encoding, named_encoding

_BOMS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_PIECE = 1 << 10  # packed bytes; four of them may unpack to 128 KiB


class Unreadable(CurateError):
    """A file or line that becomes a loss. The message is the reason, with the fix."""


@dataclass
class Bounds:
    """How much may be read: `document` bytes for one document, and `left` in all."""

    document: int
    left: int

    def take(self, size: int) -> None:
        """Count `size` bytes as read. Raises Unreadable where that is more than what was left."""
        self.left = max(-1, self.left - size)
        if self.left < 0:
            raise Unreadable("not read: the source is over max_total; raise it or read less")


@contextmanager
def opened(path: Path, packing: str) -> Iterator[IO[bytes]]:
    """The unpacked bytes of a regular file; `packing` is "", "gz" or "zst".

    Raises Unreadable, also for what goes wrong while the caller reads.
    """
    try:
        with open(path, "rb", opener=_open) as file, _unpacked(file, packing) as stream:
            yield stream
    except PermissionError as error:
        raise Unreadable("no permission to read it; change that with chmod") from error
    except (OSError, EOFError, zlib.error) as error:
        doing = "unpacked" if packing else "read"
        raise Unreadable(f"cannot be {doing}, perhaps cut short or damaged: {error}") from error


def _open(path: str, flags: int) -> int:
    # what was found may have been replaced since: no link is followed, no pipe waited for
    number = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)
    if stat.S_ISREG(os.fstat(number).st_mode):
        return number
    os.close(number)
    raise Unreadable("not a regular file")


@contextmanager
def _unpacked(file: IO[bytes], packing: str) -> Iterator[IO[bytes]]:
    if packing == "gz":
        with gzip.open(file) as stream:
            yield cast("IO[bytes]", stream)
    elif packing == "zst":
        import zstandard

        try:
            yield io.BufferedReader(_Pieces(_frames(file)))
        except zstandard.ZstdError as error:
            raise EOFError(str(error)) from error
    else:
        yield file


def _frames(file: IO[bytes]) -> Iterator[bytes]:
    """The unpacked bytes of Zstandard frames. Raises Unreadable where the last has no end."""
    import zstandard

    unpacker = zstandard.ZstdDecompressor()
    frame = None
    while packed := file.read(_PIECE):
        while packed:
            frame = frame or unpacker.decompressobj()
            yield frame.decompress(packed)
            packed, frame = (frame.unused_data, None) if frame.eof else (b"", frame)
    if frame:
        raise Unreadable("cut short; copy it again")


class _Pieces(io.RawIOBase):
    """A stream of the bytes that an iterator gives, never more than one piece of them in memory."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._piece = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._piece:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._piece = memoryview(piece)
        room = memoryview(buffer).cast("B")
        size = min(len(room), len(self._piece))
        room[:size], self._piece = self._piece[:size], self._piece[size:]
        return size


def read_bytes(path: Path, packing: str, bounds: Bounds) -> bytes:
    """All unpacked bytes of a file. Raises Unreadable, where they are too many as well."""
    with opened(path, packing) as stream:
        data = stream.read(min(bounds.document, bounds.left) + 1)
    if len(data) > bounds.document:
        raise Unreadable(f"over {bounds.document:,} bytes; split it or raise max_bytes")
    bounds.take(len(data))
    return data


def decode(data: bytes, *, declared: bool = False, charset: str = "") -> str:
    """Text of UTF-8 bytes, or of UTF-16 with its mark, with `LF` as line ends.

    With `declared`, an encoding that an HTML page names near its start counts too; before that,
    one that `charset` names. Raises Unreadable for everything else, and for text that holds
    nothing but whitespace.
    """
    mark = next((mark for mark in _BOMS if data.startswith(mark)), b"")
    named = known_encoding(charset) or (named_encoding(data) if declared else "utf-8")
    encoding = _BOMS.get(mark) or named
    if not mark and b"\0" in data:
        raise Unreadable("binary, not text (it holds NUL bytes)")
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeError as error:
        raise Unreadable(
            f"not {encoding.upper()} text ({_where(error)}); convert it, "
            "for example with iconv -f ISO-8859-1 -t UTF-8"
        ) from error
    return clean(text)


def clean(text: str) -> str:
    """`text` with `LF` as line ends and without broken halves of UTF-16 pairs.

    Raises Unreadable where nothing but whitespace is left, or NUL characters are in it.
    """
    if "\0" in text:
        raise Unreadable("binary, not text (it holds NUL characters)")
    if not text or text.isspace():
        raise Unreadable("empty")
    if not text.isascii():
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _where(error: UnicodeError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"byte 0x{error.object[error.start]:02x} at {error.start:,}"
    return str(error)
