"""Paraphrases: what counts as one, what never does, and which row stays."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.dedup import semantic
from curate.dedup.duplicates import DUPLICATE
from curate.dedup.particulars import particulars
from curate.dedup.semantic import paraphrases
from curate.embeddings.lexical import Lexical
from curate.errors import InputError
from curate.schema import PAIR

ASKED = ("How do you open a file for reading?", "How can a file be opened for reading?")
SAID = (
    "The built-in function opens the file in text mode and returns a file object.",
    "In text mode, a file object is returned by the built-in function that opens the file.",
)


class Dial:
    """A text is a word and an angle in degrees on that word's circle: `bee at 40`."""

    sample = None

    def embed(self, texts: Sequence[str], progress=None, cache=None):
        self.seen = list(texts)
        words = sorted({text.split(" at ")[0] for text in texts})
        made = np.zeros((len(texts), 2 * max(1, len(words))), np.float32)
        for number, text in enumerate(texts):
            word, _, angle = text.partition(" at ")
            if angle:
                turn = math.radians(sum(ord(letter) - ord("a") for letter in angle) * 5)
                place = 2 * words.index(word)
                made[number, place : place + 2] = math.cos(turn), math.sin(turn)
        return made


def same(one: str, other: str) -> bool:
    return particulars(one) == particulars(other)


def found(frame: pl.DataFrame, threshold: float = 0.9, **more) -> dict[str, str]:
    made = paraphrases(frame, threshold, more.pop("embedding", Dial()), **more)
    assert made.schema == DUPLICATE
    return dict(made.select("id", "kept").iter_rows())


def test_nothing_to_do(pairs):
    assert found(pairs()) == {}
    assert found(pairs(("bee at a", "", "bee at a"))) == {}


def test_a_paraphrase_and_its_reason(pairs):
    frame = pairs(*((asked, "", said) for asked, said in zip(ASKED, SAID, strict=True)))
    made = paraphrases(frame, 0.9, Lexical())
    assert made["id"].to_list() == ["b"]
    assert made["reason"].item().startswith("duplicate of a ")
    assert made["reason"].item().endswith(" ≥ 0.90 by meaning")


def test_instruction_and_output_must_both_be_alike(pairs):
    frame = pairs(
        ("bee at a", "", "bee at a"),
        ("bee at b", "", "bee at e"),  # 5 and 20 degrees off
        ("bee at z", "", "bee at a"),
        ("bee at a", "", "bee at z"),
    )
    made = paraphrases(frame, 0.9, Dial())
    assert made.select("id", "kept").rows() == [("b", "a")]
    assert made["similarity"].item() == pytest.approx(math.cos(math.radians(20)), abs=1e-4)


def test_the_better_row_stays_and_nothing_chains(pairs):
    frame = pairs(
        *(("bee at a", "", f"bee at {angle}") for angle in "aeim"), quality=[0.9, 0.8, 0.7, 0.6]
    )  # 20 degrees from one to the next
    assert found(frame) == {"b": "a", "d": "c"}
    assert found(frame.with_columns(quality=-pl.col("quality"))) == {"c": "d", "a": "b"}


def test_the_most_similar_is_named(pairs):
    frame = pairs(
        ("bee at a", "", "bee at a"), ("bee at a", "", "bee at g"), ("bee at a", "", "bee at d")
    )
    assert found(frame, 0.95) == {"c": "a"}  # 15 degrees from both: the better one
    frame = pairs(
        ("bee at a", "", "bee at a"), ("bee at a", "", "bee at h"), ("bee at a", "", "bee at e")
    )
    assert found(frame, 0.93) == {"c": "b"}


def test_other_inputs_are_other_rows(pairs):
    row = "bee at a"
    frame = pairs((row, "On cats.", row), (row, "on  CATS.", row), (row, "On dogs.", row))
    assert found(frame) == {"b": "a"}


def test_empty_fields_are_alike_and_texts_without_a_vector_are_not(pairs):
    frame = pairs(("", "", "bee at a"), (" ", "", "bee at a"), ("dull", "", "bee at a"))
    assert found(frame) == {"b": "a"}
    assert found(pairs(("dull", "", "bee at a"), ("grey", "", "bee at a"))) == {}


def test_earlier_rows_all_stay(pairs):
    earlier = pairs(("bee at a", "", "bee at a"), ("bee at a", "", "bee at b"), id=["x", "y"])
    rows = pairs(("bee at a", "", "bee at b"), ("cat at a", "", "cat at a"))
    assert found(rows, against=earlier) == {"a": "y"}
    assert found(pairs(), against=earlier) == {}


def test_only_rows_that_another_could_be_like_are_embedded(pairs):
    dial = Dial()
    frame = pairs(("bee at a", "", "it"), ("bee at b", "", "2 bees"), ("bee at c", "", "so"))
    found(frame, embedding=dial)
    assert dial.seen == ["it", "so"]


def test_rows_need_their_own_ids(pairs):
    with pytest.raises(InputError, match="Two rows have the id a"):
        found(pairs(("x", "", "y"), ("x", "", "y"), id=["a", "a"]))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("It takes 2 arguments.", "It takes 3 arguments."),
        ("It takes two arguments.", "It takes three arguments."),
        ("It takes one argument.", "It takes two arguments."),
        ("The first argument.", "The second argument."),
        ("Version 3.11 of it.", "Version 3.12 of it."),
        ("It is called.", "It is not called."),
        ("It is called.", "It isn't called."),
        ("With an index.", "Without an index."),
        ("What does `len` do?", "What does `sum` do?"),
        ("What does `+=` do?", "What does `-=` do?"),
        ("a + b", "a * b"),
        ("What does len() do?", "What does sum() do?"),
        ("It raises ValueError.", "It raises TypeError."),
        ("See os.path here.", "See os.sep here."),
        ("Call get_text here.", "Call set_text here."),
        ("Use --all here.", "Use --none here."),
        ('The "with" statement.', 'The "while" statement.'),
        ("It is True.", "It is False."),
        ("Called before the pass.", "Called after the pass."),
        ("Its maximum is told.", "Its minimum is told."),
    ],
)
def test_particulars_that_tell_texts_apart(one, other):
    assert not same(one, other)
    assert same(one, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What does `len()` do?", 'What is done by "len"?'),
        ("It isn't called.", "It is not called."),
        ("It takes 2 arguments.", "The number of its arguments is two."),
        ("It returns `True`.", "True is returned."),
        ("A file, opened.", "An opened file!"),
    ],
)
def test_particulars_do_not_hang_on_wording(one, other):
    assert same(one, other)


def frame_of(angles: list[tuple[int, int, int]]) -> pl.DataFrame:
    rows = [
        {
            "id": f"r{number:02}",
            "instruction": f"bee at {chr(ord('a') + asked)}",
            "input": "On cats." if kind else "",
            "output": f"bee at {chr(ord('a') + said)}",
        }
        for number, (asked, said, kind) in enumerate(angles)
    ]
    names = ("id", "instruction", "input", "output")
    return pl.DataFrame(rows, schema={name: PAIR[name] for name in names})


def one_by_one(rows, given: int, threshold: float) -> dict[int, tuple[int, float]]:
    """The rule, one row at a time: the best of the most alike that stay, of each that goes."""
    stays: list[int] = []
    gone = {}
    for place, (asked, said, kind) in enumerate(rows):
        like = [
            (round(min(math.cos(math.radians(5 * (asked - rows[s][0]))),
                       math.cos(math.radians(5 * (said - rows[s][1])))), 4), -s)
            for s in stays if rows[s][2] == kind
        ]  # fmt: skip
        best = max((each for each in like if each[0] >= threshold), default=None)
        if place >= given and best:
            gone[place] = (-best[1], best[0])
        else:
            stays.append(place)
    return gone


ANGLES = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(0, 1)), max_size=24)


@given(
    angles=ANGLES, seed=st.integers(0, 99), given_rows=st.integers(0, 4), small=st.integers(1, 5)
)
@settings(max_examples=200, deadline=None)
def test_as_one_by_one_in_any_order_and_block(angles, seed, given_rows, small):
    whole = frame_of(angles)
    earlier, rows = whole.head(given_rows), whole.slice(given_rows)
    before = semantic._BLOCK, semantic._KEPT
    semantic._BLOCK, semantic._KEPT = small, small + 1
    try:
        made = paraphrases(rows, 0.9, Dial(), earlier)
        shuffled = rows.sample(fraction=1, shuffle=True, seed=seed)
        assert paraphrases(shuffled, 0.9, Dial(), earlier).equals(made)
    finally:
        semantic._BLOCK, semantic._KEPT = before
    expected = {
        f"r{row:02}": (f"r{kept:02}", similarity)
        for row, (kept, similarity) in one_by_one(angles, min(given_rows, len(angles)), 0.9).items()
    }
    seen = {
        row: (kept, share) for row, kept, share in made.select("id", "kept", "similarity").rows()
    }
    assert {row: kept for row, (kept, _) in seen.items()} == {
        r: k for r, (k, _) in expected.items()
    }
    for row, (_, share) in seen.items():
        assert share == pytest.approx(expected[row][1], abs=2e-4)
    left = rows.filter(~pl.col("id").is_in(made["id"].to_list()))
    assert paraphrases(left, 0.9, Dial(), earlier).is_empty()
