"""`curate export`: the shapes of other trainers, and the way back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate import tables
from curate.cli import main
from curate.cli.export import FORMATS
from curate.exports.base import Export
from curate.registry import members
from curate.schema import PAIR
from curate.tables.turn import MARK

TEXTS = ["instruction", "input", "output"]
ROWS = [
    ("How long does a cat sleep?", "", "Sixteen hours a day."),
    ("Who dances,\n\nand why?", "A bee that found food dances.", 'A "bee",\nto tell\tof it. 🐝'),
    ("Wie heißt der Fluß?", "### Input:\nDonau\u2028\x00", "Die Donau."),
]


def version(folder: Path, train: list[tuple], test: list[tuple] = ()) -> None:
    """A version `cats` as the contract has it: data, and a manifest that makes it whole."""
    place = folder / "datasets/cats/1.0.0"
    (place / "data").mkdir(parents=True, exist_ok=True)
    needed = ("name", "version", "counts", "recipe", "models", "created", "funnel")
    manifest = {**{key: {} for key in needed}, "content_digest": ""}
    (place / "manifest.json").write_text(json.dumps(manifest))
    for side, rows in (("train", train), ("test", test)):
        frame = pl.DataFrame(rows, schema=dict.fromkeys(TEXTS, pl.String), orient="row")
        empty = {name: pl.lit(None, kind) for name, kind in PAIR.items() if name not in TEXTS}
        ids = pl.Series("id", [f"{side}{number}" for number in range(len(rows))], pl.String)
        whole = frame.with_columns(**empty).with_columns(id=ids).select(*PAIR)
        whole.write_parquet(place / f"data/{side}-00000-of-00001.parquet", row_group_size=2)


def curate(*args: str, code: int = 0) -> Result:
    result = CliRunner().invoke(main, args)
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result


def export(*args: str, code: int = 0) -> Result:
    return curate("export", "cats", *args, code=code)


def lines(path: str) -> list[Any]:
    return [json.loads(line) for line in Path(path).read_bytes().split(b"\n")[:-1]]


def pairs(path: str) -> list[tuple]:
    return tables.read(path).rows.select(TEXTS).rows()


def test_every_format_is_a_file_of_its_name() -> None:
    assert list(members(Export)) == FORMATS
    assert FORMATS == ["alpaca", "lamini", "messages", "openai", "sharegpt"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("alpaca", {"instruction": "Who?", "input": "A bee.", "output": "It."}),
        ("lamini", {"input": "Who?\n\n### Input:\nA bee.", "output": "It."}),
        ("messages", {"messages": [{"role": "user", "content": "Who?\n\n### Input:\nA bee."},
                                   {"role": "assistant", "content": "It."}]}),
        ("sharegpt", {"conversations": [{"from": "human", "value": "Who?\n\n### Input:\nA bee."},
                                        {"from": "gpt", "value": "It."}]}),
    ],
)  # fmt: skip
def test_records_have_the_shape_of_the_format(here: Path, name: str, expected: dict) -> None:
    version(here, [("Who?", "A bee.", "It."), ("What?", "", "That.")])
    export("--format", name, "-o", "out.jsonl")
    assert lines("out.jsonl")[0] == expected
    assert "Input" not in json.dumps(lines("out.jsonl")[1])


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "openai"])
@pytest.mark.parametrize("suffix", ["json", "jsonl", "parquet"])
def test_what_is_exported_is_read_as_the_same_pairs(here: Path, name: str, suffix: str) -> None:
    version(here, ROWS)
    export("--format", name, "-o", f"out.{suffix}")
    assert pairs(f"out.{suffix}") == ROWS
    curate("dedup", f"out.{suffix}", "-o", f"kept.{suffix}")
    assert pairs(f"kept.{suffix}") == ROWS


@pytest.mark.parametrize("name", ["messages", "sharegpt", "openai"])
def test_a_system_message_of_all_is_no_input_of_any(here: Path, name: str) -> None:
    rows = [(f"{asked} {number}", *rest) for number in range(4) for asked, *rest in ROWS]
    version(here, rows)
    export("--format", name, "-o", "out.jsonl", "--system", "Be brief.")
    first = next(iter(lines("out.jsonl")[0].values()))
    assert list(first[0].values()) == ["system", "Be brief."]
    assert pairs("out.jsonl") == rows


text = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
asked = (text | st.just(f"a{MARK}b") | st.just("\n\n### Input:")).filter(
    lambda t: MARK not in t + "\n"
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    rows=st.lists(st.tuples(asked, text, text), min_size=1, max_size=6),
    name=st.sampled_from([name for name in FORMATS if name != "openai"]),
    suffix=st.sampled_from(["json", "jsonl", "parquet"]),
)
def test_any_text_comes_back(here: Path, rows: list, name: str, suffix: str) -> None:
    version(here, rows)
    export("--format", name, "-o", f"out.{suffix}")
    assert pairs(f"out.{suffix}") == rows


def test_json_and_parquet_hold_what_json_lines_hold(here: Path) -> None:
    version(here, ROWS * 3)
    for suffix in ("jsonl", "json", "parquet"):
        export("--format", "messages", "-o", f"out.{suffix}")
    assert json.loads(Path("out.json").read_text(encoding="utf-8")) == lines("out.jsonl")
    assert pq.read_table("out.parquet").to_pylist() == lines("out.jsonl")


def test_train_alone_unless_asked(here: Path) -> None:
    version(here, ROWS[:2], ROWS[2:])
    told = export("--format", "alpaca", "-o", "out.jsonl")
    assert pairs("out.jsonl") == ROWS[:2]
    assert "1 rows of the version are not in it" in told.output
    export("--format", "alpaca", "-o", "out.jsonl", "--split", "test")
    assert pairs("out.jsonl") == ROWS[2:]
    export("--format", "alpaca", "-o", "out.jsonl", "--split", "all")
    assert pairs("out.jsonl") == ROWS
    version(here, ROWS, [])
    told = export("--format", "alpaca", "-o", "out.jsonl", "--split", "test", code=2)
    assert "no rows in test" in told.output
    assert pairs("out.jsonl") == ROWS  # the file of before stays


def test_standard_output_holds_records_alone(here: Path) -> None:
    version(here, ROWS)
    told = export("--format", "alpaca", "-o", "-")
    assert [json.loads(line) for line in told.stdout.split("\n")[:-1]] == [
        dict(zip(TEXTS, row, strict=True)) for row in ROWS
    ]
    assert "Wrote 3 rows" in told.stderr


TEN = [(f"What is {number}?", "", f"A number, {number}.") for number in range(10)]


def test_openai_takes_ten_examples_or_more(here: Path) -> None:
    version(here, TEN[:9], TEN[9:])
    told = export("--format", "openai", "-o", "out.jsonl", code=2)
    assert "takes 10 examples or more, and there are 9" in told.output
    assert not Path("out.jsonl").exists()
    export("--format", "openai", "-o", "out.jsonl", "--split", "all")
    for record in lines("out.jsonl"):
        assert [turn["role"] for turn in record["messages"]] == ["user", "assistant"]


@pytest.mark.parametrize("bad", [("Why?", "", " \n"), ("", "x", "Rain.")])
def test_openai_refuses_an_empty_turn_and_names_the_row(here: Path, bad: tuple) -> None:
    version(here, [*TEN, bad])
    told = export("--format", "openai", "-o", "out.jsonl", code=2)
    assert "row train10 has an empty instruction or output" in told.output
    assert not Path("out.jsonl").exists()


def test_openai_warns_of_what_would_be_cut(here: Path) -> None:
    long = ("Repeat.", "", "word " * 70_000)
    many_bytes = ("Repeat.", "", "a" * 70_000 + " ")
    version(here, [*TEN, long, many_bytes])
    told = export("--format", "openai", "-o", "out.jsonl")
    assert "1 examples are longer than 65536 tokens" in told.stderr
    assert "train10" in told.stderr
    assert len(lines("out.jsonl")) == 12


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--format", "openai", "-o", "out.json"], "out.json: openai is written to .jsonl"),
        (["--format", "alpaca", "-o", "out.csv"], "written to .json, .jsonl, .parquet, or -"),
        (["--format", "alpaca", "-o", "out.json", "--system", "x"], "alpaca has no system message"),
        (["--format", "alpac", "-o", "out.json"], "'alpac' is not one of 'alpaca'"),
        (["--format", "alpaca", "-o", "datasets/cats/1.0.0/data/x.json"], "which never changes"),
    ],
)
def test_options_that_cannot_be(here: Path, args: list[str], said: str) -> None:
    version(here, ROWS)
    assert said in export(*args, code=2).output
    assert not Path(args[3]).exists()


def test_a_damaged_version_leaves_no_half_file(here: Path) -> None:
    version(here, TEN)
    path = here / "datasets/cats/1.0.0/data/train-00000-of-00001.parquet"
    data = bytearray(path.read_bytes())
    data[4:-900] = bytes(len(data) - 904)  # the footer stays whole
    path.write_bytes(data)
    for name in ("alpaca", "openai"):
        assert "is damaged" in export("--format", name, "-o", "out.jsonl", code=2).output
    path.write_bytes(b"")
    assert "is damaged" in export("--format", "alpaca", "-o", "out.jsonl", code=2).output
    assert sorted(entry.name for entry in here.iterdir()) == ["datasets"]


def test_help_lists_the_formats(here: Path) -> None:
    assert "[alpaca|lamini|messages|openai|sharegpt]" in curate("export", "-h").output
