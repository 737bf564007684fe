"""A column of a dataset: local files, a saved dataset, and what cannot be reached."""

from __future__ import annotations

import gc
import gzip
import json
import resource
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from curate.errors import InputError
from curate.schema import DOCUMENT, LOSS
from curate.sources.base import Documents
from curate.sources.dataset import Dataset

ROWS = [{"text": f"Text {n}", "name": f"Name {n}", "n": n} for n in range(5)]


# `datasets` leaves files open that it streams from, until they are collected
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", str(tmp_path / "cache"))
    yield tmp_path / "cache"
    gc.collect()


def lines(*rows: dict) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def write(path: Path) -> Path:
    """The rows as a file of the kind that its name says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frame = pl.DataFrame(ROWS)
    if path.suffix == ".parquet":
        frame.write_parquet(path)
    elif path.suffix == ".csv":
        frame.write_csv(path)
    else:
        path.write_bytes(lines(*ROWS))
    return path


def as_parquet(path: Path) -> Path:
    pl.read_ndjson(path).write_parquet(path.with_suffix(".parquet"))
    return path.with_suffix(".parquet")


def read(path: Path | str, **options) -> Documents:
    return Dataset(path=str(path), **options).read()


def reasons(documents: Documents) -> dict[str, str]:
    return dict(documents.losses.select("path", "reason").iter_rows())


@pytest.mark.parametrize("name", ["a.parquet", "a.jsonl", "a.csv"])
@pytest.mark.parametrize("folder", [False, True])
def test_local_files(tmp_path: Path, cache: Path, name: str, folder: bool) -> None:
    file = write(tmp_path / "mine" / name)
    found = read(file.parent if folder else file, title_column="name", licence="cc0-1.0")
    shown = "mine" if folder else name
    assert found.rows.schema == DOCUMENT
    assert found.losses.schema == LOSS
    assert found.rows["path"].to_list() == [f"{shown}:train:{n}" for n in range(5)]
    assert found.rows["text"].to_list() == [row["text"] for row in ROWS]
    assert found.rows["title"].to_list() == [row["name"] for row in ROWS]
    assert set(found.rows["licence"]) == {"cc0-1.0"}
    assert not cache.exists()


def test_another_folder_of_the_same_name_gives_its_own_rows(tmp_path: Path) -> None:
    write(tmp_path / "a" / "data" / "x.jsonl")
    (tmp_path / "b" / "data").mkdir(parents=True)
    (tmp_path / "b" / "data" / "x.jsonl").write_bytes(lines({"text": "other"}))
    assert read(tmp_path / "a" / "data").rows.height == 5
    assert read(tmp_path / "b" / "data").rows["text"].to_list() == ["other"]


def test_splits_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "train.jsonl").write_bytes(lines({"text": "one"}))
    (tmp_path / "d" / "test.jsonl").write_bytes(lines({"text": "two"}))
    assert read(tmp_path / "d").rows["text"].to_list() == ["one"]
    assert read(tmp_path / "d", split="test").rows["path"].to_list() == ["d:test:0"]
    with pytest.raises(InputError, match='d has no split "tests". Did you mean "test"?'):
        read(tmp_path / "d", split="tests")


def test_a_saved_dataset(tmp_path: Path) -> None:
    import datasets

    made = datasets.Dataset.from_list(ROWS)
    made.save_to_disk(str(tmp_path / "one"))
    datasets.DatasetDict({"train": made, "test": made.select([0])}).save_to_disk(
        str(tmp_path / "two")
    )
    assert read(tmp_path / "one").rows["path"].to_list() == [f"one:train:{n}" for n in range(5)]
    assert read(tmp_path / "two", split="test").rows["text"].to_list() == ["Text 0"]
    with pytest.raises(InputError, match='no split "valid". Known: test, train'):
        read(tmp_path / "two", split="valid")
    with pytest.raises(InputError, match='no column "texts". Did you mean "text"?'):
        read(tmp_path / "one", column="texts")


def test_a_saved_dataset_that_names_files_elsewhere(tmp_path: Path) -> None:
    import datasets

    datasets.Dataset.from_list(ROWS).save_to_disk(str(tmp_path / "one"))
    state = tmp_path / "one" / "state.json"
    state.write_text(state.read_text().replace("data-00000", "../one/data-00000"))
    with pytest.raises(InputError, match="names files outside of its folder"):
        read(tmp_path / "one")


@pytest.mark.parametrize("name", ["a.parquet", "a.jsonl", "a.csv"])
def test_a_column_that_is_not_there(tmp_path: Path, name: str) -> None:
    file = write(tmp_path / name)
    with pytest.raises(InputError, match='has no column "txt". Did you mean "text"?'):
        read(file, column="txt")
    with pytest.raises(InputError, match='has no column "titel". Known: n, name, text'):
        read(file, title_column="titel")


def test_rows_without_text_are_losses(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(
        lines({"text": "one"}, {"text": None}, {"text": " "}, {"text": "é" * 40}, {"text": "one"})
    )
    found = read(as_parquet(tmp_path / "a.jsonl"), max_bytes=50)
    assert found.rows["path"].to_list() == ["a.parquet:train:0"]
    assert reasons(found) == {
        "a.parquet:train:1": "nothing in the column text, not text",
        "a.parquet:train:2": "empty",
        "a.parquet:train:3": "over 50 bytes; split it or raise max_bytes",
        "a.parquet:train:4": "same text as another document: a.parquet:train:0",
    }


def test_a_column_of_numbers(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read(write(tmp_path / "a.parquet"), column="n")
    assert "a.parquet:train:0: a value of type int in the column n, not text" in str(caught.value)


def test_limit_and_max_total(tmp_path: Path) -> None:
    file = write(tmp_path / "a.jsonl")
    assert read(file, limit=2).rows.height == 2
    found = read(file, max_total=14)
    assert found.rows.height == 2
    assert reasons(found) == {
        "a.jsonl:train:2": "not read: the source is over max_total; raise it or read less"
    }


def test_a_file_that_is_damaged_later_on_keeps_what_was_read(tmp_path: Path) -> None:
    data = lines(*({"text": f"Row {n}. {'x' * 2000}"} for n in range(8_000)))
    (tmp_path / "a.jsonl").write_bytes(data + b'{"text": "cut sh')
    found = read(tmp_path / "a.jsonl")
    assert 4_000 < found.rows.height < 8_000
    why = reasons(found)["a.jsonl:train"]
    assert why.startswith(f"read up to row {found.rows.height - 1:,}, then: ")


def test_a_line_without_end_does_not_fill_the_memory(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "a.jsonl.gz", "wb", 1) as stream:
        stream.write(lines({"text": "one"}) + b'{"text": "')
        for _ in range(600):
            stream.write(b"x" * 1_000_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InputError, match="a.jsonl.gz, line 2: over 64,000,000 bytes; split it"):
        read(tmp_path / "a.jsonl.gz")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000  # KiB


def test_a_file_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1 but no more")
    with pytest.raises(InputError, match="cannot be read as a dataset"):
        read(tmp_path / "a.parquet")


def test_a_card_cannot_name_files_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "secret.jsonl").write_bytes(lines({"text": "password"}))
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "README.md").write_text(
        f"---\nconfigs:\n- config_name: default\n  data_files: {tmp_path}/secret.jsonl\n---\n"
    )
    with pytest.raises(InputError, match="secret.jsonl"):
        read(tmp_path / "d")


def test_no_code_is_run(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "d.py").write_text(f"open('{tmp_path}/ran', 'w')")
    with pytest.raises(InputError, match="cannot be read as a dataset"):
        read(tmp_path / "d")
    assert not (tmp_path / "ran").exists()


def test_the_hub_offline() -> None:
    with pytest.raises(InputError) as caught:
        read("some-org/some-name")
    assert str(caught.value).startswith(
        "some-org/some-name is not on this machine, and the Hub cannot be reached ("
    )
    assert "HF_HUB_OFFLINE" in str(caught.value)


@pytest.mark.parametrize("path", ["x" * 5_000, "a\0b", "~nosuchuser/x", "a/b/c"])
def test_a_path_that_cannot_be(path: str) -> None:
    with pytest.raises(InputError):
        read(path)
