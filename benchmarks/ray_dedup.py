"""python benchmarks/ray_dedup.py [--rows 500000 2000000] [--rounds 1] [--workers 2]

Claim: deduplication of shards on Ray takes at most 1.5 × the time of the local engine with as many
workers, no process of either holds 3 GiB, and from 500,000 to 2,000,000 rows the time grows at most
1.2 × as fast as the rows. Both write the same bytes.

Each side runs in a process of its own, on the same shards of Parquet (`dedup_rows.py`), to shards.
Ray's cluster is up before the clock starts, as one is that is worth using; its start is told apart.
Memory is the peak of PSS, which counts what processes share once, of each process of the side,
sampled; RSS beside it, which counts Ray's shared store in every process that maps it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

SHARD = 100_000


def warm(number: int) -> int:
    """Have a worker import what the work needs."""
    from curate.sharded import dedup  # noqa: F401

    time.sleep(1)  # so that each is another worker
    return number


def side(engine: str, workers: int, source: str, out: str) -> None:
    """One side in this process: seconds, as JSON."""
    import logging

    from curate.copies import Means
    from curate.dedup.options import Dedup
    from curate.earlier import earlier
    from curate.embeddings.lexical import Lexical
    from curate.engines.open import opened
    from curate.progress import Silent
    from curate.sharded import dedup

    logging.disable(logging.WARNING)
    began = time.perf_counter()
    with opened(engine, None, workers) as made:
        if engine == "ray":
            made.get(made.run(warm, [(at,) for at in range(workers)]))
        started = time.perf_counter()
        means = Means(earlier(None, Path()), Lexical(), None, made)
        dedup(source, Dedup(), means, Silent()).write(out)
        done = time.perf_counter()
    print(json.dumps({"start": started - began, "seconds": done - started}))


class Peaks(threading.Thread):
    """The highest memory of any process under one, by PSS and by RSS, in MiB."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.on = pid, True
        self.pss: dict[str, float] = {}
        self.rss: dict[str, float] = {}

    def run(self) -> None:
        import psutil

        while self.on:
            for process in self._all(psutil):
                try:
                    found = process.memory_full_info()
                    name = (process.cmdline() or [process.name()])[0].split(" ")[0].split("/")[-1]
                except psutil.Error:
                    continue
                for kind, value in (("pss", found.pss), ("rss", found.rss)):
                    known = getattr(self, kind)
                    known[name] = max(known.get(name, 0), value / 2**20)
            time.sleep(1)

    def _all(self, psutil):  # noqa: ANN001, ANN202
        try:
            own = psutil.Process(self.pid)
            return [own, *own.children(recursive=True)]
        except psutil.Error:
            return []


def digest(folder: Path) -> str:
    """Of all files of a folder, names and bytes."""
    found = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        found.update(path.name.encode() + path.read_bytes())
    return found.hexdigest()[:16]


def measure(engine: str, workers: int, source: Path) -> dict:
    """One side in its own process."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "out")
        command = [sys.executable, __file__, "--side", engine, str(workers), str(source), str(out)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        peaks = Peaks(process.pid)
        peaks.start()
        told, _ = process.communicate()
        peaks.on = False
        if process.returncode:
            sys.exit(f"{engine} failed")
        found = json.loads(told.splitlines()[-1])
        return {**found, "pss": peaks.pss, "rss": peaks.rss, "digest": digest(out)}


def shards(count: int, folder: Path) -> None:
    """So many rows in files of SHARD."""
    import polars as pl
    from dedup_rows import rows

    for at in range(0, count, SHARD):
        part = rows(min(SHARD, count - at), seed=at)
        part = part.with_columns(id=pl.format("{}-{}", pl.lit(at), "id"))
        part.write_parquet(folder / f"rows-{at:09}.parquet")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, nargs="+", default=[500_000, 2_000_000])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--side", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.side:
        engine, workers, source, out = given.side
        side(engine, int(workers), source, out)
        return
    medians: dict[tuple[str, int], float] = {}
    for count in given.rows:
        runs: dict[str, list[dict]] = {"local": [], "ray": []}
        with tempfile.TemporaryDirectory() as folder:
            shards(count, Path(folder))
            for _ in range(given.rounds):
                for engine, found in runs.items():
                    found.append(measure(engine, given.workers, Path(folder)))
                    print(count, engine, found[-1], file=sys.stderr, flush=True)
        digests = {run["digest"] for found in runs.values() for run in found}
        for engine, found in runs.items():
            seconds = statistics.median(run["seconds"] for run in found)
            medians[engine, count] = seconds
            kinds = [max(max(run[kind].values()) for run in found) for kind in ("pss", "rss")]
            print(
                f"{count:9,} rows  {engine:5} {seconds:7.1f} s  {count / seconds:8,.0f} rows/s  "
                f"highest process {kinds[0]:6,.0f} MiB PSS, {kinds[1]:6,.0f} MiB RSS"
            )
        ratio = medians["ray", count] / medians["local", count]
        print(f"{count:9,} rows  ray / local {ratio:.2f}  same bytes: {len(digests) == 1}")
    least, most = min(given.rows), max(given.rows)
    for engine in ("local", "ray") if least < most else ():
        grown = medians[engine, most] / medians[engine, least] / (most / least)
        print(f"{engine}: from {least:,} to {most:,} rows {grown:.2f} × linear")


if __name__ == "__main__":
    main()
