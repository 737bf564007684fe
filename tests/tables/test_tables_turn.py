"""Records with one turn for instruction and input: Lamini's, and conversations; system messages."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate import tables
from curate.errors import InputError
from curate.tables.turn import MARK, joined, separated, separated_each

TEXTS = ["instruction", "input", "output"]


def pairs(path: Path | str) -> list[tuple]:
    return tables.read(path).rows.select(TEXTS).rows()


def written(path: str, *records: dict) -> str:
    if path.endswith(".parquet"):
        pq.write_table(pa.Table.from_pylist(list(records)), path)
    elif path.endswith(".json"):
        Path(path).write_text(json.dumps(records))
    else:
        Path(path).write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def chat(user: str, system: str | None = None, role: str = "system") -> dict:
    told = [] if system is None else [{"role": role, "content": system}]
    said = [{"role": "user", "content": user}, {"role": "assistant", "content": "Yes."}]
    return {"messages": [*told, *said]}


SUFFIXES = pytest.mark.parametrize("suffix", ["json", "jsonl", "parquet"])


@SUFFIXES
def test_lamini(here: Path, suffix: str) -> None:
    records = [
        {"input": f"Who?{MARK}A bee.", "output": "It."},
        {"input": "What?", "output": "That."},
    ]
    path = written(f"in.{suffix}", *records)
    assert pairs(path) == [("Who?", "A bee.", "It."), ("What?", "", "That.")]
    read = tables.read(path)
    read.write(f"out.{suffix}", pl.Series([True, False]))
    assert pairs(f"out.{suffix}") == [("Who?", "A bee.", "It.")]


@SUFFIXES
@pytest.mark.parametrize("value", [None, 5])
def test_lamini_without_a_question_is_refused(here: Path, suffix: str, value: object) -> None:
    path = written(f"in.{suffix}", {"input": value, "output": "It."})
    with pytest.raises(InputError, match="must be text"):
        pairs(path)


@SUFFIXES
def test_an_instruction_beside_an_input_is_alpaca(here: Path, suffix: str) -> None:
    path = written(f"in.{suffix}", {"input": f"a{MARK}b", "output": "c", "instruction": "d"})
    assert pairs(path) == [("d", f"a{MARK}b", "c")]


@SUFFIXES
def test_a_conversation_beside_an_input_is_what_counts(here: Path, suffix: str) -> None:
    path = written(f"in.{suffix}", {"input": "x", "output": "y", **chat("Is it?")})
    assert pairs(path) == [("Is it?", "", "Yes.")]


@SUFFIXES
def test_a_system_message_of_every_record_is_no_input(here: Path, suffix: str) -> None:
    records = [chat("A?", "Be brief."), chat(f"B?{MARK}b", "Be brief.")]
    path = written(f"in.{suffix}", *records)
    assert pairs(path) == [("A?", "", "Yes."), ("B?", "b", "Yes.")]


@SUFFIXES
def test_system_messages_that_differ_are_inputs(here: Path, suffix: str) -> None:
    records = [chat("A?", "In French."), chat(f"A?{MARK}b", "In German."), chat("A?")]
    path = written(f"in.{suffix}", *records)
    assert [given for _, given, _ in pairs(path)] == ["In French.", "In German.\n\nb", ""]


def test_the_developers_role_is_a_system_message(here: Path) -> None:
    path = written("in.jsonl", chat("A?", "Be brief.", "developer"), chat("A?"))
    assert [given for _, given, _ in pairs(path)] == ["Be brief.", ""]


def test_many_records_share_one_system_message(here: Path) -> None:
    path = written("in.jsonl", *(chat(f"Is it {number}?", "Be brief.") for number in range(9000)))
    rows = tables.read(path).rows
    assert rows["input"].unique().to_list() == [""]


text = st.text(max_size=20) | st.sampled_from(
    [MARK, f"a{MARK}", f"{MARK}b", "\n\n### Input:", "\n"]
)


@given(text.filter(lambda t: MARK not in t + "\n"), text)
def test_a_turn_comes_apart_as_it_was_joined(asked: str, given: str) -> None:
    rows = pl.DataFrame({"instruction": [asked], "input": [given]})
    turn = rows.select(turn=joined())["turn"]
    assert separated(turn[0]) == (asked, given)


@given(st.lists(text))
def test_columns_come_apart_as_texts_do(turns: list[str]) -> None:
    found = pl.DataFrame(separated_each(pl.Series(turns, dtype=pl.String)))
    assert found.rows() == [separated(turn) for turn in turns]
