"""EPUB: the pages of a book's spine, one after the other."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from curate.errors import InputError
from curate.sources.base import Documents
from curate.sources.files import Files

NO_PAGES = "OEBPS/book.opf in it lists no pages, or is damaged; save it again"
CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
)
PAGE = (
    '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml">'
    "<head><title>x</title></head><body>{}</body></html>"
)
ONE = (
    "<h1>The Garden</h1><p>Roses &amp; frogs.<br/>Café.</p><ol><li>Dig</li><li>Plant</li></ol>"
    "<pre>wet = 1\n\n  dry = 0</pre>"
)
CONTENTS = "<h1>Contents</h1><ul><li><a href='1.xhtml'>The Garden</a></li><li><a href='2.html'>Pond</a></li></ul>"


def package(spine: str, title: str = "Garden Book") -> str:
    items = "".join(
        f'<item id="{name}" href="{href}" media-type="{kind}" properties="{more}"/>'
        for name, href, kind, more in (
            ("one", "pages/1.xhtml", "application/xhtml+xml", ""),
            ("two", "pages/2%20b.html", "application/xhtml+xml", ""),
            ("toc", "pages/toc.xhtml", "application/xhtml+xml", ""),
            ("nav", "nav.xhtml", "application/xhtml+xml", "nav"),
            ("art", "art.svg", "image/svg+xml", ""),
            ("out", "../../../../etc/passwd", "application/xhtml+xml", ""),
        )
    )
    refs = "".join(f'<itemref idref="{name}"/>' for name in spine.split())
    return (
        '<package xmlns="http://www.idpf.org/2007/opf"><metadata '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{title}</dc:title></metadata>'
        f"<manifest>{items}</manifest><spine>{refs}</spine></package>"
    )


def book(spine: str = "nav toc two one art", **more: str) -> bytes:
    parts = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": CONTAINER,
        "OEBPS/book.opf": package(spine),
        "OEBPS/nav.xhtml": PAGE.format("<nav>Contents</nav><p>Nothing else</p>"),
        "OEBPS/pages/1.xhtml": PAGE.format(ONE),
        "OEBPS/pages/2 b.html": PAGE.format("<h2>The Pond</h2><p>Frogs.</p>"),
        "OEBPS/pages/toc.xhtml": PAGE.format(CONTENTS),
        "OEBPS/art.svg": "<svg/>",
    }
    parts.update({name.replace("__", "/").replace("_", "."): text for name, text in more.items()})
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return stream.getvalue()


def read(path: Path, data: bytes) -> Documents:
    path.write_bytes(data)
    return Files(path=str(path)).read()


def reason(path: Path, data: bytes) -> str:
    with pytest.raises(InputError) as caught:
        read(path, data)
    return str(caught.value).split("a.epub: ")[-1]


def test_a_book_is_read_in_the_order_of_its_spine(tmp_path: Path) -> None:
    found = read(tmp_path / "a.epub", book())
    assert found.rows["title"].to_list() == ["Garden Book"]
    assert found.rows["text"].to_list() == [
        "# Contents\n\n## The Pond\n\nFrogs.\n\n# The Garden\n\nRoses & frogs.\nCafé.\n\n"
        "1. Dig\n2. Plant\n\n```\nwet = 1\n\n  dry = 0\n```"
    ]
    assert found.losses.is_empty()


def test_a_page_that_is_missing_or_damaged_is_told(tmp_path: Path) -> None:
    found = read(tmp_path / "a.epub", book("one out one", OEBPS__nav_xhtml="x"))
    assert found.rows["text"][0].startswith("# The Garden")
    (why,) = found.losses["reason"]
    assert "etc/passwd is missing in it" in why


def test_million_deep_pages_are_told(tmp_path: Path) -> None:
    deep = PAGE.format("<div>" * 1_000_000)
    found = read(tmp_path / "a.epub", book("one nav two", OEBPS__pages__1_xhtml=deep))
    assert found.rows["text"].to_list() == ["## The Pond\n\nFrogs."]
    assert "1.xhtml: over 255 elements deep" in found.losses["reason"][0]


def test_a_book_with_drm_is_a_loss(tmp_path: Path) -> None:
    def locked(name: str) -> str:
        return (
            '<encryption xmlns:e="http://www.w3.org/2001/04/xmlenc#"><e:EncryptedData>'
            f'<e:CipherData><e:CipherReference URI="{name}"/></e:CipherData></e:EncryptedData>'
            "</encryption>"
        )

    data = book(**{"META-INF__encryption_xml": locked("OEBPS/pages/1.xhtml")})
    assert reason(tmp_path / "a.epub", data) == "protected by DRM; get it without"
    data = book(**{"META-INF__encryption_xml": locked("OEBPS/font.otf")})
    assert read(tmp_path / "a.epub", data).rows.height == 1


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (book("nav"), NO_PAGES),
        (book("one", OEBPS__pages__1_xhtml=PAGE.format("<p>…</p>")), "no text in it"),
        (book(OEBPS__book_opf=""), "OEBPS/book.opf in it is not XML; save it again"),
        (book(**{"META-INF__container_xml": "<x/>"}), "META-INF/container.xml in it names no book"),
        (b"no book", "not a whole ZIP archive"),
    ],
)
def test_what_cannot_be_read_is_a_loss(tmp_path: Path, data: bytes, why: str) -> None:
    assert reason(tmp_path / "a.epub", data).startswith(why)


def test_an_entity_bomb_ends(tmp_path: Path) -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    head = f'<!DOCTYPE package [<!ENTITY e0 "{"x" * 1000}">{entities}]>'
    bomb = head + package("one", "&e11;")
    data = book(OEBPS__book_opf=bomb)
    assert reason(tmp_path / "a.epub", data) == NO_PAGES
