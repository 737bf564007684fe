"""Parse files that can hurt their parser in a child process, which may be killed.

PDF and office files can ask for any amount of memory and time, and the parser of PDF is native
code. One child reads many files, so that a file costs no start; it is started when the first
comes, and again after one that ended it. It is a new Python, not a fork: polars has threads.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from typing import IO, Any, Self, cast

from curate.errors import CurateError
from curate.sources.load import Unreadable
from curate.sources.parsed import Parsed

SIZE = 8  # bytes of a length in front of what is sent
_ROOM = 1 << 16  # bytes of a reply beside its text
_WALL = 4  # a busy machine may give the child a quarter of its time
_START = 60  # seconds
_MAIN = "import sys; sys.path[:] = {!r}; from curate.sources.parser_process import main; main({})"
_DAMAGED = "it is damaged or hostile; open it in its program and save it again"


class Parser:
    """Gives files to the child process, one after the other. To be closed, or used by `with`."""

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        self.close()

    def close(self) -> None:
        """End the child process."""
        if self._child:
            self._child.kill()
            self._child.wait()
            for pipe in (self._child.stdin, self._child.stdout):
                _close(cast("IO[bytes]", pipe))
            self._child = None

    def parse(self, kind: str, data: bytes, most: int) -> Parsed:
        """Read a file of this kind, at most `most` bytes of text. Raises Unreadable."""
        child = self._child or self._start()
        try:
            head = json.dumps({"kind": kind, "most": most}).encode()
            for part in (head, data):
                _send(cast("IO[bytes]", child.stdin), part)
            reply = self._receive(child, most)
        except (EOFError, OSError) as error:
            reason = self._why(child)
            self.close()
            raise Unreadable(reason) from error
        except BaseException:  # an interrupt: what the child would still say is of this file
            self.close()
            raise
        if reply.get("last"):  # it ran out of memory: what it holds is not to be trusted
            self.close()
        if "reason" in reply:
            raise Unreadable(str(reply["reason"]))
        return Parsed(str(reply["title"]), str(reply["text"]), tuple(map(str, reply["gaps"])))

    def _start(self) -> subprocess.Popen[bytes]:
        # the search path of this process, and not the current folder, where other modules may lie
        code = _MAIN.format(sys.path, self._seconds)
        child = self._child = subprocess.Popen(  # noqa: S603
            [sys.executable, "-B", "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            start_new_session=True,  # an interrupt is for the parent, which ends the child
        )
        try:
            _read(cast("IO[bytes]", child.stdout), 1, time.monotonic() + _START)
        except EOFError as error:
            self.close()
            raise CurateError(
                "The process that reads PDF, DOCX, PPTX and EPUB does not start. See why with: "
                f"{sys.executable} -c 'import curate.sources.parser_process'"
            ) from error
        return child

    def _receive(self, child: subprocess.Popen[bytes], most: int) -> dict[str, Any]:
        end = time.monotonic() + _WALL * self._seconds
        pipe = cast("IO[bytes]", child.stdout)
        size = int.from_bytes(_read(pipe, SIZE, end), "big")
        if size > 6 * most + _ROOM:  # a character may be escaped in six
            raise EOFError
        reply = json.loads(_read(pipe, size, end))
        return cast("dict[str, Any]", reply)

    def _why(self, child: subprocess.Popen[bytes]) -> str:
        """Why a child gave no reply."""
        try:
            code = child.wait(1)
        except subprocess.TimeoutExpired:
            code = -signal.SIGXCPU
        if code == -signal.SIGXCPU:
            return f"not read within {self._seconds} seconds; {_DAMAGED}, or raise max_seconds"
        return f"its parser broke down, perhaps for want of memory; {_DAMAGED}"


def _send(pipe: IO[bytes], data: bytes) -> None:
    for part in (len(data).to_bytes(SIZE, "big"), data):
        view = memoryview(part)
        while view:
            view = view[pipe.write(view) :]


def _read(pipe: IO[bytes], size: int, end: float) -> bytes:
    """Exactly `size` bytes. Raises EOFError where there are no more, or they are late."""
    data = bytearray()
    while len(data) < size:
        ready, _, _ = select.select([pipe], [], [], max(0.0, end - time.monotonic()))
        part = os.read(pipe.fileno(), min(size - len(data), 1 << 20)) if ready else b""
        if not part:
            raise EOFError
        data += part
    return bytes(data)


def _close(pipe: IO[bytes]) -> None:
    try:
        pipe.close()
    except OSError:  # what was not sent cannot be
        return
