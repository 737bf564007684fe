"""python benchmarks/dedup_speed.py [--rows 200000] [--rounds 3] [--peers PYTHON] [--sides …]

Claim: near-duplicate removal, end to end (read Parquet, remove with exact verification, write
Parquet), does at least 10 × the rows a second of plain `datasketch` (`MinHash.bulk`, `MinHashLSH`
insert and query) and of `text-dedup`'s minhash command, and 2 × of `rensa`'s digest matrix and LSH.
All with 128 permutations, shingles of 3 words, threshold 0.7; the others verify nothing.

--peers is the Python of an environment with what is compared to:

    python3.11 -m venv peers && peers/bin/pip install datasketch rensa text-dedup polars

Each side runs in a process of its own, in turn, --rounds times. Imports don't count. Prints the
median seconds, rows a second, the ratio to curate, the highest memory, and the rows dropped.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

THRESHOLD, PERMUTATIONS, WORDS = 0.7, 128, 3
Timed = Iterator[None]


def curate(source: Path, out: Path) -> Timed:
    """This package."""
    import polars as pl

    from curate.dedup.duplicates import near_duplicates
    from curate.dedup.options import Dedup

    yield
    frame = pl.read_parquet(source)
    options = Dedup(threshold=THRESHOLD, num_perm=PERMUTATIONS, ngram=WORDS)
    gone = near_duplicates(frame, options).select("id")
    frame.join(gone, on="id", how="anti", maintain_order="left").write_parquet(
        out, compression="snappy"
    )
    yield


def shingles(texts: list[str]) -> Iterator[list[str]]:
    """What the peers are given: runs of words, as strings."""
    for text in texts:
        words = text.lower().split()
        yield [" ".join(words[at : at + WORDS]) for at in range(len(words) - WORDS + 1)]


def datasketch(source: Path, out: Path) -> Timed:
    """Plain datasketch, as its documentation shows."""
    import polars as pl
    from datasketch import MinHash, MinHashLSH

    yield
    frame = pl.read_parquet(source)
    encoded = ([each.encode() for each in row] for row in shingles(frame["text"].to_list()))
    index = MinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS)
    keep = []
    for number, made in enumerate(MinHash.bulk(encoded, num_perm=PERMUTATIONS)):
        keep.append(not index.query(made))
        if keep[-1]:
            index.insert(number, made)
    frame.filter(pl.Series(keep)).drop("text").write_parquet(out, compression="snappy")
    yield


def rensa(source: Path, out: Path) -> Timed:
    """Its fastest way over all shingles: digest matrix, then LSH over it."""
    import polars as pl
    from rensa import RMinHash, RMinHashLSH

    yield
    frame = pl.read_parquet(source)
    made = RMinHash.digest_matrix_from_token_sets(
        list(shingles(frame["text"].to_list())), num_perm=PERMUTATIONS, seed=1
    )
    index = RMinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS, num_bands=16)
    flags = index.insert_matrix_and_query_duplicate_flags(made)
    frame.filter(~pl.Series(flags)).drop("text").write_parquet(out, compression="snappy")
    yield


def text_dedup(source: Path, out: Path) -> Timed:
    """Its command, with two processes, as on its page."""
    from text_dedup.minhash import main

    options = f"--path parquet --data_files {source} --split train --column text --output {out}"
    further = f"--ngram {WORDS} --num_perm {PERMUTATIONS} --threshold {THRESHOLD} --num_proc 2"
    cache = f"--cache_dir {out.parent / 'cache'}"
    yield
    main(f"{options} {further} {cache}".split(), standalone_mode=False)
    yield


SIDES: dict[str, Callable[[Path, Path], Timed]] = {
    "curate": curate,
    "rensa": rensa,
    "datasketch": datasketch,
    "text-dedup": text_dedup,
}


def side(name: str, source: Path, out: Path) -> None:
    """One side in this process: seconds and MB, as JSON."""
    steps = SIDES[name](source, out)
    next(steps)
    began = time.perf_counter()
    next(steps)
    seconds = time.perf_counter() - began
    status = Path("/proc/self/status").read_text()  # `getrusage` would tell the parent's, if higher
    memory = int(status.split("VmHWM:")[1].split()[0]) / 1024
    print(json.dumps({"seconds": seconds, "memory": memory}))


def left(out: Path) -> int:
    """Rows that a side has written."""
    import polars as pl

    if not out.is_dir():
        return pl.scan_parquet(out).select(pl.len()).collect().item()
    from datasets import load_from_disk

    return len(load_from_disk(str(out)))


def measure(name: str, python: str, source: Path) -> dict[str, float]:
    """One side in its own process."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "out" if name == "text-dedup" else "out.parquet")
        command = [python, __file__, "--side", name, str(source), str(out)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
        if done.returncode:
            sys.exit(f"{name} failed:\n{done.stderr}")
        return {**json.loads(done.stdout.splitlines()[-1]), "left": left(out)}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", default=sys.executable)
    parser.add_argument("--sides", nargs="+", default=list(SIDES), choices=SIDES)
    parser.add_argument("--side", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.side:
        side(given.side[0], Path(given.side[1]), Path(given.side[2]))
        return
    import polars as pl
    from dedup_rows import rows

    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = Path(folder, "rows.parquet"), Path(folder, "texts.parquet")
        frame = rows(given.rows)
        frame.write_parquet(ours)
        text = pl.concat_str("instruction", "output", separator=" ")
        frame.with_columns(text=text).write_parquet(theirs)
        del frame
        found: dict[str, list[dict[str, float]]] = {name: [] for name in given.sides}
        for _ in range(given.rounds):
            for name in given.sides:
                python, source = (
                    (sys.executable, ours) if name == "curate" else (given.peers, theirs)
                )
                found[name].append(measure(name, python, source))
                print(name, found[name][-1], file=sys.stderr)
    base = statistics.median(run["seconds"] for run in found["curate"])
    print(f"{given.rows:,} rows, median of {given.rounds}")
    for name, runs in found.items():
        seconds = statistics.median(run["seconds"] for run in runs)
        memory = max(run["memory"] for run in runs)
        dropped = given.rows - runs[0]["left"]
        print(
            f"{name:11} {seconds:7.2f} s {given.rows / seconds:9,.0f} rows/s  curate is "
            f"{seconds / base:5.1f} ×  {memory:6,.0f} MB  {dropped:7,.0f} dropped"
        )


if __name__ == "__main__":
    main()
