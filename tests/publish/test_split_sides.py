"""Sides of the split: kept as the dataset grows, and shared by documents that say the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate import pipeline
from curate.dedup.alike import similar
from curate.dedup.options import Dedup
from curate.engines.local import Local
from curate.progress import Silent
from curate.publish.contents import Contents, placed
from curate.publish.sides import SIDE, Sides, known
from curate.publish.split import split
from curate.recipe import load
from curate.schema import LOSS, PAIR
from curate.ties import TIE
from curate.workspace import Workspace

TEXT = (
    "The {0} bridge was built in the year {1} and carries two lanes of traffic. Below it the water "
    "is {2} metres deep at low tide. A ferry runs beside it on Sundays, and stops in winter. "
)


def rows_of(*documents: str) -> pl.DataFrame:
    return pl.DataFrame({"id": [f"row of {each}" for each in documents], "document": documents})


def sides(frame: pl.DataFrame) -> dict[str, str]:
    return dict(frame.select("document", "split").iter_rows())


names = st.lists(st.text("abcdef", min_size=1, max_size=4), unique=True, min_size=1, max_size=12)


@given(names, names, st.sampled_from([0.1, 0.5, 0.9]))
@settings(max_examples=60)
def test_no_document_changes_sides_from_version_to_version(
    first: list[str], more: list[str], share: float
) -> None:
    before = split(rows_of(*first), share, 0)
    past = Sides(sides(before))
    after = sides(split(rows_of(*dict.fromkeys([*first, *more])), share, 0, past))
    assert {each: after[each] for each in first} == sides(before)


@given(names, st.data())
@settings(max_examples=60)
def test_documents_that_are_alike_are_on_one_side(given_: list[str], data: st.DataObject) -> None:
    some = st.sampled_from(given_)
    pairs = data.draw(st.lists(st.tuples(some, some), max_size=8))
    found = sides(split(rows_of(*given_), 0.5, 0, alike=pairs))
    assert all(found[one] == found[other] for one, other in pairs)


def test_a_document_that_was_edited_is_found_by_its_path() -> None:
    past = known(pl.DataFrame([("old", "a.md", "test")], SIDE, orient="row"))
    paths = pl.DataFrame({"document": ["new", "b"], "path": ["a.md", "b.md"]})
    found = sides(split(rows_of("new", "b"), 0.001, 0, past, paths))
    assert found == {"new": "test", "b": "train"}


def test_the_exception_for_an_empty_side_moves_nobody_who_was_placed() -> None:
    past = Sides({"a": "train", "b": "train"})
    assert set(sides(split(rows_of("a", "b"), 0.5, 0, past)).values()) == {"train"}
    grown = sides(split(rows_of("a", "b", "c", "d"), 0.001, 0, past))
    assert grown["a"] == grown["b"] == "train"
    assert sorted(grown.values()).count("test") == 1  # one of those that came


@given(st.integers(2, 12), st.sampled_from([0.05, 0.5, 0.9]), st.integers(0, 9))
@settings(max_examples=60)
def test_refusals_are_on_both_sides(count: int, share: float, seed: int) -> None:
    refused = [f"refusals:small talk:{number}" for number in range(count)]
    found = sides(split(rows_of("a", "b", "c", *refused), share, seed))
    assert {found[each] for each in refused} == {"train", "test"}


def test_a_test_has_refusals_enough_to_measure_a_rate() -> None:
    few = [f"refusals:small talk:{number}" for number in range(30)]
    answers = [f"d{number}" for number in range(300)]
    of_few = [sides(split(rows_of(*answers, *few), 0.1, seed)) for seed in range(20)]
    asked = [sum(found[each] == "test" for each in few) for found in of_few]
    assert min(asked) >= 5
    assert 9 <= sum(asked) / len(asked) <= 11
    kept = [sum(found[each] == "test" for each in answers) for found in of_few]
    assert 25 <= sum(kept) / len(kept) <= 35  # answers as ever
    many = [f"refusals:small talk:{number}" for number in range(400)]
    of_many = sides(split(rows_of("a", "b", *many), 0.1, 0))
    assert 25 <= sum(of_many[each] == "test" for each in many) <= 55


def test_a_side_is_not_left_to_refusals_alone() -> None:
    frame = rows_of("a", "b", *[f"refusals:off_topic:{i}" for i in range(20)])
    found = sides(split(frame, 0.3, 0))
    assert {found["a"], found["b"]} == {"train", "test"}


def test_alike_documents_that_are_most_of_all_are_trained_on() -> None:
    documents = [f"d{i}" for i in range(10)]
    for seed in range(20):
        pairs = [("d0", each) for each in documents[:8]]
        found = sides(split(rows_of(*documents), 0.5, seed, alike=pairs))
        assert found["d0"] == "train"


def test_similar_finds_all_pairs_across_documents_and_none_within() -> None:
    texts = {
        "a": TEXT.format("old", 1823, 12),
        "b": TEXT.format("old", 1823, 14),
        "c": TEXT.format("old", 1825, 12),
        "d": "A bee visits fifty flowers on a flight, and carries the nectar home to the hive.",
    }
    rows = pl.DataFrame(
        [
            {"id": f"{key}{i}", "document": key, "instruction": "", "input": "", "output": text * 2}
            for key, text in texts.items()
            for i in range(2)
        ]
    )
    found = similar(rows, Dedup(threshold=0.5), Local(2), Silent())
    pairs = {tuple(sorted((one[0], other[0]))) for one, other, _ in found.iter_rows()}
    assert pairs == {("a", "b"), ("a", "c"), ("b", "c")}
    assert found.height == 3 * 4


def contents(ties: list[tuple], sides_: int = 2) -> Contents:
    rows = pl.DataFrame(
        [
            {
                **dict.fromkeys(PAIR, ""),
                "id": f"row {key}", "document": key, "start": 0, "end": 9, "dropped": None,
                "split": None, "task": "question",
            }
            for key in ("a", "b", "c")
        ],
        schema=PAIR,
    )  # fmt: skip
    passages = pl.DataFrame({"document": ["a", "b", "c"], "path": ["a.md", "b.md", "c.md"]})
    facts = {"recipe": {"publish": {"test": 0.5}, "seed": 0}}
    frame = pl.DataFrame(ties, TIE, orient="row")
    return Contents(rows, passages, Path(), LOSS.to_frame(), frame, facts, None)


def test_rows_that_are_alike_across_sides_of_earlier_are_dropped_from_training() -> None:
    past = pl.DataFrame([("a", "a.md", "train"), ("b", "b.md", "test")], SIDE, orient="row")
    data, leaks = placed(contents([("a", "b", "row a", "row b", 0.9)]), past)
    assert leaks.rows() == [
        ("row a", "across_split 0.90: near-duplicate of row b, on the test side")
    ]
    assert "row a" not in data["id"]
    assert sides(data)["b"] == "test"


def test_rows_that_are_alike_are_placed_together_where_nothing_was_placed_before() -> None:
    data, leaks = placed(contents([("a", "b", "row a", "row b", 0.9)]), SIDE.to_frame())
    assert leaks.is_empty()
    assert sides(data)["a"] == sides(data)["b"] != sides(data)["c"]


def version(*overrides: str) -> Path:
    recipe = load("small.yaml", overrides)
    return pipeline.run(recipe, Workspace(recipe.name), Silent()).folder


def placed_in(folder: Path) -> dict[str, str]:
    told = [json.loads(line) for line in (folder / "sides.jsonl").read_text().splitlines()]
    return {each["path"]: each["split"] for each in told}


@pytest.fixture
def bridges(small: Path, script: Callable[[list[dict]], None]) -> Path:
    """Documents about bridges, of which two are the same but for one number."""
    for path in (small / "docs").iterdir():
        path.unlink()
    piers = " ".join(f"Pier number {n} is {n * n + 3} paces long." for n in range(30))
    lamps = " ".join(f"Lamp {n} was lit by a keeper for {n + 7} nights." for n in range(30))
    (small / "docs/one.md").write_text(TEXT.format("north", 1823, 12) + piers + "\n")
    (small / "docs/two.md").write_text(TEXT.format("south", 1911, 14) + lamps + "\n")
    text = (small / "docs/one.md").read_text()
    (small / "docs/copy.md").write_text(text.replace("1823", "1824"))
    script([{"text": "The ferry runs beside the bridge on Sundays."}])
    return small


LOOSE = ("filters=[]", "dedup.threshold=1", "generate.passage_tokens=300", "publish.test=0.5")


def test_a_document_and_its_edited_copy_are_on_one_side(bridges: Path) -> None:
    for seed in range(4):
        found = placed_in(version(*LOOSE, f"seed={seed}", f"name=s{seed}"))
        assert found["one.md"] == found["copy.md"] != found["two.md"]


def test_a_document_keeps_its_side_when_edited_renamed_or_away_for_a_while(bridges: Path) -> None:
    first = placed_in(version(*LOOSE))
    docs = bridges / "docs"
    for name in ("one.md", "two.md", "copy.md"):
        (docs / name).write_text((docs / name).read_text() + "A lamp burns on it all night.\n")
    (docs / "two.md").rename(bridges / "away.md")
    for number in range(4):
        (docs / f"new{number}.md").write_text(f"# {number}\n\nA tale of {number} kings. " * 9)
    second = placed_in(version(*LOOSE))
    assert {name: second[name] for name in first} == first
    (bridges / "away.md").rename(docs / "two.md")
    third = placed_in(version(*LOOSE))
    assert {name: third[name] for name in second} == second


def test_without_a_share_all_is_trained_on_and_sides_are_remembered(bridges: Path) -> None:
    first = version(*LOOSE)
    none = version(*LOOSE, "publish.test=0")
    assert set(pl.read_parquet(none / "data/*.parquet")["split"]) == {"train"}
    assert placed_in(none) == placed_in(first)
