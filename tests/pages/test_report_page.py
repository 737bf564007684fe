"""`curate report`: a version as a page."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

from curate.cli import main
from curate.publish.verify import sums

ATTACK = "<script>alert(1)</script><img src=x onerror=alert(2)> \x1b[31m {{ 7 * 7 }}"


def curate(*args: str, code: int = 0) -> Result:
    result = CliRunner().invoke(main, args)
    assert result.exit_code == code, result.output
    return result


class Page(HTMLParser):
    """Tags and text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [str(value) for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def version(small: Path) -> Path:
    curate("generate", "small.yaml")
    curate("filter", "small.yaml", "--min-quality", "0.9")
    curate("publish", "small.yaml")
    return small / "datasets/small/0.1.0"


def test_the_page_says_what_stayed_and_what_went(version: Path) -> None:
    output = curate("report", "small").output
    assert "reports/small-0.1.0.html" in output
    page = Page(Path("reports/small-0.1.0.html").read_text(encoding="utf-8"))
    facts = json.loads((version / "manifest.json").read_text())
    assert f"{facts['counts']['live']} live" in page.text
    dropped = pl.read_parquet(version / "rejected").sort("id")
    assert dropped.height
    assert dropped["dropped"][0] in page.text
    for path in (document["path"] for document in facts["documents"]):
        assert path in page.text


def test_the_page_asks_nothing_of_the_network(version: Path) -> None:
    curate("report", "small", "-o", "page.html")
    page = Page(Path("page.html").read_text(encoding="utf-8"))
    assert "script" not in page.tags
    assert all(link.startswith("data:") for link in page.links)


def test_hostile_rows_are_text(version: Path) -> None:
    for file in version.glob("*/*.parquet"):
        if file.parent.name in ("data", "rejected"):
            rows = pl.read_parquet(file)
            rows.with_columns(instruction=pl.lit(ATTACK), output=pl.lit(ATTACK)).write_parquet(file)
    facts = json.loads((version / "manifest.json").read_text())
    facts["files"] = sums(version)  # so published
    (version / "manifest.json").write_text(json.dumps(facts))
    before = Page(_page("small")).tags
    assert "script" not in before
    assert "onerror=alert" in Page(_page("small")).text
    assert "\x1b" not in _page("small")
    assert "{{ 7 * 7 }}" in Page(_page("small")).text


def _page(name: str) -> str:
    curate("report", name, "-o", "page.html")
    return Path("page.html").read_text(encoding="utf-8")


def test_json_has_topics_verbs_and_reasons(version: Path) -> None:
    told = json.loads(curate("report", "small", "--json").output)
    rows = pl.concat(
        [pl.read_parquet(version / part).select("dropped") for part in ("data", "rejected")]
    )
    assert sum(topic["rows"] for topic in told["topics"]) == rows.height
    assert sum(topic["kept"] for topic in told["topics"]) == told["facts"]["counts"]["live"]
    assert sum(reason["count"] for reason in told["reasons"]) == rows["dropped"].count()
    assert 0 < told["verbs"]["kept"] <= told["verbs"]["all"]


def test_an_unknown_dataset_is_named(small: Path) -> None:
    assert "nothing" in curate("report", "nothing", code=2).output
