"""The partitions and the engine don't show in what is dropped."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.copies import Means, copies
from curate.dedup.alike import similar
from curate.dedup.contained import held_among
from curate.dedup.corpus import TEXTS, Spread
from curate.dedup.duplicates import duplicates_among, near_duplicates
from curate.dedup.options import Dedup
from curate.dedup.semantic import paraphrases, paraphrases_among
from curate.earlier import Earlier
from curate.embeddings.lexical import Lexical
from curate.engines.local import Local
from curate.filters.diversity import Diversity
from curate.progress import Silent

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
    stay = rows.filter(~pl.col("id").is_in(gone.implode()))
    assert left.rows([*rows["id"]]).equals(stay.select("id", *TEXTS))
    assert left.keys["id"].equals(stay["id"])
    assert sum(left.sizes) == stay.height


@pytest.mark.parametrize("size", [7, 90])
@pytest.mark.parametrize("fitted", [20, 20_000])
def test_paraphrases_are_the_same_in_any_partitions(
    rows: pl.DataFrame, size: int, fitted: int, monkeypatch
) -> None:
    monkeypatch.setattr(Lexical, "sample", fitted)
    past = rows.tail(60).with_columns(id=pl.format("old:{}", "id"))
    whole = paraphrases(rows, 0.8, Lexical(), past)
    assert whole.height > 50
    engine = Local(2, rows=size)
    parts = (Spread.of(frame, engine) for frame in (rows, past))
    assert paraphrases_among(next(parts), 0.8, Lexical(), next(parts)).equals(whole)


class Watched(Local):
    """Counts the texts that are brought to the process that decides."""

    texts = 0

    def get(self, handles: Iterable[Any]) -> list[Any]:
        found = super().get(handles)
        self.texts += sum(len(each) for each in found if isinstance(each, list))
        self.texts += sum(each.height for each in found if isinstance(each, pl.DataFrame))
        return found


def test_who_decides_about_paraphrases_sees_a_sample_of_the_texts_only(
    rows: pl.DataFrame, monkeypatch
) -> None:
    monkeypatch.setattr(Lexical, "sample", 4)
    engine = Watched(2, rows=len(rows) // 2)
    assert paraphrases_among(Spread.of(rows, engine), 0.8, Lexical()).height
    fields, parts = 2, 2
    assert 0 < engine.texts <= fields * parts * (4 + 1)


def test_a_choice_of_rows_is_the_same_in_any_partitions(rows: pl.DataFrame) -> None:
    chosen = [
        Diversity().among(rows, Lexical(), engine, Silent())
        for engine in (Local(1), Local(2, rows=13), Local(2, rows=1000))
    ]
    assert chosen[0]["diversity_rank"].max() == rows.height
    assert chosen[1].equals(chosen[0])
    assert chosen[2].equals(chosen[0])


@pytest.mark.parametrize("size", [7, 100, 1000])
def test_pairs_across_documents_are_the_same_in_any_partitions(
    rows: pl.DataFrame, size: int
) -> None:
    rows = rows.with_columns(document=pl.format("d{}", pl.int_range(pl.len()) % 9))
    whole = similar(rows, Dedup(), Local(1), Silent())
    assert whole.height > 100
    assert similar(rows, Dedup(), Local(2, rows=size), Silent()).equals(whole)


def test_no_pair_across_documents_is_no_pair_in_any_partition(rows: pl.DataFrame) -> None:
    few = rows.head(20).gather_every(5).with_columns(document=pl.Series(["a", "b", "a", "b"]))
    for engine in (Local(1), Local(1, rows=1)):
        assert similar(few, Dedup(), engine, Silent()).is_empty()


@dataclass(frozen=True)
class OnDisk:
    """Rows in a file, which are read anew by each look at them."""

    path: Path

    def read(self) -> pl.DataFrame:
        return pl.read_parquet(self.path)


def test_rows_that_are_read_anew_are_those_in_memory(rows: pl.DataFrame, tmp_path: Path) -> None:
    stored = []
    for at, part in enumerate(rows.iter_slices(90)):
        part.select("id", *TEXTS).write_parquet(tmp_path / f"{at}.parquet")
        stored.append(OnDisk(tmp_path / f"{at}.parquet"))
    sizes = [pl.read_parquet(each.path).height for each in stored]
    items = pl.DataFrame({"id": ["bench:1"], "text": [rows["output"][3]]})
    options = Dedup(semantic=0.8)
    given = Earlier(rows.tail(30).with_columns(id=pl.format("old:{}", "id")), items)
    keys = rows.select("id", "quality")
    for engine in (Local(1), Local(2), Local(2, rows=90)):
        means = Means(given, Lexical(), None, engine)
        there = Spread(keys, [engine.keep(each) for each in stored], sizes, 0, engine)
        found = copies(there, options, means, Silent())
        assert found.equals(copies(Spread.of(rows, engine), options, means, Silent()))
        said = found["reason"].str.contains_any(["old:", "bench:1", "by meaning"])
        assert 3 < said.sum() < found.height
