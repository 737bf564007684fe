"""Pages of a list of addresses: what is fetched, and what is refused."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from curate.errors import InputError
from curate.schema import DOCUMENT, LOSS
from curate.sources.base import Documents
from curate.sources.public_network import is_public
from curate.sources.urls import Urls

HTML = "<html><head><title>Gardens</title></head><body><h1>Roses</h1><p>{}</p></body></html>"
TYPE = {"Content-Type": "text/html; charset=utf-8"}


class Site(ThreadingHTTPServer):
    """A web site on loopback: `pages` gives for a path the status, the headers and the body."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.trickle: dict[str, float] = {}  # seconds before each byte of a body
        self.silent: dict[str, float] = {}  # seconds before anything is sent
        self.seen: list[tuple[str, dict[str, str]]] = []

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.server_port}{path}"

    def html(self, path: str, text: str, **headers: str) -> str:
        self.pages[path] = (200, {**TYPE, **headers}, HTML.format(text).encode())
        return self.url(path)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no news."""


class Handler(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        self.server.seen.append((self.path, dict(self.headers)))
        time.sleep(self.server.silent.get(self.path, 0))
        status, headers, body = self.server.pages.get(self.path, (404, {}, b""))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        wait = self.server.trickle.get(self.path, 0)
        for part in [body[at : at + 1] for at in range(len(body))] if wait else [body]:
            time.sleep(wait)
            self.wfile.write(part)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def site(serving: Callable[[Site], None]) -> Site:
    server = Site()
    serving(server)
    return server


def read(*addresses: str, **options) -> Documents:
    options.setdefault("allow_private", True)
    return Urls(addresses=list(addresses), **options).read()


def reason(address: str, **options) -> str:
    with pytest.raises(InputError) as caught:
        read(address, **options)
    return str(caught.value).partition(f"  {address}: ")[2]


def test_pages_are_read_by_their_content_type(site: Site, tmp_path: Path) -> None:
    import docx

    docx.Document().save(tmp_path / "x.docx")
    made = docx.Document()
    made.add_heading("Word", 1)
    made.save(tmp_path / "a.docx")
    site.pages = {
        "/page": (200, TYPE, HTML.format("Roses need sun.").encode()),
        "/text": (200, {"Content-Type": "text/plain; charset=iso-8859-1"}, b"caf\xe9"),
        "/a.md": (200, {"Content-Type": "text/plain"}, b"---\ntitle: Note\n---\n\nBees."),
        "/b.docx": (
            200, {"Content-Type": "application/octet-stream"}, (tmp_path / "a.docx").read_bytes()
        ),
        "/c.rst": (200, {}, b"Plain\n=====\n"),
    }  # fmt: skip
    found = read(*map(site.url, site.pages), licence="cc0-1.0")
    assert found.rows.schema == DOCUMENT
    assert found.losses.schema == LOSS
    rows = {row["path"]: (row["title"], row["text"]) for row in found.rows.iter_rows(named=True)}
    assert rows == {
        site.url("/page"): ("Gardens", "# Roses\n\nRoses need sun."),
        site.url("/text"): ("", "café"),
        site.url("/a.md"): ("Note", "Bees."),
        site.url("/b.docx"): ("Word", "# Word"),
        site.url("/c.rst"): ("Plain", "Plain\n=====\n"),
    }
    assert set(found.rows["licence"]) == {"cc0-1.0"}
    assert all(headers["User-Agent"].startswith("curate/") for _, headers in site.seen)


def test_a_file_of_addresses(site: Site, tmp_path: Path) -> None:
    one, two = site.html("/1", "One."), site.html("/2", "Two.")
    (tmp_path / "urls.txt").write_text(f"# pages\n{two}\r\n\n  {one} \n{two}\n")
    found = Urls(path=str(tmp_path / "urls.txt"), allow_private=True).read()
    assert found.rows["path"].to_list() == [one, two]
    assert [path for path, _ in site.seen].count("/2") == 1


def test_only_what_is_in_the_list_is_fetched(site: Site) -> None:
    read(site.html("/1", "<a href='/2'>Next</a> <img src='/3.png'>"))
    assert [path for path, _ in site.seen] == ["/1"]


def test_each_failure_is_a_loss_with_its_reason(site: Site) -> None:
    site.pages["/down"] = (503, {}, b"")
    site.pages["/png"] = (200, {"Content-Type": "image/png"}, b"\x89PNG")
    site.pages["/none"] = (200, {}, b"x")
    site.pages["/empty"] = (200, TYPE, b"")
    site.pages["/pdf"] = (200, {"Content-Type": "application/pdf"}, b"no PDF")
    good = site.html("/good", "Good.")
    wanted = {
        site.url("/down"): "the server answered 503; try again later",
        site.url("/gone"): "the server answered 404; correct it or leave it out",
        site.url("/png"): "not a kind of document that curate reads (image/png)",
        site.url("/none"): "not a kind of document that curate reads (no content type)",
        site.url("/empty"): "empty",
        site.url("/pdf"): "not a PDF, whatever its name says",
        "ftp://x.org/a": "not a web address; it must start with http:// or https://",
        "file:///etc/passwd": "not a web address; it must start with http:// or https://",
        "nonsense": "not a web address; it must start with http:// or https://",
        "http://me:secret@x.org/": "an address with a password in it; give one without",
    }
    found = read(good, *wanted)
    assert found.rows["path"].to_list() == [good]
    assert dict(found.losses.select("path", "reason").iter_rows()) == wanted


def test_hosts_that_cannot_be_reached_are_losses(site: Site) -> None:
    address = f"http://127.0.0.1:{site.server_port}/x"
    site.server_close()
    assert reason(address).startswith("cannot be reached (")
    assert reason("http://nowhere.invalid/").startswith("nowhere.invalid is not known (")


def test_redirects_are_followed_and_end(site: Site) -> None:
    target = site.html("/target", "Here.")
    site.pages["/a"] = (302, {"Location": "/b#part"}, b"")
    site.pages["/b"] = (301, {"Location": target}, b"")
    site.pages["/circle"] = (302, {"Location": "/circle"}, b"")
    site.pages["/out"] = (302, {"Location": "file:///etc/passwd"}, b"")
    found = read(*map(site.url, ("/a", "/circle", "/out")))
    assert found.rows["path"].to_list() == [site.url("/a")]
    assert dict(found.losses.select("path", "reason").iter_rows()) == {
        site.url("/circle"): "over 5 redirects; give the address that they lead to",
        site.url("/out"): "not a web address; it must start with http:// or https://",
    }
    assert [path for path, _ in site.seen].count("/circle") == 6


def test_private_networks_are_refused_also_by_name_and_after_redirects(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = site.html("/page", "Secret.")
    for address in (page, site.url("/page", "localhost"), site.url("/page", "[::ffff:127.0.0.1]")):
        assert "an address of a private network; set allow_private" in reason(
            address, allow_private=False
        )
    assert site.seen == []
    # the site plays a public host; where it redirects to is private
    site.pages["/redirect"] = (302, {"Location": site.url("/page", "localhost")}, b"")
    names(monkeypatch, {"public.test": ["8.8.8.8"], "localhost": ["127.0.0.1"]})
    monkeypatch.setattr("httpcore2.SyncBackend.connect_tcp", rerouted(site))
    found = reason(site.url("/redirect", "public.test"), allow_private=False)
    assert found.startswith("localhost is at 127.0.0.1, an address of a private network")
    assert [path for path, _ in site.seen] == ["/redirect"]


def test_a_name_that_changes_its_address_gains_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.html("/page", "Secret.")
    answers = {"sly.test": ["8.8.8.8", "127.0.0.1"]}
    names(monkeypatch, answers, one_each=True)
    connected: list[str] = []
    monkeypatch.setattr("httpcore2.SyncBackend.connect_tcp", rerouted(site, connected))
    read(site.url("/page", "sly.test"), allow_private=False)
    assert connected == ["8.8.8.8"]  # the very address that was checked
    assert len(answers["sly.test"]) == 1
    answers["sly.test"] = ["8.8.8.8", "10.0.0.1"]
    names(monkeypatch, answers)
    assert "sly.test is at 10.0.0.1" in reason(site.url("/page", "sly.test"), allow_private=False)


def names(
    monkeypatch: pytest.MonkeyPatch, hosts: dict[str, list[str]], one_each: bool = False
) -> None:
    """Let names resolve to these addresses, or each time to the next one of them."""

    def getaddrinfo(host: str, port: int, **_: object) -> list:
        found = [hosts[host].pop(0)] if one_each else hosts[host]
        return [(2, 1, 6, "", (ip, port)) for ip in found]

    fake = SimpleNamespace(getaddrinfo=getaddrinfo, SOCK_STREAM=1)
    monkeypatch.setattr("curate.sources.public_network.socket", fake)


def rerouted(site: Site, seen: list[str] | None = None) -> Callable:
    import httpcore2

    real = httpcore2.SyncBackend.connect_tcp

    def connect_tcp(self: object, host: str, port: int, *more: object) -> object:
        if seen is not None:
            seen.append(host)
        return real(self, "127.0.0.1", site.server_port, *more)

    return connect_tcp


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True), ("2606:4700::1111", True), ("::ffff:8.8.8.8", True),
        ("127.0.0.1", False), ("10.1.2.3", False), ("172.16.0.1", False), ("192.168.1.1", False),
        ("169.254.169.254", False), ("100.64.0.1", False), ("0.0.0.0", False), ("224.0.0.1", False),
        ("255.255.255.255", False), ("::1", False), ("::", False), ("fe80::1%eth0", False),
        ("fc00::1", False), ("fec0::1", False), ("::ffff:127.0.0.1", False),
        ("2002:7f00:1::", False), ("64:ff9b::808:808", True), ("64:ff9b::7f00:1", False), ("2001:0:808:808::807f:fffe", False),
    ],
)  # fmt: skip
def test_addresses_of_the_public_network(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_large_pages_are_losses_packed_or_not(site: Site) -> None:
    good = site.html("/good", "Good.")
    site.pages["/large"] = (200, TYPE, b"x" * 5000)
    site.pages["/bomb"] = (200, {**TYPE, "Content-Encoding": "gzip"}, gzip.compress(b"x" * 10**7))
    site.pages["/packed"] = (
        200, {**TYPE, "Content-Encoding": "gzip"}, gzip.compress(HTML.format("Packed.").encode())
    )  # fmt: skip
    site.pages["/cut"] = (200, {**TYPE, "Content-Encoding": "gzip"}, gzip.compress(b"x" * 99)[:20])
    site.pages["/br"] = (200, {**TYPE, "Content-Encoding": "br"}, b"x")
    site.pages["/endless"] = (200, {**TYPE, "Content-Length": "99999"}, b"x" * 100)
    paths = ("/large", "/bomb", "/packed", "/cut", "/br", "/endless")
    found = read(good, *map(site.url, paths), max_bytes=4000)
    assert found.rows["path"].to_list() == [good, site.url("/packed")]
    reasons = dict(found.losses.select("path", "reason").iter_rows())
    large = "over 4,000 bytes; raise max_bytes or leave it out"
    assert reasons[site.url("/large")] == reasons[site.url("/bomb")] == large
    assert reasons[site.url("/cut")] == "cut short; try again"
    assert reasons[site.url("/br")] == "the server packed it as br, which was not asked for"
    assert reasons[site.url("/endless")].startswith("cannot be reached (")


@pytest.mark.parametrize("silent", [True, False])
def test_a_page_that_trickles_or_does_not_come_ends(site: Site, silent: bool) -> None:
    address = site.html("/slow", "x" * 1000)
    site.silent["/slow"] = 40 if silent else 0
    site.trickle["/slow"] = 0.05
    started = time.monotonic()
    assert reason(address, max_seconds=1) == "took too long; try again, or raise max_seconds"
    assert time.monotonic() - started < 30


def test_reading_ends_at_max_total(site: Site) -> None:
    addresses = [site.html(f"/{n}", f"Page {n}.") for n in range(100)]
    found = read(*addresses, max_total=300, concurrency=2)
    assert found.rows["path"].to_list() == addresses[: found.rows.height]
    assert found.rows.height == 3
    assert found.losses.height == 97
    assert set(found.losses["reason"]) == {
        "not read: the source is over max_total; raise it or read less"
    }
    assert len(site.seen) < 20


def test_reading_twice_gives_the_same(site: Site) -> None:
    addresses = [site.html(f"/{n}", f"Page {n}.") for n in range(20)]
    for n in range(0, 20, 3):
        site.trickle[f"/{n}"] = 0.0005
    first, second = read(*addresses), read(*addresses)
    assert first.rows.equals(second.rows)
    assert first.rows["path"].to_list() == addresses


def test_a_list_without_addresses(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="`urls` holds no addresses. Give it `path: urls.txt`"):
        Urls().read()
    (tmp_path / "urls.txt").write_bytes(b"\x89PNG\0")
    with pytest.raises(InputError, match="urls.txt is no list of addresses: binary, not text"):
        Urls(path=str(tmp_path / "urls.txt")).read()
    with pytest.raises(InputError, match="nowhere.txt is no list of addresses"):
        Urls(path=str(tmp_path / "nowhere.txt")).read()
    with pytest.raises(InputError, match="is no list of addresses"):
        Urls(path="a\0b").read()
