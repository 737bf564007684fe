"""Parquet and saved datasets: schema and metadata stay, and records of every shape are read."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curate import tables
from curate.errors import InputError

FEATURES = b'{"info": {"features": {"instruction": {"dtype": "string", "_type": "Value"}}}}'
ROWS = {
    "instruction": ["Why?", "How?", "Who?"],
    "output": ["Rain.", "So.", "I."],
    "tags": pa.array([["a", "b"], [], None], pa.list_(pa.string())),
    "label": pa.array(["x", "y", "x"]).dictionary_encode(),
    "day": [datetime.date(2026, 1, day) for day in (1, 2, 3)],
    "quality": pa.array([1, 2, None], pa.int8()),
}


TURN = {"role": "user", "content": "a"}


def stored(path: str, columns: dict | None = None, **options: object) -> pa.Table:
    table = pa.table(columns or ROWS)
    table = table.replace_schema_metadata({b"huggingface": FEATURES, b"mine": b"kept"})
    pq.write_table(table, path, **options)
    return table


def every(table: tables.Table) -> pl.Series:
    return table.rows["output"].is_not_null()


def test_schema_metadata_and_packing_stay(here: Path) -> None:
    table = stored("in.parquet", compression="gzip", row_group_size=2)
    read = tables.read("in.parquet")
    assert read.rows["quality"].to_list() == [1.0, 2.0, None]
    assert read.rows.select("instruction", "input").row(1) == ("How?", "")
    read.write("out.parquet", pl.Series([True, False, True]))
    again = pq.read_table("out.parquet")
    before = pq.read_table("in.parquet").filter([True, False, True])
    assert again.equals(before, check_metadata=True)
    assert again.schema.metadata == table.schema.metadata
    assert pq.read_metadata("out.parquet").row_group(0).column(0).compression == "GZIP"
    pl.DataFrame({"instruction": ["a"], "output": ["b"], "tags": [["c"]]}).write_parquet(
        "pl.parquet"
    )
    read = tables.read("pl.parquet")
    read.write("out.parquet", pl.Series([True]))
    assert pq.read_schema("out.parquet").equals(pq.read_schema("pl.parquet"), check_metadata=True)
    assert pq.ParquetFile("out.parquet").schema.equals(pq.ParquetFile("pl.parquet").schema)


def test_parquet_of_many_batches(here: Path) -> None:
    count = 20_000
    texts = [f"text {number}" for number in range(count)]
    stored("in.parquet", {"instruction": texts, "output": texts, "n": list(range(count))})
    read = tables.read("in.parquet")
    keep = pl.Series([number % 3 == 0 for number in range(count)])
    read.write("out.parquet", keep, pl.DataFrame({"twice": range(0, 2 * count, 2)}))
    again = pl.read_parquet("out.parquet")
    assert again["n"].to_list() == list(range(0, count, 3))
    assert (again["n"] * 2).equals(again["twice"].rename("n"))
    assert again["output"][-1] == texts[count - 2]


def test_further_columns_and_those_in_their_place(here: Path) -> None:
    stored("in.parquet")
    read = tables.read("in.parquet")
    extra = pl.DataFrame({"label": ["short", None, "short"], "length": [0.1, 0.2, 0.3]})
    read.write("out.parquet", pl.Series([True, True, False]), extra)
    again = pq.read_table("out.parquet")
    assert again.column_names == [*ROWS, "length"]
    assert again["label"].to_pylist() == ["short", None]
    assert again["length"].to_pylist() == [0.1, 0.2]
    assert again["tags"].type == pa.list_(pa.string())
    assert again.schema.metadata == {b"mine": b"kept"}  # the features know nothing of the new ones


def test_parquet_becomes_json(here: Path) -> None:
    stored("in.parquet")
    read = tables.read("in.parquet")
    read.write("out.jsonl", pl.Series([True, False, False]))
    assert json.loads(Path("out.jsonl").read_text()) == {
        "instruction": "Why?", "output": "Rain.", "tags": ["a", "b"], "label": "x",
        "day": "2026-01-01", "quality": 1,
    }  # fmt: skip
    read.write("out.json", every(read))
    assert tables.read("out.json").rows.equals(read.rows)


@pytest.mark.parametrize("suffix", ["json", "jsonl"])
def test_json_becomes_parquet(here: Path, suffix: str) -> None:
    records = [
        {"instruction": "a", "output": "b", "n": 1, "tags": ["x"]},
        {"instruction": "c", "output": "d", "n": 2.5, "more": {"k": None}},
        {"instruction": "e", "output": "f", "more": {"j": "z"}},
    ]
    text = json.dumps(records) if suffix == "json" else "\n".join(map(json.dumps, records))
    Path(f"in.{suffix}").write_text(text)
    read = tables.read(f"in.{suffix}")
    read.write("out.parquet", every(read))
    again = tables.read("out.parquet")
    assert again.rows.equals(read.rows)
    assert pq.read_table("out.parquet").to_pylist() == [
        {"instruction": "a", "output": "b", "n": 1.0, "tags": ["x"], "more": None},
        {"instruction": "c", "output": "d", "n": 2.5, "tags": None, "more": {"k": None, "j": None}},
        {"instruction": "e", "output": "f", "n": None, "tags": None, "more": {"k": None, "j": "z"}},
    ]


@pytest.mark.parametrize("values", [(1, "a"), (True, 1), (10**30, 1), ({}, {}), ("\ud800", "")])
def test_what_parquet_cannot_hold_is_refused(here: Path, values: tuple) -> None:
    records = [{"instruction": "a", "output": "b", "x": value} for value in values]
    Path("in.jsonl").write_text("\n".join(map(json.dumps, records)))
    read = tables.read("in.jsonl")
    with pytest.raises(InputError, match=r"out.parquet: cannot hold these values .*try \.jsonl"):
        read.write("out.parquet", every(read))
    assert [path.name for path in here.iterdir()] == ["in.jsonl"]


def test_conversations_in_parquet(here: Path) -> None:
    told = [
        [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Who?"},
         {"role": "assistant", "content": "I."}],
        [{"role": "user", "content": "How?"}, {"role": "assistant", "content": "So."}],
    ]  # fmt: skip
    stored("in.parquet", {"messages": told, "id": [7, 8]})
    read = tables.read("in.parquet")
    assert read.rows.select("id", "instruction", "input", "output").rows() == [
        ("7", "Who?", "Be kind.", "I."),
        ("8", "How?", "", "So."),
    ]
    read.write("out.parquet", pl.Series([False, True]))
    assert pq.read_table("out.parquet")["messages"].to_pylist() == told[1:]
    said = [[{"from": "human", "value": "A?"}, {"from": "gpt", "value": "B."}]]
    stored("in.parquet", {"conversations": said})
    assert tables.read("in.parquet").rows.select("instruction", "output").row(0) == ("A?", "B.")


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"instruction": ["a", None], "output": ["b", "c"]}, "in.parquet, record 2: instruction"),
        ({"instruction": ["a"], "output": [1]}, "in.parquet, record 1: instruction, input and"),
        ({"instruction": ["a"], "output": ["b"], "input": [1]}, "in.parquet, record 1: instruct"),
        ({"text": ["a"], "n": [1]}, "in.parquet, record 1: expected instruction and output, or"),
        ({"text": ["a"], "n": [1]}, "found text, n"),
        ({"messages": [[TURN]]}, "in.parquet, record 1: the conversation has no user's turn"),
        ({"messages": ["a"]}, "in.parquet, record 1: expected"),
    ],
)
def test_errors_of_parquet(here: Path, columns: dict, said: str) -> None:
    stored("in.parquet", columns)
    with pytest.raises(InputError) as caught:
        tables.read("in.parquet")
    assert said in str(caught.value)


def test_columns_that_hold_nothing_else(here: Path) -> None:
    stored("in.parquet", {
        "instruction": pa.array(["a", "a"]).dictionary_encode(), "output": ["b", "c"],
        "input": pa.array([None, None], pa.float64()), "quality": ["high", "low"], "id": [1.5, 2.5],
    })  # fmt: skip
    rows = tables.read("in.parquet").rows
    assert rows.select("instruction", "input", "output").rows() == [("a", "", "b"), ("a", "", "c")]
    assert "quality" not in rows.columns
    stored("in.parquet", {"text": pa.array([], pa.string())})
    assert tables.read("in.parquet").rows.height == 0


def test_parquet_is_known_by_its_content(here: Path) -> None:
    stored("in")
    assert tables.read("in").rows.height == 3
    Path("bad.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(InputError, match="bad.parquet is not Parquet"):
        tables.read("bad.parquet")


def test_a_saved_dataset(here: Path) -> None:
    from datasets import ClassLabel, Dataset, DatasetDict, Features, Value

    features = Features(
        {
            "instruction": Value("string"),
            "output": Value("string"),
            "kind": ClassLabel(names=["x", "y"]),
        }
    )
    rows = {"instruction": ["a", "b", "c"], "output": ["d", "e", "f"], "kind": [0, 1, 0]}
    whole = Dataset.from_dict(rows, features=features)
    DatasetDict({"train": whole, "test": whole.select([2, 1])}).save_to_disk("saved")
    read = tables.read("saved")
    assert read.rows["instruction"].to_list() == ["a", "b", "c", "c", "b"]
    read.write("out.parquet", pl.Series([True, False, False, True, True]))
    assert Dataset.from_parquet("out.parquet").features == features
    assert pq.read_table("out.parquet")["kind"].to_pylist() == [0, 0, 1]
    read.write("out.jsonl", pl.Series([False, True, False, False, False]))
    assert Path("out.jsonl").read_text() == '{"instruction": "b", "output": "e", "kind": 1}\n'
    (here / "folder").mkdir()
    with pytest.raises(InputError, match="folder holds no .parquet files, and no dataset"):
        tables.read("folder")
