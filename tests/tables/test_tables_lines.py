"""JSON Lines and JSON: records that stay are the same bytes, and errors name the place."""

from __future__ import annotations

import json
import os
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate import tables
from curate.errors import InputError
from curate.schema import PAIR

ODD = rb"""{"output":"b",  "instruction" : "a" , "n": 123456789012345678901234567890 }
{"instruction": "a", "output": "b", "x": NaN, "y": -Infinity, "z": 1.50e+3}
{"instruction": "first", "instruction": "a", "output": "b", "k": 1, "k": 2}
{"instruction": "\u0061 \u00e9", "output": "\ud83d\ude00", "alone": "\ud800"}@
  {"instruction": "a", "output": "caf\u00e9", "deep": {"z": [1, {"b": null}]}}
""".replace(b"@", b" \t")


def keep(table: tables.Table, *numbers: int) -> pl.Series:
    return pl.Series([number in numbers for number in range(table.rows.height)], dtype=pl.Boolean)


def every(table: tables.Table) -> pl.Series:
    return keep(table, *range(table.rows.height))


def parsed(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]]


def refusal(path: Path, text: str | bytes) -> str:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError) as caught:
        tables.read(path)
    return str(caught.value)


def test_rows_are_pairs_in_the_order_of_the_file(here: Path) -> None:
    (here / "in.jsonl").write_text(
        '{"instruction": "Why?", "input": "Rain.", "output": "Clouds.", "quality": 1}\n'
        '{"messages": [{"role": "system", "content": "Be kind."},'
        ' {"role": "assistant", "content": "Hello!"}, {"role": "user", "content": "Who?"},'
        ' {"role": "assistant", "content": "I."}, {"role": "user", "content": "Sure?"}]}\n'
        '{"conversations": [{"from": "human", "value": "How?"}, {"from": "gpt", "value": "So."}]}\n'
    )
    rows = tables.read(here / "in.jsonl").rows
    assert rows.select("instruction", "input", "output").rows() == [
        ("Why?", "Rain.", "Clouds."),
        ("Who?", "Be kind.", "I."),
        ("How?", "", "So."),
    ]
    assert rows.schema == pl.Schema({**PAIR, "quality": pl.Float64})
    assert rows["quality"].to_list() == [1.0, None, None]
    assert rows.row(0, named=True) | {"id": "", "quality": 0} == {
        **dict.fromkeys(PAIR, ""), "instruction": "Why?", "input": "Rain.", "output": "Clouds.",
        "kind": "answer", "start": 0, "end": 0, "dropped": None, "split": None, "quality": 0,
    }  # fmt: skip


def test_lines_are_copied_byte_for_byte(here: Path) -> None:
    (here / "in.jsonl").write_bytes(ODD)
    table = tables.read(here / "in.jsonl")
    table.write("all.jsonl", every(table))
    table.write("some.jsonl", keep(table, 1, 2, 4))
    table.write("none.jsonl", keep(table))
    lines = ODD.splitlines(keepends=True)
    assert (here / "all.jsonl").read_bytes() == ODD
    assert (here / "some.jsonl").read_bytes() == lines[1] + lines[2] + lines[4]
    assert (here / "none.jsonl").read_bytes() == b""
    assert table.rows["instruction"].to_list() == ["a", "a", "a", "a é", "a"]
    assert table.rows["output"][3] == "😀"


def test_mark_blank_lines_and_ends_of_lines(here: Path) -> None:
    line = b'{"instruction": "a", "output": "%d"}'
    (here / "in.jsonl").write_bytes(
        b"\xef\xbb\xbf" + line % 1 + b"\r\n\r\n  \n" + line % 2 + b"\r\n" + line % 3
    )
    table = tables.read(here / "in.jsonl")
    assert table.rows["output"].to_list() == ["1", "2", "3"]
    table.write("out.jsonl", every(table))
    assert (here / "out.jsonl").read_bytes() == (
        line % 1 + b"\r\n" + line % 2 + b"\r\n" + line % 3 + b"\n"
    )
    table.write("out.json", every(table))
    assert (here / "out.json").read_bytes() == (
        b"[\n" + b",\n".join(line % number for number in (1, 2, 3)) + b"\n]\n"
    )


def test_elements_of_an_array_keep_their_text(here: Path) -> None:
    first = (
        '{\n  "instruction": "a\\n",\n\n  "output": "b", "n": 1e5, "n": 12345678901234567890123\n}'
    )
    second = '{"output":"é","instruction":"NaN","x":NaN}'
    (here / "in.json").write_text(f"\ufeff [{first} ,\n {second}]\n", encoding="utf-8")
    table = tables.read(here / "in.json")
    table.write("out.json", every(table))
    assert (here / "out.json").read_text(encoding="utf-8") == f"[\n{first},\n{second}\n]\n"
    table.write("out.jsonl", every(table))
    folded = '{ "instruction": "a\\n", "output": "b", "n": 1e5, "n": 12345678901234567890123 }'
    assert (here / "out.jsonl").read_text(encoding="utf-8") == f"{folded}\n{second}\n"


@pytest.mark.parametrize("suffix", ["json", "jsonl", "parquet"])
def test_nothing_to_write(here: Path, suffix: str) -> None:
    (here / "in.json").write_text("[ ]")
    (here / "in.jsonl").write_text("\n\n")
    for name in ("in.json", "in.jsonl"):
        table = tables.read(name)
        assert table.rows.schema == PAIR
        table.write(f"out.{suffix}", every(table))
        assert tables.read(f"out.{suffix}").rows.height == 0


def test_one_object_is_one_record(here: Path) -> None:
    (here / "in.json").write_text('{"instruction": "a",\n "output": "b"}')
    table = tables.read("in.json")
    table.write("out.json", every(table))
    assert (here / "out.json").read_text() == '[\n{"instruction": "a",\n "output": "b"}\n]\n'


@pytest.mark.parametrize("name", ["in.json", "in", "in.ndjson", "in.txt"])
def test_json_lines_are_known_by_their_content(here: Path, name: str) -> None:
    (here / name).write_bytes(ODD)
    assert tables.read(here / name).rows.height == 5


def test_further_columns(here: Path) -> None:
    (here / "in.jsonl").write_bytes(ODD)
    table = tables.read("in.jsonl")
    extra = pl.DataFrame({"k": ["x"] * 5, "length": [0.5, 1, 2, 3, None]})
    table.write("out.jsonl", keep(table, 0, 2, 3), extra)
    first, second, third = parsed(here / "out.jsonl")
    assert first == {
        "output": "b", "instruction": "a", "n": 123456789012345678901234567890,
        "k": "x", "length": 0.5,
    }  # fmt: skip
    assert (second["k"], second["length"]) == ("x", 2.0)
    assert third["alone"] == "\ud800"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '\n{"instruction": 1, "output": "b"}',
            "in.jsonl:2: instruction, input and output must be",
        ),
        ('{"instruction": "a", "output": null}', "in.jsonl:1: instruction, input and output must"),
        ('{"instruction": "a", "input": 3, "output": "b"}', "in.jsonl:1: instruction, input and"),
        ('{"question": "a", "answer": "b"}', "in.jsonl:1: expected instruction and output, or mes"),
        ('{"question": "a", "answer": "b"}', "found question, answer"),
        ("{}", "found nothing"),
        ("[1, 2]", "in.jsonl:1: expected an object, found '[1, 2]'"),
        ('{"messages": [{"role": "user", "content": "a"}]}', "no user's turn that is answered"),
        ('{"instruction": "a", "output": "b"}\n{"instruction', "in.jsonl:2: not JSON ("),
        (b'{"instruction": "a", "output": "\xff"}', "in.jsonl:1: not UTF-8"),
        ('{"instruction": "a", "output": ' + "[" * 100_000, "in.jsonl:1: not JSON ("),
    ],
)
def test_errors_of_lines(here: Path, text: str | bytes, said: str) -> None:
    assert said in refusal(here / "in.jsonl", text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '[{"instruction": "a", "output": "b"},\n{"instruction": "a"}]',
            "in.json, record 2: expec",
        ),
        ('[{"instruction": "a", "output": "b"},\n{"instruction": "a" "b"}]', "in.json:2: not JSON"),
        ('[{"instruction": "a", "output": "b"},]', "in.json:1: not JSON (Illegal trailing comma"),
        ('[{"instruction": "a", "output": "b"} 1]', "in.json:1: not JSON (Expecting ',' delimit"),
        ('[{"instruction": "a", "output": "b"}', "in.json:1: not JSON (Expecting ',' delimiter"),
        ("[]\n[]", "in.json:1: not JSON (Extra data"),
        ("3", "in.json, record 1: expected an object, found '3'"),
        ("", "in.json:1: not JSON"),
        ("[" * 100_000, "in.json: not JSON ("),
        (b"[\xff]", "in.json is not UTF-8"),
    ],
)
def test_errors_of_json(here: Path, text: str | bytes, said: str) -> None:
    assert said in refusal(here / "in.json", text)


def test_other_files_are_refused(here: Path) -> None:
    assert "begins with b'\\x1f\\x8b'" in refusal(here / "in.gz", b"\x1f\x8b")
    with pytest.raises(InputError, match="There is no file"):
        tables.read("nowhere.jsonl")
    table = tables.read(_one(here))
    for name in ("out.csv", "out", ".jsonl"):
        with pytest.raises(InputError, match=r"ending in \.json, \.jsonl, \.parquet"):
            table.write(name, every(table))
    tables.check_target("-")


def _one(here: Path) -> Path:
    (here / "one.jsonl").write_text('{"instruction": "a", "output": "b"}\n')
    return here / "one.jsonl"


def test_a_file_that_was_changed_is_refused(here: Path) -> None:
    path = _one(here)
    table = tables.read(path)
    with path.open("a") as file:
        file.write("\n")
    with pytest.raises(InputError, match="was changed"):
        table.write("out.jsonl", every(table))
    table = tables.read(path)
    os.utime(path, ns=(1, 1))
    with pytest.raises(InputError, match="was changed"):
        table.write("out.jsonl", every(table))
    assert not (here / "out.jsonl").exists()


def test_a_file_may_be_written_over(here: Path) -> None:
    (here / "in.jsonl").write_bytes(ODD)
    table = tables.read("in.jsonl")
    table.write("in.jsonl", keep(table, 0))
    table.write("other.jsonl", ~keep(table, 0))
    assert (here / "in.jsonl").read_bytes() + (here / "other.jsonl").read_bytes() == ODD
    assert sorted(os.listdir()) == ["in.jsonl", "other.jsonl"]


def ids(here: Path, *records: dict) -> list[str]:
    (here / "in.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    return tables.read("in.jsonl").rows["id"].to_list()


def test_ids_are_the_records_own_where_all_have_one(here: Path) -> None:
    a, b = ({"instruction": name, "output": "x"} for name in "ab")
    assert ids(here, {**a, "id": "one"}, {**b, "id": 2}) == ["one", "2"]
    digests = ids(here, a, b)
    for other in ("one", True, None, 1.5):
        assert ids(here, {**a, "id": "one"}, {**b, "id": other}) == digests
    assert ids(here, {**a, "id": "1"}, {**b, "id": 1}) == digests


def test_ids_go_by_content_whatever_the_order(here: Path) -> None:
    a, b, c = ({"instruction": name, "input": "x", "output": "y", "n": name} for name in "abc")
    first, second, third = ids(here, a, b, c)
    assert len({first, second, third}) == 3
    assert ids(here, c, a, b) == [third, first, second]
    assert ids(here, a, b, a, a) == [first, second, f"{first}-2", f"{first}-3"]
    parts = [
        ("a b", "", "c"),
        ("a", "b", "c"),
        ("a", "b c", ""),
        ("1", "1 ", "a"),
        ("1 1", "", "a"),
    ]
    records = [dict(zip(("instruction", "input", "output"), part, strict=True)) for part in parts]
    assert len(set(ids(here, *records))) == 5


def test_lone_surrogates(here: Path) -> None:
    line = rb'{"instruction": "Why \udc00?", "output": "b", "id": "\ud800"}' + b"\n"
    (here / "in.jsonl").write_bytes(line)
    table = tables.read("in.jsonl")
    assert table.rows.select("instruction", "id").row(0) == ("Why ??", "?")
    table.write("out.jsonl", every(table), pl.DataFrame({"more": [1]}))
    again = json.loads((here / "out.jsonl").read_text(encoding="utf-8"))
    assert again == {**json.loads(line), "more": 1}
    with pytest.raises(InputError, match=r"out.parquet: cannot hold.*try \.jsonl"):
        table.write("out.parquet", every(table))
    assert sorted(os.listdir()) == ["in.jsonl", "out.jsonl"]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
records = st.lists(
    st.builds(
        lambda more, pair: {**more, **pair},
        st.dictionaries(st.text(), values, max_size=4),
        st.fixed_dictionaries({"instruction": st.text(), "output": st.text()}, optional={"input": st.text()}),
    ),
    max_size=5,
)  # fmt: skip


@given(rows=records, escaped=st.booleans(), indent=st.sampled_from([None, 2]))
def test_any_record_goes_through(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict], escaped: bool, indent: int | None
) -> None:
    here = tmp_path_factory.mktemp("rows")
    rows = [{**row, "input": row.get("input") if isinstance(row.get("input"), str) else None}
            for row in rows]  # fmt: skip
    lines = "".join(json.dumps(row, ensure_ascii=escaped) + "\n" for row in rows)
    if any("\ud800" <= char <= "\udfff" for char in lines):
        lines = "".join(json.dumps(row) + "\n" for row in rows)
    (here / "a.jsonl").write_text(lines, encoding="utf-8")
    table = tables.read(here / "a.jsonl")
    table.write(here / "b.jsonl", every(table))
    assert (here / "b.jsonl").read_bytes() == (here / "a.jsonl").read_bytes()
    table.write(here / "c.json", every(table))
    assert json.loads((here / "c.json").read_bytes()) == rows
    (here / "d.json").write_text(json.dumps(rows, indent=indent), encoding="utf-8")
    array = tables.read(here / "d.json")
    assert array.rows.equals(table.rows)
    array.write(here / "e.jsonl", every(array))
    assert parsed(here / "e.jsonl") == rows
