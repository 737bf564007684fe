"""python benchmarks/dedup_scale.py [--small 200000] [--large 2000000] [--rounds 2]

Claim: ten times the rows take memory under 6 GiB, rows and files included, and at most 1.5 × the
time a row. Both sizes run in turn, each in a process of its own, end to end as in `dedup_speed.py`.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from dedup_rows import rows
from dedup_speed import THRESHOLD, measure

from curate.dedup.memory import need
from curate.dedup.options import Dedup

LIMIT = 6 * 1024  # MB
RATIO = 1.5


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--small", type=int, default=200_000)
    parser.add_argument("--large", type=int, default=2_000_000)
    parser.add_argument("--rounds", type=int, default=2)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files = {size: Path(folder, f"{size}.parquet") for size in (given.small, given.large)}
        for size, file in files.items():
            frame = rows(size)
            text = int(frame["output"].str.len_bytes().sum())
            frame.write_parquet(file, compression="snappy")
            foreseen = need(size, text, Dedup(threshold=THRESHOLD))
            print(f"{size:,} rows: foreseen {foreseen.memory >> 20:,} MB beside the rows")
            del frame
        runs = [
            {size: measure("curate", sys.executable, file) for size, file in files.items()}
            for _ in range(given.rounds)
        ]
    cost = {
        size: statistics.median(run[size]["seconds"] for run in runs) / size * 1e6 for size in files
    }
    memory = {size: max(run[size]["memory"] for run in runs) for size in files}
    for size in files:
        print(f"{size:9,} rows {cost[size]:6.1f} µs a row  {memory[size]:6,.0f} MB")
    ratio = cost[given.large] / cost[given.small]
    print(f"ratio {ratio:.2f} (at most {RATIO}), {memory[given.large]:,.0f} MB (at most {LIMIT:,})")
    sys.exit(ratio > RATIO or memory[given.large] > LIMIT)


if __name__ == "__main__":
    main()
