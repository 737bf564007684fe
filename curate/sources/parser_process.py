"""The child process of `contained`: bounds itself, then reads one file after the other.

It takes a length and a JSON object, a length and the bytes of a file; it gives a length and a
JSON object. Whatever a parser prints goes nowhere. No file can be written, not even by accident.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import IO, Any

from curate.sources.contained import SIZE
from curate.sources.load import Unreadable, clean
from curate.sources.parsed import Parsed

_MEMORY = 2 << 30  # bytes of addresses, of which a parser uses a part
_GAPS = 20
_CONTROLS = {code: None for code in range(32) if code not in (9, 10, 13)}


def main(seconds: int) -> None:
    """Read files from standard input until it ends, each in at most `seconds` of the processor."""
    replies = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    _bound()
    _write(replies, b"+")
    requests = sys.stdin.buffer
    while head := _take(requests):
        data = _take(requests)
        _bound_time(seconds)
        reply = _answer(json.loads(head), data)
        del data
        packed = json.dumps(reply).encode()
        _write(replies, len(packed).to_bytes(SIZE, "big") + packed)
        if reply.get("last"):
            return


def _answer(request: dict[str, Any], data: bytes) -> dict[str, Any]:
    most = request["most"]
    try:
        parsed = _reader(request["kind"])(data, most)
        text = _checked(parsed.text, most)
    except Unreadable as error:
        return {"reason": str(error)}
    except MemoryError:
        reason = f"needs over {_MEMORY >> 30} GiB to be read; split it, or save it again"
        return {"reason": reason, "last": True}
    except Exception as error:  # whatever a parser stumbles over is a loss, not the end of the run
        what = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        return {"reason": f"damaged ({what}); open it in its program and save it again"}
    gaps = [gap[:500] for gap in parsed.gaps[:_GAPS]]
    return {"title": " ".join(parsed.title.split())[:1000], "text": text, "gaps": gaps}


def _checked(text: str, most: int) -> str:
    text = clean(text.translate(_CONTROLS))
    if not any(map(str.isalnum, text)):
        raise Unreadable("no text in it")
    if len(text.encode()) > most:
        raise Unreadable(f"over {most:,} bytes of text; split it or raise max_bytes")
    return text


def _reader(kind: str) -> Callable[[bytes, int], Parsed]:
    from curate.sources import book, pdf, slides, word

    readers = {"pdf": pdf.read, "docx": word.read, "pptx": slides.read, "epub": book.read}
    return readers[kind]


def _bound() -> None:
    try:
        import resource
    except ImportError:  # Windows: the parent's clock is the one bound
        return
    for what, most in (
        (resource.RLIMIT_AS, _MEMORY),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        try:
            hard = resource.getrlimit(what)[1]
            resource.setrlimit(what, (most if hard < 0 else min(most, hard), hard))
        except (ValueError, OSError):  # macOS does not bound addresses
            continue


def _bound_time(seconds: int) -> None:
    """End this process when it has worked so much longer, even where its parent is gone."""
    try:
        import resource
    except ImportError:
        return
    usage = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    most = int(usage.ru_utime + usage.ru_stime) + seconds + 1
    resource.setrlimit(resource.RLIMIT_CPU, (most if hard < 0 else min(most, hard), hard))


def _take(stream: IO[bytes]) -> bytes:
    size = int.from_bytes(stream.read(SIZE), "big")
    return stream.read(size)


def _write(stream: IO[bytes], data: bytes) -> None:
    stream.write(data)
    stream.flush()
