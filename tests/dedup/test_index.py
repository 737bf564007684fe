"""Signatures in datasketch's index: asked one row at a time."""

from __future__ import annotations

from curate.dedup.index import lsh, sketch
from curate.dedup.options import Dedup

ASKED = "What does the len function return for a list?"
SAID = (
    "The len function returns the number of items of an object, which may be a sequence such as "
    "a string, a tuple or a list, or a collection such as a dictionary or a set."
)


def test_a_row_finds_what_it_is_like(pairs):
    options = Dedup()
    rows = pairs((ASKED, "", SAID), ("Who?", "", "Nobody that is known."), ("", "", ""))
    index = lsh(rows, options)
    assert index.query(sketch(ASKED, "", SAID.replace("or a set", "or a frozen set"), options)) == [
        "a"
    ]
    assert index.query(sketch("Who?", "", "Nobody that is known.", options)) == ["b"]
    assert index.query(sketch("Where is it?", "", "In the house of my uncle.", options)) == []


def test_later_rows_are_added_as_in_any_index_of_datasketch(pairs):
    options = Dedup(num_perm=64)
    index = lsh(pairs(), options)
    made = sketch(ASKED, "", SAID, options)
    assert index.query(made) == []
    index.insert("new", made)
    assert index.query(made) == ["new"]
