"""Connections to public addresses only, whatever a name resolves to, and each with an end in time.

A name is looked up once, what comes of it is checked, and the connection goes to that very
address: a name that resolves to another one a moment later changes nothing.
"""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Iterable
from typing import Any

from curate.sources.load import Unreadable

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Whether an IP address is of the public network, and no other is wrapped in it that is not."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        low = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else None
        wrapped = [ip.ipv4_mapped, ip.sixtofour, low, *(ip.teredo or ())]
        inner = [str(one) for one in wrapped if one]
        if inner:
            return all(map(is_public, inner))
        if ip.is_site_local or ip.is_reserved:
            return False
    return ip.is_global and not ip.is_multicast


class Network:
    """What `httpcore2` opens connections with: checked, and ended at `end` by the steady clock."""

    def __init__(self, end: float, allow_private: bool) -> None:
        self._end = end
        self._allow_private = allow_private

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> Stream:
        """Connect to the first address of `host` that answers. Raises Unreadable."""
        import httpcore2

        backend = httpcore2.SyncBackend()
        failed: Exception | None = None
        for address in self._addresses(host, port):
            left = _left(self._end, timeout)
            try:
                opened = backend.connect_tcp(address, port, left, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failed = error
            else:
                return Stream(opened, self._end)
        raise failed or Unreadable(f"{host} has no address; correct it or leave it out")

    def sleep(self, seconds: float) -> None:
        """Wait, as `httpcore2` asks between two tries."""
        time.sleep(min(seconds, _left(self._end, None)))

    def _addresses(self, host: str, port: int) -> list[str]:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise Unreadable(
                f"{host} is not known ({error}); correct it, or check the network"
            ) from error
        addresses = list(dict.fromkeys(str(where[0]) for *_, where in found))
        refused = [address for address in addresses if not is_public(address)]
        if refused and not self._allow_private:
            raise Unreadable(
                f"{host} is at {refused[0]}, an address of a private network; "
                "set allow_private to read it"
            )
        return addresses


class Stream:
    """A connection whose reads and writes all end at one time, however slowly bytes come."""

    def __init__(self, inner: Any, end: float) -> None:
        self._inner = inner
        self._end = end

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read some bytes."""
        data: bytes = self._inner.read(max_bytes, _left(self._end, timeout))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all bytes."""
        self._inner.write(buffer, _left(self._end, timeout))

    def start_tls(
        self,
        ssl_context: Any,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> Stream:
        """The same connection, encrypted."""
        left = _left(self._end, timeout)
        return Stream(self._inner.start_tls(ssl_context, server_hostname, left), self._end)

    def close(self) -> None:
        """End it."""
        self._inner.close()

    def get_extra_info(self, info: str) -> Any:
        """What `httpcore2` asks about it."""
        return self._inner.get_extra_info(info)


def _left(end: float, timeout: float | None) -> float:
    left = end - time.monotonic()
    if left <= 0:
        raise Unreadable("took too long; try again, or raise max_seconds")
    return left if timeout is None else min(left, timeout)
