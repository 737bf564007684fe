"""A process of its own that measures parts of the rows: Arrow goes in and comes out, no pickle.

Not `multiprocessing`: it runs the caller's main script again in each process, which a script
without a guard does not survive; and a fork of a process in which Polars runs threads may hang.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from io import BytesIO
from typing import IO, cast

import polars as pl

from curate.filters.base import Filter
from curate.options import to_dict

_START = "from curate.filters.processes import serve; serve()"
_SIZE = 8  # bytes that tell how long a message is
_ONE = {"POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


class Process:
    """One process with its filters, made once for many parts."""

    def __init__(self, filters: Sequence[Filter]) -> None:
        path = os.pathsep.join(part or os.getcwd() for part in sys.path)
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-c", _START],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **_ONE, "PYTHONPATH": path},
        )
        options = [{"name": each.name, "options": to_dict(each)} for each in filters]
        self._in = cast("IO[bytes]", self._process.stdin)
        self._out = cast("IO[bytes]", self._process.stdout)
        _send(self._in, json.dumps(options).encode())

    def measure(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The filters' columns for `rows`. Raises RuntimeError where the process fails or ends."""
        try:
            _send(self._in, _packed(rows))
            answer = _receive(self._out)
        except (OSError, ValueError):  # its end of the pipe is closed, or this one
            answer = None
        if answer is None:
            raise RuntimeError(f"a measuring process ended early, with {self._process.wait()}")
        if answer[:1] != b"+":
            raise RuntimeError(f"a measuring process failed:\n{answer[1:].decode()}")
        return pl.read_ipc_stream(BytesIO(answer[1:]))

    def close(self) -> None:
        """End the process; it does so by itself, too, when this one ends."""
        self._process.kill()
        self._process.communicate()


def serve() -> None:
    """The process's side: measure what comes in, until nothing comes any more."""
    import gc
    import signal
    import traceback

    from curate.filters.parallel import measure_part
    from curate.registry import members

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the caller's to handle
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get between the messages
    known = members(Filter)
    asked = json.loads(_receive(sys.stdin.buffer) or b"[]")
    filters = [known[each["name"]](**each["options"]) for each in asked]
    gc.freeze()  # what is imported stays: looking through it again and again costs a fifth
    gc.set_threshold(50_000)
    while (part := _receive(sys.stdin.buffer)) is not None:
        try:
            found = b"+" + _packed(measure_part(filters, pl.read_ipc_stream(BytesIO(part))))
        except Exception:  # told to the caller, whatever it is
            found = b"-" + traceback.format_exc().encode("utf-8", "replace")
        _send(out, found)


def _packed(rows: pl.DataFrame) -> bytes:
    buffer = BytesIO()
    rows.write_ipc_stream(buffer)
    return buffer.getvalue()


def _send(stream: IO[bytes], message: bytes) -> None:
    stream.write(len(message).to_bytes(_SIZE, "big"))
    stream.write(message)
    stream.flush()


def _receive(stream: IO[bytes]) -> bytes | None:
    """The next message; None where there is no more."""
    size = stream.read(_SIZE)
    if len(size) < _SIZE:
        return None
    length = int.from_bytes(size, "big")
    message = stream.read(length)
    return message if len(message) == length else None
