"""The partitions and the engine don't show in what is dropped."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.dedup.contained import held_among
from curate.dedup.corpus import Spread
from curate.dedup.duplicates import duplicates_among, near_duplicates
from curate.dedup.options import Dedup
from curate.engines.local import Local

WORDS = st.sampled_from(
    ["list", "tuple", "file", "key", "value", "loop", "class", "type", "name", "line"]
)
TEXT = st.lists(WORDS, min_size=1, max_size=9).map(" ".join)


@pytest.mark.parametrize("size", [7, 100, 1000])
def test_any_partitions_give_the_same_rows_and_reasons(rows: pl.DataFrame, size: int) -> None:
    whole = near_duplicates(rows, Dedup())
    assert whole.height > 50
    parts = Spread.of(rows, Local(2, rows=size))
    assert duplicates_among(parts, Dedup()).equals(whole)


def test_rows_in_another_order_in_other_partitions_give_the_same(rows: pl.DataFrame) -> None:
    mixed = rows.sample(fraction=1, shuffle=True, seed=3)
    parts = Spread.of(mixed, Local(2, rows=13))
    assert duplicates_among(parts, Dedup()).equals(near_duplicates(rows, Dedup()))


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(TEXT, TEXT, st.sampled_from([0.1, 0.5, 0.9])), min_size=1, max_size=40),
    st.integers(1, 9),
    st.randoms(use_true_random=False),
)
def test_whatever_the_rows_the_kept_set_is_that_of_quality_then_id(texts, size, chance) -> None:
    rows = pl.DataFrame(
        {
            "id": [f"{at:03}" for at in range(len(texts))],
            "instruction": [asked for asked, _, _ in texts],
            "input": "",
            "output": [said for _, said, _ in texts],
            "quality": [value for _, _, value in texts],
        }
    )
    order = [*range(len(texts))]
    chance.shuffle(order)
    options = Dedup(threshold=0.5)
    whole = near_duplicates(rows, options)
    parts = Spread.of(rows[order], Local(1, rows=size))
    found = duplicates_among(parts, options)
    assert found.equals(whole)
    gone = set(found["id"])
    assert not gone & set(found["kept"]), "what stays for another row stays itself: no chains"
    better = {row["id"]: (-row["quality"], row["id"]) for row in rows.iter_rows(named=True)}
    assert all(better[kept] < better[gone] for gone, kept in found["id", "kept"].iter_rows())


def test_earlier_rows_in_partitions_stay_and_drop_what_is_like_them(rows: pl.DataFrame) -> None:
    past = rows.head(40).with_columns(id=pl.format("old:{}", "id"))
    whole = near_duplicates(rows, Dedup(), past)
    engine = Local(2, rows=11)
    found = duplicates_among(Spread.of(rows, engine), Dedup(), Spread.of(past, engine))
    assert found.equals(whole)
    assert found["kept"].str.starts_with("old:").sum() >= 40


def test_benchmark_items_are_found_in_any_partition(rows: pl.DataFrame) -> None:
    items = pl.DataFrame({"id": ["bench:1"], "text": [rows["output"][3]]})
    found = [
        held_among(Spread.of(rows, engine), items, 0.6, 3)
        for engine in (Local(1), Local(2, rows=5))
    ]
    assert found[0].height > 1
    assert found[0].equals(found[1])


def test_a_spread_without_some_rows_is_that_of_the_others(rows: pl.DataFrame) -> None:
    gone = rows["id"].gather_every(3)
    left = Spread.of(rows, Local(1, rows=17)).without(gone)
    assert (
        left.rows()
        .select("id", "output", "quality")
        .equals(rows.filter(~pl.col("id").is_in(gone.implode())).select("id", "output", "quality"))
    )
    assert sum(left.sizes) == rows.height - len(gone)
