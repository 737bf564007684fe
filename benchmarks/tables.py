"""python benchmarks/tables.py [--rows 200000] [--rounds 3] [--only curate …]

Claim: a file of rows is read as pairs, and nine in ten of its records are written as they were, in
less than half of the time that `json.loads` and `json.dumps` of each line take for JSON Lines, and
that `datasets` takes for Parquet; with memory of little more than the pairs.

Sides: `json` (each line a dict), `datasets` (load_dataset, select, to_json or to_parquet, in a
fresh cache), and curate. All are to find instruction, input and output, and to drop the same rows.
Each runs in a process of its own, in turn, on one core where the system can say so. Imports don't
count. Prints median seconds, those of the processor, the ratio of these to curate's, and the
highest memory less that after imports.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

Timed = Iterator[None]
DROPPED = 10  # every tenth row


def curate(source: Path, out: Path) -> Timed:
    """This package."""
    import polars as pl

    from curate import tables

    yield
    table = tables.read(source)
    table.write(out, pl.Series(range(table.rows.height)) % DROPPED != 0)
    yield


def plain(source: Path, out: Path) -> Timed:
    """The standard library, as one would write it at first."""
    yield
    with source.open(encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    pairs = [(row["instruction"], row.get("input", ""), row["output"]) for row in records]
    assert len(pairs) == len(records)
    with out.open("w", encoding="utf-8") as file:
        for number, row in enumerate(records):
            if number % DROPPED:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
    yield


def library(source: Path, out: Path) -> Timed:
    """Hugging Face `datasets`."""
    from datasets import disable_progress_bars, load_dataset

    disable_progress_bars()
    kind = "parquet" if source.suffix == ".parquet" else "json"
    cache = str(out.parent / "cache")
    yield
    rows = load_dataset(kind, data_files=str(source), split="train", cache_dir=cache)
    pairs = rows.select_columns(["instruction", "input", "output"])[:]
    assert len(pairs["output"]) == len(rows)
    kept = rows.select([number for number in range(len(rows)) if number % DROPPED])
    kept.to_parquet(str(out)) if kind == "parquet" else kept.to_json(str(out))
    yield


SIDES: dict[str, Callable[[Path, Path], Timed]] = {
    "curate": curate,
    "json": plain,
    "datasets": library,
}


def memory() -> float:
    """Highest memory of this process, in MB; `getrusage` would tell the parent's, if higher."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def side(name: str, source: Path, out: Path) -> None:
    """One side in this process: seconds and MB, as JSON."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    steps = SIDES[name](source, out)
    next(steps)
    before, began, worked = memory(), time.perf_counter(), time.process_time()
    next(steps)
    seconds, worked = time.perf_counter() - began, time.process_time() - worked
    print(json.dumps({"seconds": seconds, "cpu": worked, "memory": memory() - before}))


def measure(name: str, source: Path) -> dict[str, float]:
    """One side in its own process."""
    with tempfile.TemporaryDirectory(dir=source.parent) as folder:
        out = Path(folder, f"out{source.suffix}")
        command = [sys.executable, __file__, "--side", name, str(source), str(out)]
        environment = {**os.environ, "POLARS_MAX_THREADS": "1", "HF_HUB_OFFLINE": "1"}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        if done.returncode:
            sys.exit(f"{name} failed:\n{done.stderr}")
        import polars as pl

        scan = pl.scan_ndjson if out.suffix == ".jsonl" else pl.scan_parquet
        found = json.loads(done.stdout.splitlines()[-1])
        return {**found, "rows": scan(out).select(pl.len()).collect().item()}


def files(folder: Path, count: int) -> Iterator[tuple[Path, float]]:
    """The same rows as JSON Lines and as Parquet, with the MB of their text."""
    import polars as pl
    from dedup_rows import rows

    frame = rows(count).with_columns(source=pl.lit("made up"))
    text = sum(frame[name].str.len_bytes().sum() for name in ("instruction", "input", "output"))
    with (folder / "rows.jsonl").open("w", encoding="utf-8") as file:
        for row in frame.iter_rows(named=True):
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    frame.write_parquet(folder / "rows.parquet", compression="snappy")
    for name in ("rows.jsonl", "rows.parquet"):
        yield folder / name, text / 1e6


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="*", choices=SIDES, default=list(SIDES))
    parser.add_argument("--side", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.side:
        side(given.side[0], Path(given.side[1]), Path(given.side[2]))
        return
    slow = False
    with tempfile.TemporaryDirectory() as folder:
        for source, text in files(Path(folder), given.rows):
            names = [n for n in given.only if n != "json" or source.suffix == ".jsonl"]
            runs = [{name: measure(name, source) for name in names} for _ in range(given.rounds)]
            middle = {
                name: [
                    statistics.median(run[name][of] for run in runs) for of in ("seconds", "cpu")
                ]
                for name in names
            }
            print(f"{source.name}: {given.rows:,} rows, {text:,.0f} MB of text")
            for name, (seconds, cpu) in middle.items():
                most = max(run[name]["memory"] for run in runs)
                ratio = cpu / middle[names[0]][1]
                print(f"  {name:9}{seconds:7.2f} s {cpu:7.2f} s {ratio:6.2f} × {most:7,.0f} MB")
                assert {run[name]["rows"] for run in runs} == {given.rows - given.rows // DROPPED}
            rival = "json" if "json" in names else "datasets"
            if rival in names and "curate" in names:
                slow |= middle["curate"][1] * 2 > middle[rival][1]
    sys.exit(slow)


if __name__ == "__main__":
    main()
