"""The pages of a list of web addresses → documents. Nothing is fetched that is not in the list."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from email.message import Message
from pathlib import Path
from typing import Annotated

from pydantic import Field

from curate.errors import InputError
from curate.options import options
from curate.sources.base import Documents, Source, documents, nothing_read
from curate.sources.contained import Parser
from curate.sources.document import parse
from curate.sources.fetch import Fetched, Limits, fetch
from curate.sources.kinds import kind_of_type
from curate.sources.load import Bounds, Unreadable, decode, read_bytes

_LONGEST_LIST = 64_000_000  # bytes


@options
class Urls(Source, name="urls"):
    """The HTML, PDF, DOCX, PPTX, EPUB and text pages of a list of web addresses.

    The list is a file or stands in the recipe. Links are not followed, redirects are. Proxies that
    the environment names are not used.
    """

    path: str = ""
    """A file with one address a line; empty lines and lines with `#` in front are passed over."""

    addresses: list[str] | None = None
    """Addresses, instead of a file or besides it."""

    licence: str = ""
    """SPDX identifier of the licence of all the pages."""

    allow_private: bool = False
    """Whether to read from this machine and from private networks too."""

    concurrency: Annotated[int, Field(ge=1, le=32)] = 4
    """How many pages are fetched at a time."""

    max_bytes: Annotated[int, Field(ge=1)] = 16_000_000
    """Largest page; what is larger is a loss."""

    max_total: Annotated[int, Field(ge=1)] = 1_000_000_000
    """Most bytes of all pages together; what follows is a loss."""

    max_seconds: Annotated[int, Field(ge=1)] = 60
    """Longest that fetching one page may take, and that the processor may work on it."""

    def read(self) -> Documents:
        """Fetch and read every page. Raises InputError where there is none, or none is read."""
        addresses = self._list()
        bounds = Bounds(self.max_bytes, self.max_total)
        rows: list[dict[str, str]] = []
        losses: list[tuple[str, str]] = []
        with Parser(self.max_seconds) as parser:
            for address, fetched in self._fetched(addresses, bounds):
                try:
                    page = fetched.result()
                    bounds.take(len(page.data))
                    kind = kind_of_type(page.content_type, page.path)
                    parsed = parse(kind, page.data, bounds, parser, _charset(page))
                except Unreadable as error:
                    losses.append((address, str(error)))
                    continue
                losses += [(address, gap) for gap in parsed.gaps]
                row = {"path": address, "title": parsed.title, "text": parsed.text}
                rows.append({**row, "licence": self.licence})
        if not rows:
            raise InputError(nothing_read("the addresses given to `urls`", losses))
        return documents(rows, losses)

    def _list(self) -> list[str]:
        listed = list(self.addresses or [])
        if self.path:
            try:
                path = Path(self.path).expanduser()
                text = decode(read_bytes(path, "", Bounds(_LONGEST_LIST, 1 << 62)))
            except (Unreadable, RuntimeError, ValueError) as error:
                raise InputError(f"{self.path} is no list of addresses: {error}.") from error
            listed += [line for line in text.split("\n") if not line.startswith("#")]
        wanted = list(dict.fromkeys(address.strip() for address in listed if address.strip()))
        if not wanted:
            raise InputError(
                "`urls` holds no addresses. Give it `path: urls.txt`, a file with one address a "
                "line, or `addresses: [https://…]`."
            )
        return wanted

    def _fetched(
        self, addresses: list[str], bounds: Bounds
    ) -> Iterator[tuple[str, Future[Fetched]]]:
        """Each address with what is fetched from it, in order, and never many ahead."""
        from httpx2 import create_ssl_context

        limits = Limits(self.max_bytes, self.max_seconds, self.allow_private)
        context = create_ssl_context(trust_env=False)
        pool = ThreadPoolExecutor(self.concurrency, "fetch")
        ahead: deque[tuple[str, Future[Fetched]]] = deque()
        waiting = iter(addresses)
        try:
            while True:
                while len(ahead) < 2 * self.concurrency and bounds.left >= 0:
                    address = next(waiting, None)
                    if address is None:
                        break
                    ahead.append((address, pool.submit(fetch, address, limits, context)))
                if not ahead:
                    break
                yield ahead.popleft()
            for address in waiting:
                yield address, _not_read(bounds)
        finally:
            pool.shutdown(cancel_futures=True)


def _not_read(bounds: Bounds) -> Future[Fetched]:
    late: Future[Fetched] = Future()
    try:
        bounds.take(1)
    except Unreadable as error:
        late.set_exception(error)
    return late


def _charset(page: Fetched) -> str:
    """The label of an encoding in a content type."""
    message = Message()
    message["Content-Type"] = page.content_type.replace("\r", "").replace("\n", "")
    found = message.get_param("charset")
    return found if isinstance(found, str) else ""
