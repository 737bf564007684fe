"""Seconds and memory of `curate export` to messages, beside a loop over Python objects.

    python benchmarks/export_scale.py [ROWS]

Both write the same JSON Lines from one Parquet file, each in a process of its own, in turn, three
times; medians and ratios. The loop reads all rows, makes a dict of each, and dumps it by orjson.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import polars as pl

STREAMED = """
from pathlib import Path
from curate.publish.export import export
export(Path(FOLDER), "messages", OUT)
"""
LOOPED = """
import orjson, polars as pl
from curate.tables.turn import MARK
rows = pl.read_parquet(FOLDER + "/data/train-*.parquet", columns=["instruction", "input", "output"])
with open(OUT, "wb") as out:
    for row in rows.to_dicts():
        turn = row["instruction"] + (MARK + row["input"] if row["input"] else "")
        said = [{"role": "user", "content": turn}, {"role": "assistant", "content": row["output"]}]
        out.write(orjson.dumps({"messages": said}) + b"\\n")
"""
FRAME = """
import json, resource, time
FOLDER, OUT = {folder!r}, {out!r}
import polars, pyarrow, orjson, curate.publish.export
before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
{code}
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([time.perf_counter() - began, (after - before) / 1024]))
"""


def measure(code: str, folder: str, out: str) -> tuple[float, float]:
    """Seconds, and MiB beyond what the imports took."""
    script = FRAME.format(folder=folder, out=out, code=code)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    seconds, mebibytes = json.loads(done.stdout)
    return seconds, mebibytes


def version(folder: Path, count: int) -> None:
    (folder / "data").mkdir()
    number = pl.int_range(count).cast(pl.String)
    given = pl.format("def f{}(): …\n" * 8, *[number] * 8)
    asked = "What does function number {} of the library return, and when?"
    rows = pl.select(
        id=number,
        instruction=pl.format(asked, number),
        input=pl.when(pl.int_range(count) % 3 == 0).then(given).otherwise(pl.lit("")),
        output=pl.format("It returns {}. " + "More of the answer stands here. " * 8, number),
    )
    for shard in range(-(-count // 200_000)):
        part = rows.slice(shard * 200_000, 200_000)
        part.write_parquet(folder / f"data/train-{shard:05d}.parquet", row_group_size=1000)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "version"
        folder.mkdir()
        version(folder, count)
        outs = [f"{name}/{side}.jsonl" for side in ("streamed", "looped")]
        runs = [
            [
                measure(code, str(folder), out)
                for code, out in zip((STREAMED, LOOPED), outs, strict=True)
            ]
            for _ in range(3)
        ]
        same = Path(outs[0]).read_bytes() == Path(outs[1]).read_bytes()
        size = Path(outs[0]).stat().st_size
    (fast, small), (slow, large) = (
        [statistics.median(run[side][part] for run in runs) for part in (0, 1)] for side in (0, 1)
    )
    print(f"{count} rows, {size / 2**20:.0f} MiB of JSON Lines, the same bytes: {same}")
    print(f"curate export  {fast:6.1f} s  {small:6.0f} MiB")
    print(f"Python objects {slow:6.1f} s  {large:6.0f} MiB")
    print(f"times as fast: {slow / fast:.1f}; share of the memory: {small / large:.2f}")


if __name__ == "__main__":
    main()
