"""HTML pages: the main text as Markdown, without what stands around it."""

from __future__ import annotations

from pathlib import Path

import pytest

from curate.sources.files import Files
from curate.sources.load import Unreadable
from curate.sources.web_page import read_page

PARAGRAPH = (
    "The garden lies behind the house. It has beds of roses along the wall, and in the middle "
    "there is a pond where frogs live from March until October. "
)
CHROME = (
    '<nav><ul><li><a href="/">Home</a></li><li><a href="/shop">Shop</a></li></ul></nav>'
    '<div class="sidebar"><a href="/a">Related</a> <a href="/b">Popular posts</a></div>'
)


def page(body: str, title: str = "Gardens") -> str:
    return (
        f"<!DOCTYPE html><html><head><title>{title}</title><style>p {{}}</style></head><body>"
        f"{CHROME}<h1>Gardens</h1><p>{PARAGRAPH * 3}</p>{body}<p>{PARAGRAPH}</p>"
        "<footer>Copyright, cookies</footer><script>track()</script></body></html>"
    )


def text(body: str) -> str:
    return read_page(page(body)).text


def test_headings_survive_and_what_stands_around_does_not() -> None:
    found = text(f"<div><h2>Roses <a href='#roses'>¶</a></h2><p>{PARAGRAPH}</p></div>")
    assert found.startswith(f"# Gardens\n\n{PARAGRAPH.strip()}")
    assert "\n## Roses\n\nThe garden lies" in found
    for chrome in ("Home", "Shop", "Popular", "cookies", "track", "¶"):
        assert chrome not in found


def test_the_title_is_that_of_the_page_or_else_its_first_heading(tmp_path: Path) -> None:
    assert read_page(page("", "All gardens")).title == "All gardens"
    (tmp_path / "a.html").write_text(page("", ""))
    assert Files(path=str(tmp_path)).read().rows["title"].to_list() == ["Gardens"]


def test_code_keeps_its_lines_and_its_fence() -> None:
    code = '<pre><span class="k">def</span> f():\n\n\n    return {1: 2}\n</pre>'
    assert "\n\n```\ndef f():\n\n\n    return {1: 2}\n```\n\n" in text(f"<p>So:</p>{code}")
    assert "\n- First\n\n```\nx\n```" in text("<ul><li>First<pre>x</pre></li><li>Next</li></ul>")
    assert "\n````\n```\n````\n" in text("<pre>```</pre>")


def test_inline_code_stays_in_its_line_and_signs_are_not_escaped() -> None:
    found = text("<p>Call <code>os.\n path_join</code> for a_b and 2 * 3 &lt; 7 [x].</p>")
    assert "Call `os. path_join` for a_b and 2 * 3 < 7 [x]." in found


def test_long_definitions_are_sections_of_their_own() -> None:
    terms = "".join(
        f"<dt>grow_{n}(seed)<a href='#'>¶</a></dt><dd><p>{PARAGRAPH}</p></dd>" for n in (1, 2)
    )
    found = text(f"<dl>{terms}</dl>")
    assert f"\n##### grow_1(seed)\n\n{PARAGRAPH.strip()}\n\n##### grow_2(seed)\n" in found


def test_lists_and_tables() -> None:
    found = text(
        "<ol><li>One<ul><li>a</li></ul></li><li>Two</li></ol>"
        "<table><tr><th>Name</th><th>Size</th></tr><tr><td>Pond</td><td>3</td></tr></table>"
    )
    assert "1. One\n  - a\n2. Two" in found
    assert "| Pond | 3 |" in found


def test_a_short_page_is_read() -> None:
    assert read_page("<h1>Note</h1><p>Closed <b>today</b>.").text == "# Note\n\nClosed **today**."
    assert read_page("Closed.").text == "Closed."


def test_a_page_of_very_many_parts_is_read_by_the_plain_conversion() -> None:
    body = "<h2>Days</h2><ul><li>one<li>two</ul><pre>a\n b</pre>" + "<i>x</i>\n" * 5000
    found = text(body)
    assert "## Days\n\n- one\n- two\n\n```\na\n b\n```\n\nx x x" in found
    assert "Home" not in found
    assert "cookies" not in found


@pytest.mark.parametrize("html", ["", "   ", "<p></p>", "<script>x</script>", "<!-- x -->", "<br>"])
def test_a_page_without_text(html: str) -> None:
    with pytest.raises(Unreadable, match="no text in this page"):
        read_page(html)


def test_an_encoding_that_the_page_names_is_used(tmp_path: Path) -> None:
    html = '<meta charset="iso-8859-1"><h1>Caf\xe9</h1><p>Open</p>'
    (tmp_path / "a.html").write_bytes(html.encode("iso-8859-1"))
    (tmp_path / "b.html").write_bytes(html.replace("iso-8859-1", "rot13").encode("iso-8859-1"))
    found = Files(path=str(tmp_path)).read()
    assert found.rows["text"].to_list() == ["# Café\n\nOpen"]
    assert found.losses["reason"][0].startswith("not UTF-8 text (byte 0xe9")


@pytest.mark.parametrize(
    ("head", "data", "text"),
    [
        ('<meta charset="utf-16">', "Café".encode(), "Café"),
        ('<meta charset="UTF-16LE">', "Café".encode(), "Café"),
        ('<meta charset="iso-8859-1">', b"\x93Caf\xe9\x94 10 \x80", "“Café” 10 €"),
        ("<meta charset=latin1>", b"\x80", "€"),
        ("<meta charset='us-ascii'>", b"\x80", "€"),
        ("<META content='text/html; charset=ISO_8859-1:1987'>", b"\x80", "€"),
        ('<meta charset="iso-8859-9">', b"\xfe \x80", "ş €"),
        ('<?xml version="1.0" encoding="koi8-r"?>', "мир".encode("koi8-r"), "мир"),
        ('<meta charset="shift_jis">', "①猫".encode("cp932"), "①猫"),
        ('<meta charset="gb2312">', "猫€".encode("gb18030"), "猫€"),
        ('<!-- <meta charset="koi8-r"> --><meta charset="latin1">', b"\xe9", "é"),
        ('<script charset="koi8-r"></script><meta charset="utf-8">', "é".encode(), "é"),
        ('<meta charset="x-none"><meta charset="koi8-r">', "мир".encode("koi8-r"), "мир"),
        ('<meta charset="idna">', "Café xn--caf-dma".encode(), "Café xn--caf-dma"),
        ('<meta charset="punycode">', b"caf-dma", "caf-dma"),
        ('<meta charset="unicode_escape">', rb"caf\u00e9", r"caf\u00e9"),
        ('<meta charset="raw-unicode-escape">', rb"caf\u00e9", r"caf\u00e9"),
        ('<meta charset="utf-7">', b"caf+AOk-", "caf+AOk-"),
        ('<meta charset="undefined">', b"cafe", "cafe"),
        ('<meta charset="cp037">', b"cafe", "cafe"),
    ],
)
def test_encodings_are_those_of_the_standard(
    tmp_path: Path, head: str, data: bytes, text: str
) -> None:
    (tmp_path / "a.html").write_bytes(head.encode() + b"<p>" + data + b"</p>")
    assert Files(path=str(tmp_path)).read().rows["text"].to_list() == [text]


def test_whitespace_without_end_does_not_end_the_run() -> None:
    gap = " " * 2_000_000  # work that grew with the square would not end
    found = read_page(f"<table><tr><td><pre>x{gap}y</pre></td></tr></table><pre>z</pre>").text
    assert found.split() == ["|", "x", "y", "|", "```", "z", "```"]
    assert "q" in read_page(page(f"<p>a</p>{gap}<pre>q{gap}r</pre>{gap}<p>b</p>")).text


def test_blocks_of_code_that_follow_each_other() -> None:
    assert "So:\n\n```\na\n```\n\n```\nb\n```\n\nThe" in text("<p>So:</p><pre>a</pre> <pre>b</pre>")


@pytest.mark.parametrize("tag", ["div", "b", "ul><li", "table><tr><td", "blockquote"])
def test_a_page_that_is_nested_without_end_is_refused(tag: str) -> None:
    with pytest.raises(Unreadable, match="over 255 elements deep"):
        read_page(page(f"<{tag}>x" * 1_000_000))


@pytest.mark.parametrize(
    "part", ["<span>a</span> ", "<p><a href='x'>l</a></p>", "<li>a", "a<br>", "<"]
)
def test_a_page_of_very_many_parts_is_read(part: str) -> None:
    assert read_page(page(part * 60_000)).text.strip()  # trafilatura alone: the square of that
