"""Where documents are cut, what a passage knows of its place, and which passages are chosen."""

from __future__ import annotations

import itertools
import re

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from curate.generate.passages import cut, select
from curate.schema import DOCUMENT, PASSAGE
from curate.text import digest
from curate.tokens import count_tokens

SENTENCE = "The gate of the garden stays open until the last of the guests has gone home. "


def frame(*texts: str) -> pl.DataFrame:
    rows = [
        {"id": digest(text), "path": f"{at}.md", "title": "", "text": text, "licence": ""}
        for at, text in enumerate(texts)
    ]
    return pl.DataFrame(rows, schema=DOCUMENT)


def texts(text: str, tokens: int = 60) -> list[str]:
    return cut(frame(text), tokens)["text"].to_list()


def headings(text: str, tokens: int = 60) -> list[str]:
    return cut(frame(text), tokens)["heading"].to_list()


def test_a_short_document_is_one_passage_without_its_heading() -> None:
    text = "# Gardens\n\n" + SENTENCE * 2 + "\n"
    (row,) = cut(frame(text), 60).iter_rows(named=True)
    assert row["text"] == (SENTENCE * 2).strip()
    assert row["heading"] == "Gardens"
    assert text[row["start"] : row["end"]] == row["text"]
    assert row["document"] == digest(text)


def test_the_frame_has_the_columns_of_a_passage() -> None:
    assert cut(frame(SENTENCE * 3), 60).schema == PASSAGE
    assert cut(frame(), 60).schema == PASSAGE


def test_cuts_are_at_headings_first() -> None:
    part = SENTENCE * 2
    text = f"# Garden\n\n## North\n\n{part}\n\n{part}\n\n## South\n\n{part}\n"
    assert headings(text, 80) == ["Garden > North", "Garden > South"]
    assert texts(text, 80)[1] == part.strip()


def test_small_sections_under_the_same_heading_share_a_passage() -> None:
    short = "Tulips grow here in spring and asters in autumn."
    text = f"# Beds\n\n## One\n\n{short}\n\n## Two\n\n{short}\n\n# Paths\n\n{SENTENCE * 3}\n"
    first, second = cut(frame(text), 60).iter_rows(named=True)
    assert first["heading"] == "Beds"
    assert first["text"] == f"## One\n\n{short}\n\n## Two\n\n{short}"
    assert second["heading"] == "Paths"


def test_underlined_headings_count_too() -> None:
    part = SENTENCE * 3
    text = f"Names\n*****\n\n{part}\n\n\nScopes\n======\n\n{part}\n"
    assert headings(text) == ["Names", "Names > Scopes"]


def test_long_sections_are_cut_between_paragraphs_of_about_equal_length() -> None:
    paragraphs = [f"{SENTENCE}{SENTENCE}This is paragraph {n}." for n in range(4)]
    passages = texts("\n\n".join(paragraphs), 140)
    assert passages == ["\n\n".join(paragraphs[:2]), "\n\n".join(paragraphs[2:])]


def test_long_paragraphs_are_cut_between_sentences() -> None:
    passages = texts((SENTENCE * 12).strip())
    assert len(passages) >= 3
    assert all(p.startswith("The gate") and p.endswith("gone home.") for p in passages)


@pytest.mark.parametrize(
    "inner", ["e.g. Paris", "i.e. Rome", "Python 3.11 or", "self.x and", "Dr. Who", "J. S. Bach"]
)
def test_no_sentence_ends_at(inner: str) -> None:
    sentence = f"One thing that many people like to see once is {inner} Friends of theirs. "
    passages = texts((sentence * 8).strip(), 40)
    assert len(passages) > 2
    assert all(p.startswith("One thing") and p.endswith("theirs.") for p in passages)


def test_chinese_and_japanese_sentences_end_at_their_own_signs() -> None:
    passages = texts("猫は一日に十六時間ほど眠る動物です。" * 8, 60)
    assert len(passages) > 2
    assert all(p.startswith("猫") and p.endswith("です。") for p in passages)


def test_code_that_fits_is_not_cut_and_stays_with_what_introduces_it() -> None:
    code = "```python\ndef area(r):\n\n    # a circle\n    return 3 * r * r\n```"
    text = f"{SENTENCE * 3}\n\nThis is how to do it:\n\n{code}\n\n{SENTENCE * 3}\n"
    assert any(f"This is how to do it:\n\n{code}" in passage for passage in texts(text, 70))


def test_code_that_does_not_fit_is_cut_between_lines() -> None:
    lines = [f"total_{n} = add(total_{n - 1}, {n})" for n in range(1, 60)]
    passages = texts("```\n" + "\n".join(lines) + "\n```\n", 100)
    assert len(passages) > 5
    inside = [line for passage in passages for line in passage.splitlines() if line != "```"]
    assert inside == lines
    assert not any(passage.endswith("\n```\n```") or passage == "```" for passage in passages)


def test_a_definition_that_is_cut_stays_named() -> None:
    body = "\n\n".join(f"   {SENTENCE}{SENTENCE}" for _ in range(3))
    text = f"Methods\n*******\n\nobject.__len__(self)\n\n{body}\n"
    found = headings(text)
    assert len(found) == 3
    assert set(found) == {"Methods > object.__len__(self)"}


def test_the_first_line_keeps_its_indentation() -> None:
    text = "Example\n*******\n\n   while there_is_more():\n       read_the_next_one_of_them()\n       show(it)\n"
    (passage,) = texts(text)
    assert passage.startswith("   while")


def test_words_and_then_characters_are_cut_only_where_nothing_else_is_left() -> None:
    assert all(" " not in p[-1] and p.startswith("word") for p in texts("word " * 500))
    assert "".join(texts("x" * 5000)) == "x" * 5000


def test_headings_alone_and_scraps_are_left_out() -> None:
    assert texts("# One\n\n## Two\n\n### Three\n") == []
    assert texts("Too short to ask about.") == []
    assert texts("1 2 3 4 5 6 7 8 9 10 - 11 12 13 14 15 16 17 18 19 20 + 21 22 23 24") == []


def test_no_passage_ends_with_a_heading_or_starts_with_a_comment() -> None:
    text = f"# Garden\n\n<!-- added: 2020 -->\n\n{SENTENCE * 2}\n\n## Empty\n"
    assert texts(text) == [(SENTENCE * 2).strip()]


def test_the_reference_gives_passages_of_a_useful_size() -> None:
    from pydoc_data.topics import topics

    passages = cut(frame(*set(topics.values())), 350)
    sizes = sorted(map(count_tokens, passages["text"]))
    assert 400 < len(sizes) < 700
    assert sizes[0] >= 20
    assert sizes[len(sizes) // 2] > 200
    assert sizes[-1] <= 350
    assert sum(size < 60 for size in sizes) < 10
    assert passages["id"].n_unique() == passages.height


MARKUP = st.sampled_from(
    [
        "# A\n",
        "## B\n",
        "T\n===\n",
        "U\n***\n",
        "V\n~~~\n",
        "```\n",
        "~~~~\n",
        "    code\n",
        "- item\n",
        "\n",
        "\n\n",
        "  ",
        "\t",
        "word ",
        "e.g. ",
        "End. ",
        "Ende! Und ",
        "終わり。",
        "::\n\n",
        "**bold**\n",
        SENTENCE,
        SENTENCE * 5 + "\n\n",
        "x" * 90,
        "+---+---+\n",
        "<!-- c -->\n",
        ".. _label:\n",
        "\x85",
        "\u2028",
    ]
)
DOCUMENTS = st.lists(MARKUP | st.text(max_size=60), max_size=30).map("".join)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(DOCUMENTS, st.integers(16, 120))
@example("```\n" + "x" * 400 + "\n```", 16)
@example("A\n---\nB\n---\n", 16)
def test_whatever_the_text_passages_are_true_in_order_apart_and_within_the_budget(
    text: str, tokens: int
) -> None:
    passages = cut(frame(text), tokens)
    end = 0
    for row in passages.iter_rows(named=True):
        assert text[row["start"] : row["end"]] == row["text"]
        assert row["start"] >= end
        assert count_tokens(row["text"]) <= tokens
        assert row["text"].strip()
        end = row["end"]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from([SENTENCE, SENTENCE * 4, "# Top\n\n", "\n\n", "\n", "Few words. "]),
        max_size=20,
    )
)
def test_nothing_but_whitespace_headings_and_scraps_is_lost(parts: list[str]) -> None:
    text = "".join(parts)
    end = 0
    spans = cut(frame(text), 60).select("start", "end").rows()
    for start, after in [*spans, (len(text), len(text))]:
        lost = re.sub(r"^# .*$", "", text[end:start], flags=re.MULTILINE)
        assert count_tokens(lost.strip()) < 20
        end = after


def documents(sizes: list[int]) -> pl.DataFrame:
    return cut(
        frame(
            *(
                "\n\n".join(f"{SENTENCE * 3}{at} {n}" for n in range(size))
                for at, size in enumerate(sizes)
            )
        ),
        60,
    )


def test_selection_spreads_over_the_documents() -> None:
    passages = documents([40, 3, 10, 1])
    per_document = select(passages, 8)["document"].value_counts()["count"].sort().to_list()
    assert per_document == [1, 2, 2, 3]


def test_selection_keeps_the_order_and_takes_more_than_the_first() -> None:
    passages = documents([40])
    chosen = select(passages, 10)
    places = [passages["id"].to_list().index(key) for key in chosen["id"]]
    assert places == sorted(places)
    assert places != list(range(10))


def test_a_higher_limit_only_adds_passages() -> None:
    passages = documents([7, 1, 12, 5])
    sets = [set(select(passages, limit)["id"]) for limit in range(1, passages.height + 3)]
    assert all(less <= more for less, more in itertools.pairwise(sets))
    assert [len(chosen) for chosen in sets[: passages.height]] == list(
        range(1, passages.height + 1)
    )
    assert select(passages, None).equals(passages)


@pytest.mark.parametrize(
    "part",
    ["a", "( ", "\n", "- a\n", "```\n", "...... ", "# a\n\n", "x\n\n  y\n\n", "<!--", "[a]: b\n"],
)
def test_long_hostile_texts_are_cut_like_any_other(part: str) -> None:
    found = cut(frame(part * 60_000), 350)  # work that grew with the square would not end
    assert all(count_tokens(text) <= 350 for text in found["text"])


@pytest.mark.parametrize("gap", ["\n", " ", "\n ", " \n", "\r\n", "\t"])
@pytest.mark.parametrize("lead", ["", "- "])
def test_a_gap_without_end_is_cut_like_any_other(gap: str, lead: str) -> None:
    wide = gap * 60_000  # work that grew with its square would not end
    assert texts(f"x{wide}y", 350) == []
    long = SENTENCE.replace("home", "home with a lantern and a song on the way")
    found = texts(lead + long * 10 + wide + long * 10, 350)
    assert sum(text.count(long.strip()) for text in found) == 20


@pytest.mark.parametrize("gap", ["\n", "  \n", "\n  "])
def test_items_of_a_list_are_cut_apart_whatever_stands_between_them(gap: str) -> None:
    item = "- a plant that grows beside the wall. And needs no more than water"
    assert texts(gap.join([item] * 9), 24)[1:] == [item] * 8


def test_indentation_without_end_does_not_end_the_run() -> None:
    cut(frame("".join(f"{' ' * n}deeper and deeper\n\n" for n in range(2000))), 60)
