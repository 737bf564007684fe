"""Shards of JSON Lines: one document a line, and a loss for each line that is none."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
import zstandard

from curate.errors import InputError
from curate.sources.base import Documents
from curate.sources.files import Files


def read(path: Path, data: bytes, **options) -> Documents:
    path.write_bytes(data)
    return Files(path=str(path), **options).read()


def lines(*rows: object) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def reasons(documents: Documents) -> dict[str, str]:
    return dict(documents.losses.select("path", "reason").iter_rows())


PILE = lines(
    {"text": "Bees dance.", "meta": {"pile_set_name": "Wikipedia", "title": "Bees"}},
    {"text": "Cats sleep.", "meta": {}},
    {"text": "Rivers carry sand.", "title": "Rivers"},
)


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("00.jsonl", bytes),
        ("00.jsonl.zst", zstandard.compress),
        ("00.jsonl.zstd", zstandard.compress),
        ("00.jsonl.gz", gzip.compress),
        ("00.json.gz", gzip.compress),
    ],
)
def test_a_shard_gives_one_document_a_line(tmp_path: Path, name: str, pack) -> None:
    rows = read(tmp_path / name, pack(PILE)).rows
    assert rows["path"].to_list() == [f"{name}:1", f"{name}:2", f"{name}:3"]
    assert rows["title"].to_list() == ["Bees", "", "Rivers"]
    assert rows["text"].to_list() == ["Bees dance.", "Cats sleep.", "Rivers carry sand."]


def test_frames_of_zstandard_that_follow_each_other_are_one_file(tmp_path: Path) -> None:
    packed = zstandard.compress(lines({"text": "a"})) + zstandard.compress(lines({"text": "b"}))
    assert read(tmp_path / "x.jsonl.zst", packed).rows["text"].to_list() == ["a", "b"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{oops\n", "not a JSON object in UTF-8 ("),
        (b'{"text": "caf\xe9"}\n', "not a JSON object in UTF-8 ("),
        (b"[" * 100_000 + b"\n", "not a JSON object in UTF-8 ("),
        (b'{"content": "x"}\n', 'no "text" in it; each line must be {"text": "'),
        (b'{"text": 7}\n', 'no "text" in it'),
        (b'["text"]\n', 'no "text" in it'),
        (b'{"text": "  "}\n', "empty"),
        (b'{"text": "a\\u0000b"}\n', "binary, not text"),
    ],
)
def test_a_bad_line_is_a_loss_of_its_own(tmp_path: Path, line: bytes, reason: str) -> None:
    found = read(tmp_path / "x.jsonl", lines({"text": "one"}) + line + lines({"text": "three"}))
    assert found.rows["path"].to_list() == ["x.jsonl:1", "x.jsonl:3"]
    assert list(reasons(found)) == ["x.jsonl:2"]
    assert reasons(found)["x.jsonl:2"].startswith(reason)


def test_many_bad_lines_are_summed_up(tmp_path: Path) -> None:
    found = read(tmp_path / "x.jsonl", lines({"text": "one"}) + b"oops\n" * 1000)
    assert found.losses.height == 21
    assert reasons(found)["x.jsonl"] == "and 980 more lines that cannot be read"


def test_a_file_that_is_something_else_is_one_loss(tmp_path: Path) -> None:
    pretty = json.dumps({"a": list(range(100))}, indent=1).encode()
    with pytest.raises(InputError, match=r"x\.jsonl: not JSON Lines: its first lines are not a"):
        read(tmp_path / "x.jsonl", pretty)


def test_blank_lines_are_nothing(tmp_path: Path) -> None:
    found = read(tmp_path / "x.jsonl", b"\n" + lines({"text": "two"}) + b"\r\n  \n")
    assert found.rows["path"].to_list() == ["x.jsonl:2"]
    assert found.losses.is_empty()


def test_broken_halves_of_characters_are_replaced(tmp_path: Path) -> None:
    data = b'{"text": "a \\ud83d b \\ud83d\\ude00", "title": "\\udc00"}\n'
    (row,) = read(tmp_path / "x.jsonl", data).rows.iter_rows(named=True)
    assert row["text"] == "a \ufffd b \U0001f600"
    assert row["title"] == "\ufffd"


def test_a_line_over_max_bytes_is_a_loss_and_the_next_one_is_read(tmp_path: Path) -> None:
    data = (
        lines({"text": "one"})
        + b'{"text": "'
        + b"x" * 5_000_000
        + b'"}\n'
        + lines({"text": "three"})
    )
    found = read(tmp_path / "x.jsonl", data, max_bytes=1000)
    assert found.rows["path"].to_list() == ["x.jsonl:1", "x.jsonl:3"]
    assert reasons(found) == {"x.jsonl:2": "over 1,000 bytes; split it or raise max_bytes"}


def test_a_shard_that_is_cut_short_keeps_what_was_read(tmp_path: Path) -> None:
    rows = [{"text": f"This is line {n} of the shard."} for n in range(50_000)]
    packed = gzip.compress(lines(*rows))
    found = read(tmp_path / "x.jsonl.gz", packed[: len(packed) // 2])
    assert 1000 < found.rows.height < 49_000
    assert "cannot be unpacked, perhaps cut short or damaged" in reasons(found)["x.jsonl.gz"]


def test_a_shard_of_zstandard_that_is_cut_short_keeps_what_was_read(tmp_path: Path) -> None:
    rows = [{"text": f"This is line {n} of the shard."} for n in range(50_000)]
    packed = zstandard.compress(lines({"text": "first"})) + zstandard.compress(lines(*rows))
    found = read(tmp_path / "x.jsonl.zst", packed[: len(packed) // 2])
    assert 1000 < found.rows.height < 49_000
    read_up_to = f"read up to {found.rows.height:,} lines: cut short; copy it again"
    assert reasons(found) == {"x.jsonl.zst": read_up_to}


def test_a_small_shard_that_is_cut_short_is_a_loss(tmp_path: Path) -> None:
    packed = zstandard.compress(PILE)
    (tmp_path / "a.txt").write_text("Bees dance.")
    (tmp_path / "x.jsonl.zst").write_bytes(packed[: len(packed) // 2])
    found = Files(path=str(tmp_path)).read()
    assert reasons(found) == {"x.jsonl.zst": "read up to 0 lines: cut short; copy it again"}


def test_a_bomb_of_lines_ends_at_max_total(tmp_path: Path) -> None:
    packed = zstandard.compress(lines({"text": "one"}) + b"\n" * 20_000_000)
    found = read(tmp_path / "x.jsonl.zst", packed, max_total=1_000_000)
    assert found.rows["text"].to_list() == ["one"]
    assert "the source is over max_total" in reasons(found)["x.jsonl.zst"]
