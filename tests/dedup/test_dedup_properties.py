"""What holds of every set of rows: order, repetition, and the evidence for each decision."""

from __future__ import annotations

import random

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.dedup.corpus import best_first
from curate.dedup.duplicates import near_duplicates
from curate.dedup.options import Dedup

SENTENCE = "a list tuple is not changed after it was made += == . 列表 可变 one two three four"
WORDS = SENTENCE.split()
TEXT = st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)
ROW = st.fixed_dictionaries(
    {
        "instruction": TEXT,
        "input": st.sampled_from(["", "", "a text", "another text"]),
        "output": TEXT,
        "quality": st.one_of(st.none(), st.floats(0, 1)),
        "end": st.integers(1, 3),
    }
)
SCHEMA = {
    "id": pl.String,
    "instruction": pl.String,
    "input": pl.String,
    "output": pl.String,
    "quality": pl.Float64,
    "start": pl.Int64,
    "end": pl.Int64,
}


def variant(row: dict, chance: random.Random) -> dict:
    """`row` with one word changed, so that there is something to find."""
    words = row["output"].split() or ["x"]
    words[chance.randrange(len(words))] = chance.choice(WORDS)
    return row | {"output": " ".join(words)}


@st.composite
def frames(draw: st.DrawFn) -> pl.DataFrame:
    rows = draw(st.lists(ROW, max_size=8))
    chance = random.Random(draw(st.integers(0, 99)))
    rows += [variant(row, chance) for row in rows for _ in range(chance.randrange(3))]
    named = [row | {"id": f"r{number:02}", "start": 0} for number, row in enumerate(rows)]
    return pl.DataFrame(named, schema=SCHEMA)


OPTIONS = st.builds(
    Dedup, threshold=st.sampled_from([0.3, 0.6, 0.8, 1.0]), ngram=st.sampled_from([1, 3])
)


FIELDS = ("instruction", "input", "output")


@given(frame=frames(), options=OPTIONS, seed=st.integers(0, 9), workers=st.sampled_from([1, 2, 5]))
@settings(max_examples=60, deadline=None)
def test_order_and_workers_do_not_matter(frame, options, seed, workers):
    shuffled = frame.sample(fraction=1.0, shuffle=True, seed=seed)
    found = near_duplicates(shuffled, options, workers=workers)
    assert found.equals(near_duplicates(frame, options, workers=1))


@given(frame=frames(), options=OPTIONS)
@settings(max_examples=60, deadline=None)
def test_each_decision_can_be_checked_and_none_is_left(oracle, frame, options):
    found = near_duplicates(frame, options)
    gone = set(found["id"])
    assert len(gone) == found.height
    assert gone.isdisjoint(found["kept"])
    fields = dict(zip(frame["id"], frame.select(FIELDS).iter_rows(), strict=True))
    for id_, kept, similarity, reason in found.iter_rows():
        one, other = (oracle.compared(*fields[each]) for each in (id_, kept))
        assert similarity == oracle.similarity(one, other, options.ngram, options.threshold)
        assert similarity >= options.threshold
        assert reason == f"duplicate of {kept} {similarity:.2f} ≥ {options.threshold:.2f}"
    rest = frame.filter(~pl.col("id").is_in(gone))
    assert near_duplicates(rest, options).is_empty()


@given(frame=frames(), options=OPTIONS)
@settings(max_examples=60, deadline=None)
def test_as_if_all_were_compared(oracle, frame, options):
    expected: dict[str, set[str]] = {}
    stays: list[tuple[str, object]] = []
    for row in best_first(frame).iter_rows(named=True):
        made = oracle.compared(*(row[name] for name in FIELDS))
        like = {
            id_
            for id_, other in stays
            if oracle.similarity(made, other, options.ngram, options.threshold) >= options.threshold
        }
        if like:
            expected[row["id"]] = like
        else:
            stays.append((row["id"], made))
    found = dict(near_duplicates(frame, options).select("id", "kept").iter_rows())
    assert found.keys() == expected.keys()
    assert all(found[id_] in like for id_, like in expected.items())
