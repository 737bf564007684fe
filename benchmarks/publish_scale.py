"""python benchmarks/publish_scale.py [--rows 1000000] [--folder FOLDER]

Claim: a million rows are published in shards within 60 s and 4 GiB.

Makes the working rows of a recipe: --rows live ones of 60 to 140 words with eight measures, a
quarter as many that were dropped, their passages (one for five rows), and for each row the calls
behind it, which hold the passage: about 3 kB. Then runs as a user would, each in a process of its
own, and prints its seconds and the most memory it had:

    publish   the first version
    again     the same rows: nothing is made
    second    after a bound was moved that drops one row in a hundred: with its parent compared
    diff      of the two
    verify    of both

and loads the first version with `load_dataset`. The files are deleted at the end; with --folder
they stay.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq
from dedup_rows import rows as texts

from curate import provenance
from curate.generate.prompts import load_prompts
from curate.recipe import Recipe, load
from curate.report import uncovered
from curate.schema import LOSS, PAIR
from curate.ties import TIE
from curate.workspace import Checkpoint, Workspace

COMMAND = Path(sys.executable).with_name("curate")
MEASURES = ("length", "language", "repetition", "grounding", "quality", "injection", "private")
PER_PASSAGE, PER_DOCUMENT = 5, 4
_PART = 100_000
RECIPE = """\
name: bench
topic: an invented country
source: {files: {path: docs}}
teacher: {scripted: {replies: replies.jsonl}}
filters:
  - length: {min: 3}
"""


def candidates(count: int) -> pl.DataFrame:
    """PAIR rows with measures; every fifth is dropped. `passage` numbers what each came from."""
    chance = np.random.default_rng(1)
    passage = pl.int_range(count, eager=True) // PER_PASSAGE
    document = passage // PER_DOCUMENT
    frame = texts(count, copies=0).with_columns(
        kind=pl.lit("answer"),
        task=pl.lit("question"),
        document=document.hash().cast(pl.String).str.pad_start(20, "0").str.slice(4),
        start=(passage % PER_DOCUMENT) * 2000,
        end=(passage % PER_DOCUMENT) * 2000 + 1900,
        prompt=pl.lit("question-answer@12345678"),
        model=pl.lit("a-model-of-some-name"),
        run=pl.lit("0123456789abcdef"),
        dropped=pl.when(pl.int_range(count) % 5 == 0).then(pl.lit("quality 0.31 < min 0.6")),
        split=pl.lit(None, pl.String),
        id=pl.col("id").hash().cast(pl.String).str.pad_start(20, "0").str.slice(4),
    )
    scores = {name: pl.Series(chance.random(count).round(4)) for name in MEASURES}
    return frame.select(PAIR.names()).with_columns(**scores)


def passages(rows: pl.DataFrame) -> pl.DataFrame:
    """What the rows were made from: their answers, end to end."""
    place = ["document", "start", "end"]
    found = rows.group_by(place, maintain_order=True).agg(text=pl.col("output").str.join(" "))
    return found.select(
        pl.format("{}-{}", "document", "start").alias("id"),
        *place,
        "text",
        heading=pl.lit("A country > Its rivers"),
        path=pl.format("docs/{}.md", "document"),
        title=pl.lit("A country"),
        licence=pl.lit("cc-by-4.0"),
    )


def exchanges(rows: pl.DataFrame, asked: pl.DataFrame, workspace: Workspace, key: str) -> None:
    """The calls behind each row, written part by part."""
    path = workspace.folder / "exchanges.parquet"
    empty = pl.DataFrame(schema={"id": pl.String, "exchange": pl.String})
    workspace.save("exchanges", Checkpoint(empty, key))
    meta = pl.read_parquet_metadata(path)
    schema = empty.to_arrow().schema.with_metadata({"curate": meta["curate"]})
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for part in rows.select("id", "document", "start", "output").iter_slices(_PART):
            joined = part.join(asked.select("document", "start", "text"), on=["document", "start"])
            told = pl.concat_str(
                pl.lit('[{"messages": [{"role": "user", "content": "<document>'),
                "text",
                pl.lit('</document>"}], "reply": {"text": "'),
                "output",
                pl.lit(
                    '", "prompt_tokens": 700, "completion_tokens": 120, "finish_reason": "stop"}}]'
                ),
            )
            writer.write_table(joined.select("id", exchange=told).to_arrow().cast(schema))


def decided(workspace: Workspace, rows: pl.DataFrame, key: str) -> None:
    """Save rows as decided upon."""
    facts = {**workspace.require("candidates").facts, "candidates": "made", "decide_seconds": 1.0}
    workspace.save("rows", Checkpoint(rows, key, facts))
    workspace.save("ties", Checkpoint(TIE.to_frame(), key))


def made(recipe: Recipe, count: int) -> tuple[Workspace, pl.DataFrame]:
    """A workspace with `count` live rows and all that belongs to them; and the rows."""
    workspace = Workspace(recipe.name)
    rows = candidates(count * 5 // 4)
    asked = passages(rows)
    facts = {
        **provenance.facts(recipe, load_prompts(recipe.generate)),
        "passages": asked.height,
        "documents": asked["document"].n_unique(),
        "seconds": 1.0,
        "usage": {"prompt_tokens": 1, "completion_tokens": 1},
        "unanswered": 0,
    }
    workspace.save("candidates", Checkpoint(rows.head(0), "made", facts))
    workspace.save("passages", Checkpoint(asked, "made"))
    workspace.save("losses", Checkpoint(LOSS.to_frame(), "made"))
    exchanges(rows, asked, workspace, "made")
    decided(workspace, rows, "one")
    assert uncovered(rows, asked, LOSS.to_frame()).is_empty()
    return workspace, rows


def timed(title: str, *arguments: str) -> None:
    """Run the command, and print its seconds and its most memory."""
    began = time.monotonic()
    with tempfile.TemporaryFile("w+") as told:
        process = subprocess.Popen([COMMAND, *arguments], stdout=told)
        memory = 0.0
        while process.poll() is None:
            memory = max(memory, peak(process.pid))
            time.sleep(0.02)
        seconds = time.monotonic() - began
        told.seek(0)
        said = told.readline().strip()
    if process.returncode:
        raise SystemExit(f"{' '.join(arguments)} ended with {process.returncode}")
    print(f"{title:9} {seconds:6.1f} s  {memory:5.2f} GiB   {said}", flush=True)


def peak(process: int) -> float:
    """The most memory of a process so far, in GiB; `getrusage` counts its parent's as well."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0.0
    lines = [line.split() for line in status.splitlines() if line.startswith("VmHWM")]
    return int(lines[0][1]) / 2**20 if lines else 0.0


def main() -> None:
    parser = argparse.ArgumentParser(prog="publish_scale.py")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path)
    chosen = parser.parse_args()
    os.environ["HF_HUB_OFFLINE"] = "1"
    with tempfile.TemporaryDirectory() as name:
        folder = chosen.folder or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        os.chdir(folder)
        Path("bench.yaml").write_text(RECIPE)
        recipe = load("bench.yaml")
        workspace, rows = made(recipe, chosen.rows)
        size = sum(path.stat().st_size for path in workspace.folder.iterdir()) / 1e9
        print(f"{chosen.rows:,} live rows of {rows.height:,}, {size:.1f} GB of working files")
        timed("publish", "publish", "bench.yaml")
        timed("again", "publish", "bench.yaml")
        dropped = pl.when(pl.col("quality") < 0.01).then(pl.lit("quality 0.0 < min 0.01"))
        moved = rows.with_columns(dropped=pl.coalesce("dropped", dropped))
        decided(workspace, moved, "two")
        del rows, moved
        timed("second", "publish", "bench.yaml")
        timed("diff", "diff", "bench")
        timed("verify", "verify", "bench")
        _load(Path("datasets/bench/0.1.0"))


def _load(folder: Path) -> None:
    from datasets import load_dataset

    loaded = load_dataset(str(folder.resolve()), cache_dir=str(Path("cache").resolve()))
    files = len(list(folder.glob("data/*.parquet")))
    kinds = {kind.dtype for kind in loaded["train"].features.values()}
    rows = {side: part.num_rows for side, part in loaded.items()}
    print(f"load_dataset: {rows} from {files} files, features of {sorted(kinds)}")


if __name__ == "__main__":
    main()
