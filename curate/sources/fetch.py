"""One web address → its bytes and what they are said to be, within bounds."""

from __future__ import annotations

import ssl
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from curate import __version__
from curate.sources.load import Unreadable
from curate.sources.public_network import Network

_MOST_REDIRECTS = 5
_LONGEST = 4096  # characters of an address
_AGENT = f"curate/{__version__} (reads the pages of a list)"
_ACCEPT = "text/html, application/xhtml+xml, text/plain, text/markdown, application/pdf, */*;q=0.1"
_AGAIN = {408, 425, 429, 500, 502, 503, 504}


@dataclass(frozen=True)
class Limits:
    """How much one address may take, and whether it may lie in a private network."""

    size: int
    seconds: float
    allow_private: bool


@dataclass(frozen=True)
class Fetched:
    """What an address gave: its bytes, its content type, and the path of its last address."""

    data: bytes
    content_type: str
    path: str


def fetch(address: str, limits: Limits, context: ssl.SSLContext) -> Fetched:
    """Get what is at an address, also by redirects. Raises Unreadable."""
    import httpcore2

    end = time.monotonic() + limits.seconds
    try:
        for _ in range(_MOST_REDIRECTS + 1):
            url = _checked(address)
            network: Any = Network(end, limits.allow_private)
            with httpcore2.ConnectionPool(ssl_context=context, network_backend=network) as pool:
                given = _get(pool, url, limits)
            if isinstance(given, Fetched):
                return given
            address = str(url.join(given))
    except (httpcore2.TimeoutException, TimeoutError) as error:
        raise Unreadable("took too long; try again, or raise max_seconds") from error
    except (httpcore2.NetworkError, httpcore2.ProtocolError, OSError) as error:
        raise Unreadable(f"cannot be reached ({error}); try again") from error
    raise Unreadable(f"over {_MOST_REDIRECTS} redirects; give the address that they lead to")


def _checked(address: str) -> Any:
    from httpx2 import URL, InvalidURL

    try:
        url = URL(address if len(address) <= _LONGEST else "")
    except (InvalidURL, ValueError) as error:
        raise Unreadable(f"not a web address ({error}); correct it") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise Unreadable("not a web address; it must start with http:// or https://")
    if url.userinfo:
        raise Unreadable("an address with a password in it; give one without")
    return url


def _get(pool: Any, url: Any, limits: Limits) -> Fetched | str:
    """What is at `url`, or where it redirects to."""
    target = str(url).partition("#")[0]
    headers = {"User-Agent": _AGENT, "Accept": _ACCEPT, "Accept-Encoding": "identity"}
    with pool.stream("GET", target, headers=list(headers.items())) as response:
        told = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in response.headers
        }
        if 300 <= response.status < 400 and "location" in told:
            return str(told["location"])
        if response.status != 200:
            fix = "try again later" if response.status in _AGAIN else "correct it or leave it out"
            raise Unreadable(f"the server answered {response.status}; {fix}")
        data = bytearray()
        for part in response.iter_stream():
            data += part
            _check_size(len(data), limits)
    return Fetched(_unpacked(bytes(data), told, limits), told.get("content-type", ""), url.path)


def _check_size(size: int, limits: Limits) -> None:
    if size > limits.size:
        raise Unreadable(f"over {limits.size:,} bytes; raise max_bytes or leave it out")


def _unpacked(data: bytes, told: Mapping[str, str], limits: Limits) -> bytes:
    """The bytes of an answer; some servers pack them though they were asked not to."""
    coding = told.get("content-encoding", "identity").strip().lower()
    if coding in ("identity", ""):
        return data
    if coding not in ("gzip", "x-gzip", "deflate"):
        raise Unreadable(f"the server packed it as {coding}, which was not asked for")
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        unpacked = unpacker.decompress(data, limits.size + 1)
    except zlib.error as error:
        raise Unreadable(f"cannot be unpacked ({error}); try again") from error
    _check_size(len(unpacked), limits)
    if not unpacker.eof:
        raise Unreadable("cut short; try again")
    return unpacked
