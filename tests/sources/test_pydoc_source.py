"""The language reference as documents."""

from __future__ import annotations

from curate.schema import DOCUMENT, LOSS
from curate.sources.pydoc import Pydoc
from curate.text import digest


def test_each_topic_is_a_document_or_says_where_else_its_text_is() -> None:
    from pydoc_data.topics import topics

    read = Pydoc().read()
    assert read.rows.schema == DOCUMENT
    assert read.losses.schema == LOSS
    assert sorted([*read.rows["path"], *read.losses["path"]]) == sorted(topics)


def test_a_document_of_the_reference() -> None:
    rows = Pydoc().read().rows
    (row,) = rows.filter(path="lambda").iter_rows(named=True)
    assert row["title"] == "Lambdas"
    assert row["licence"] == "psf-2.0"
    assert row["text"].startswith("Lambdas\n*******\n")
    assert row["id"] == digest(row["text"])
    assert rows["path"].to_list() == sorted(rows["path"])


def test_a_topic_that_is_a_section_of_another_is_read_once() -> None:
    read = Pydoc().read()
    reasons = dict(read.losses.select("path", "reason").iter_rows())
    assert reasons["while"] == "stands word for word in another topic: compound"
    assert "while" not in read.rows["path"].to_list()
    (compound,) = read.rows.filter(path="compound")["text"]
    assert 'The "while" statement' in compound
