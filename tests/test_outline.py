"""Which lines are headings, and of which level."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.outline import first_heading, outline


def found(text: str) -> list[tuple[int, str]]:
    return [(heading.level, heading.title) for heading in outline(text).headings]


def test_markdown_headings() -> None:
    text = "# Tools\n\nText.\n\n## Saws ##\n\n### The `rip` [saw](x.md) {#rip}\n\n#hashtag\n"
    assert found(text) == [(1, "Tools"), (2, "Saws"), (3, "The rip saw")]


def test_underlined_headings_of_the_reference_have_the_level_of_their_first_appearance() -> None:
    text = "Names\n*****\n\nText.\n\nScopes\n======\n\nText.\n\nCells\n-----\n\nMore\n====\n"
    assert found(text) == [(1, "Names"), (2, "Scopes"), (3, "Cells"), (2, "More")]


def test_overlined_headings_are_a_level_of_their_own() -> None:
    text = "=====\nBook\n=====\n\nPart\n====\n\nText.\n"
    assert found(text) == [(1, "Book"), (2, "Part")]
    assert outline(text).headings[0].first == 0


def test_in_markdown_equals_is_above_minus_whichever_comes_first() -> None:
    assert found("Small\n-----\n\nBig\n===\n\n### Tiny\n") == [
        (2, "Small"),
        (1, "Big"),
        (3, "Tiny"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "```\n# a comment\nx = 1\n```\n",
        "~~~~ python\n# a comment\n~~~~\n",
        "    # indented code\n",
        "# one comment\n# and one more\nx = 1\n",
        "Name  Size\n====  ====\na     1\n",
        "| a | b |\n|---|---|\n",
        "A sentence stands above a line that parts.\n---\n",
        "Two lines of a\nparagraph\n---------\n",
        "- an item\n---------\n",
        "----------\n----------\n",
    ],
)
def test_what_only_looks_like_a_heading(text: str) -> None:
    assert found(text) == []


def test_a_fence_that_never_ends_hides_no_heading() -> None:
    assert found("```\n\n# Title\n\nText.\n") == [(1, "Title")]


def test_the_first_heading_is_the_title() -> None:
    assert first_heading("Preface.\n\nGuide\n=====\n") == "Guide"
    assert first_heading("Nothing here.\n") == ""


@given(st.text(alphabet="#=-~`* a\n", max_size=200))
def test_headings_are_in_order_and_apart(text: str) -> None:
    headings = outline(text).headings
    lines = text.count("\n") + 1
    assert all(h.first < h.end <= lines and h.level >= 1 for h in headings)
    assert all(a.end <= b.first for a, b in itertools.pairwise(headings))


@pytest.mark.parametrize(
    "line", ["```a\n", "~~~\n", "=" * 50 + "\n", "# a\n", "[" * 50 + "\n---\n"]
)
def test_long_hostile_texts_are_read_like_any_other(line: str) -> None:
    headings = outline(line * 60_000).headings  # work that grew with the square would not end
    assert all(a.end <= b.first for a, b in itertools.pairwise(headings))
