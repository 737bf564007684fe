"""Standard input and output, and pipes, by the command as a user runs it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import polars as pl
import pytest

from curate import tables
from curate.errors import InputError

LINE = '{"n":1.50, "instruction":"How far do bees fly?", "output":"A few kilometres."}\n'
OTHER = '{"instruction":"How long does a cat sleep?","output":"Sixteen hours."}\n'


def curate(*args: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "curate", *args], input=given, capture_output=True, check=False
    )


def test_through_a_pipe(here: Path) -> None:
    done = curate("dedup", "-", "-o", "-", given=(LINE + OTHER + LINE).encode())
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.decode().splitlines(keepends=True)) == sorted([LINE, OTHER])
    assert b"1 dropped" in done.stderr
    assert b"Wrote -" in done.stderr


def test_the_kind_that_was_read_is_written(here: Path) -> None:
    pl.DataFrame([json.loads(LINE), json.loads(OTHER)]).write_parquet("in.parquet")
    done = curate("dedup", "-", "-o", "-", given=Path("in.parquet").read_bytes())
    assert pl.read_parquet(io.BytesIO(done.stdout)).equals(pl.read_parquet("in.parquet"))
    done = curate("dedup", "-", "-o", "-", given=f"[{LINE},{OTHER}]".encode())
    assert done.stdout.decode() == f"[\n{LINE.strip()},\n{OTHER.strip()}\n]\n"
    assert curate("dedup", "-", "-o", "-").stdout == b""


def test_what_standard_input_cannot_be(here: Path) -> None:
    done = curate("dedup", "-", "-o", "-", given=LINE.encode() + b"{")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"Error: standard input:2: not JSON")


def test_a_reader_that_goes_away_is_no_traceback(here: Path) -> None:
    with Path("in.jsonl").open("w") as file:
        for number in range(20_000):
            row = {"instruction": f"What is {number}?", "output": f"It is {number * 7919}."}
            file.write(json.dumps(row) + "\n")
    command = f"{sys.executable} -m curate filter in.jsonl -o - | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, check=False)
    assert b"Traceback" not in done.stderr
    assert b"Exception" not in done.stderr
    assert json.loads(done.stdout)["instruction"].startswith("What is ")


@pytest.mark.skipif(os.name != "posix", reason="named pipes")
def test_a_named_pipe(here: Path) -> None:
    os.mkfifo("pipe")
    writer = threading.Thread(target=Path("pipe").write_text, args=(LINE + OTHER,))
    writer.start()
    table = tables.read("pipe")
    writer.join()
    table.write("out.jsonl", pl.Series([False, True]))
    assert Path("out.jsonl").read_text() == OTHER


def test_what_standard_output_cannot_hold(
    here: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    pl.DataFrame([json.loads(LINE)]).write_parquet("in.parquet")
    table = tables.read("in.parquet")
    table.write("-", pl.Series([True]))
    assert capfdbinary.readouterr().out.startswith(b"PAR1")
    table.write("-", pl.Series([True]), pl.DataFrame({"n": [None]}, schema={"n": pl.String}))
    assert capfdbinary.readouterr().out.endswith(b"PAR1")
    with pytest.raises(InputError, match="ending in"):
        table.write("out.txt", pl.Series([True]))
