"""Rows in many Parquet files, here and in an S3 store: each piece by itself, the same ids."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from curate import tables
from curate.cli import main
from curate.errors import InputError
from curate.tables.shards import Shards, is_sharded, numbered, told

ROWS = pl.DataFrame(
    {
        "instruction": ["What is a list?", "What is a tuple?", "What is a list?", "What is a key?"]
        * 3,
        "output": ["A row of values.", "A fixed row.", "A row of values.", "What finds a value."]
        * 3,
        "note": range(12),
    }
)


def write(folder: Path, rows: pl.DataFrame, size: int) -> str:
    folder.mkdir()
    for at, part in enumerate(rows.iter_slices(size)):
        part.write_parquet(folder / f"{at:03}.parquet")
    return str(folder)


def ids(source: str, most: int) -> pl.Series:
    found = [told(piece) for piece in Shards.of(source).pieces(most)]
    return numbered(pl.concat([each.ids for each in found]))


@pytest.mark.parametrize("size", [1, 5, 12])
def test_digests_are_those_of_one_file(tmp_path: Path, size: int) -> None:
    ROWS.write_parquet(tmp_path / "whole.parquet")
    whole = tables.read(tmp_path / "whole.parquet").rows["id"]
    assert ids(write(tmp_path / "in", ROWS, size), 5).equals(whole)


def test_row_groups_of_a_file_are_pieces_of_about_as_many_rows(tmp_path: Path) -> None:
    ROWS.write_parquet(tmp_path / "whole.parquet", row_group_size=3)
    pieces = Shards.of(str(tmp_path / "whole.parquet")).pieces(6)
    assert [piece.rows for piece in pieces] == [6, 6]
    assert pieces[1].read()["instruction"].equals(ROWS["instruction"][6:])


def test_a_folder_of_parquet_is_shards_and_a_file_is_none(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", ROWS, 5)
    assert is_sharded(folder)
    assert is_sharded("s3://bucket/rows/")
    assert not is_sharded(f"{folder}/000.parquet")


def test_all_columns_pass_through_dedup_of_shards(tmp_path: Path) -> None:
    folder, out = write(tmp_path / "in", ROWS, 5), tmp_path / "out"
    given = ["dedup", folder, "-o", str(out), "--rejected", str(tmp_path / "gone")]
    result = CliRunner().invoke(main, given)
    assert result.exit_code == 0, result.output
    kept, gone = (pl.read_parquet(tmp_path / name / "*.parquet") for name in ("out", "gone"))
    assert sorted([*kept["note"], *gone["note"]]) == [*range(12)]
    assert kept.height == 3
    assert gone["dropped"].str.starts_with("duplicate of ").all()
    again = CliRunner().invoke(main, given)
    assert again.exit_code == 2
    assert "not empty" in again.output


def test_filters_of_shards_are_those_of_a_file(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", ROWS, 5)
    ROWS.write_parquet(tmp_path / "whole.parquet")
    only = ["--set", "filters=[{length: {min: 4}}]"]
    for source, out in ((folder, "out"), (str(tmp_path / "whole.parquet"), "out.parquet")):
        result = CliRunner().invoke(main, ["filter", source, "-o", str(tmp_path / out), *only])
        assert result.exit_code == 0, result.output
    whole = pl.read_parquet(tmp_path / "out.parquet")
    assert 0 < whole.height < 12
    assert pl.read_parquet(tmp_path / "out" / "*.parquet").equals(whole)


def test_what_is_no_shard_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing: there are no \.parquet files"):
        Shards.of(str(tmp_path / "nothing"))
    (tmp_path / "bad.parquet").write_bytes(b"no parquet at all")
    with pytest.raises(InputError, match=r"bad\.parquet is not Parquet"):
        Shards.of(str(tmp_path / "bad.parquet")).pieces(5)
    pl.DataFrame({"messages": ["a"]}).write_parquet(tmp_path / "chat.parquet")
    with pytest.raises(InputError, match="found messages"):
        told(Shards.of(str(tmp_path / "chat.parquet")).pieces(5)[0])


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A bucket on an S3 server on loopback (`moto_server`, which is installed apart)."""
    server = shutil.which("moto_server")
    if server is None:
        pytest.skip("moto_server is not on the PATH: pip install 'moto[server]' somewhere")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [server, "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        from pyarrow import fs

        store = fs.S3FileSystem(
            endpoint_override=f"127.0.0.1:{port}",
            scheme="http",
            region="us-east-1",
            allow_bucket_creation=True,
        )
        store.create_dir("bucket")
        yield "s3://bucket"
    finally:
        process.terminate()
        process.wait()


def test_shards_in_s3_give_the_bytes_of_shards_here(s3: str, tmp_path: Path) -> None:
    import pyarrow.parquet as pq
    from pyarrow import fs

    from curate.tables.shards import _store

    folder = write(tmp_path / "in", ROWS, 5)
    store, _ = _store(s3)
    assert isinstance(store, fs.S3FileSystem)
    for at, part in enumerate(ROWS.iter_slices(5)):
        pq.write_table(part.to_arrow(), f"bucket/in/{at:03}.parquet", filesystem=store)
    for source, out in ((f"{s3}/in/", f"{s3}/out/"), (folder, str(tmp_path / "out"))):
        result = CliRunner().invoke(main, ["dedup", source, "-o", out])
        assert result.exit_code == 0, result.output
    here = pl.read_parquet(tmp_path / "out" / "*.parquet")
    assert pl.from_arrow(pq.read_table("bucket/out", filesystem=store)).equals(here)
    again = CliRunner().invoke(main, ["dedup", f"{s3}/in/", "-o", f"{s3}/out/"])
    assert again.exit_code == 2
    assert "not empty" in again.output
