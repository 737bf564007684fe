"""python benchmarks/publish_kills.py [--kills 50] [--rows 5000] [--seed 1]

Claim: whenever `curate publish` is killed, `curate ls` and `load_dataset` see whole versions only,
and the next publish succeeds.

Makes working rows (publish_scale.py) and publishes a first version. Then, for each of --kills
moments, spread at random over the time that one publishing takes, and every other one over the part
of it in which files are written: moves a bound, so that there is
something to publish, starts `curate publish`, kills the process with SIGKILL at that moment, and
looks at what is there:

    ls      `curate ls --json` names the old versions, or those and the new one
    verify  each of them is whole, by every digest
    load    `load_dataset` gives the newest one with as many rows as its manifest tells
    next    `curate publish` succeeds, its version is the next one, and nothing half-made is left

Prints a line a kill: when, what the process was doing (files of the unfinished version), what was
there. Ends with an error where the claim does not hold.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import tempfile
import time
from pathlib import Path

import polars as pl
from click.testing import CliRunner
from publish_scale import COMMAND, RECIPE, decided, made

from curate.cli import main as curate
from curate.progress import Silent
from curate.publish.verify import verify
from curate.publish.version import Version, versions
from curate.publish.write import publish
from curate.recipe import load
from curate.workspace import Workspace

HOME = Path("datasets/bench")


def start() -> subprocess.Popen[bytes]:
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen([COMMAND, "publish", "bench.yaml"], **quiet)


def move(workspace: Workspace, rows: pl.DataFrame, turn: int) -> None:
    """Drop other rows than before, so that there is something to publish."""
    reason = pl.lit(f"quality 0.0 < min 0.{turn:04}")
    dropped = pl.when(pl.col("quality").is_between(turn / 1000, turn / 1000 + 0.01)).then(reason)
    decided(workspace, rows.with_columns(dropped=pl.coalesce("dropped", dropped)), f"turn {turn}")


def listed() -> list[str]:
    """What `curate ls` names."""
    out = CliRunner().invoke(curate, ["ls", "versions", "--json"])
    return [line["dataset"].partition("@")[2] for line in json.loads(out.stdout)]


def loaded(version: str) -> bool:
    """Whether `load_dataset` gives all rows of a version."""
    from datasets import load_dataset

    folder = HOME / version
    told = json.loads((folder / "manifest.json").read_text())["counts"]
    with tempfile.TemporaryDirectory() as cache:
        parts = load_dataset(str(folder.resolve()), cache_dir=cache)
        return {side: part.num_rows for side, part in parts.items()} == {
            side: told[side] for side in ("train", "test")
        }


def writing(process: subprocess.Popen[bytes]) -> None:
    """Wait until a process has begun to write a version, or is over."""
    while not any(HOME.glob(".partial-*")) and process.poll() is None:
        time.sleep(0.001)


def trial(
    workspace: Workspace, moment: float, late: bool, before: list[str], checked: set[str]
) -> tuple[str, list[str]]:
    """Kill a publishing at a moment; what it had made, and what was wrong afterwards."""
    process = start()
    if late:
        writing(process)
    time.sleep(moment)
    ended = process.poll() is not None
    process.kill()
    process.wait()
    left = [path for path in HOME.rglob(".partial-*/**/*") if path.is_file()]
    there = listed()
    doing = "ended" if ended else f"{len(left)} files written" if left else "nothing written"
    wrong = []
    if there[: len(before)] != before or len(there) > len(before) + 1:
        wrong.append(f"ls: {there}")
    for version in set(there) - checked:
        wrong += [f"{version}: {fault}" for fault in verify(HOME / version)]
        checked.add(version)
    if not loaded(there[-1]):
        wrong.append("load_dataset gives other rows")
    with workspace.lock():
        publish(workspace, Silent(), options=load("bench.yaml").to_dict()["publish"])
    after = [str(each) for each in versions(HOME)]
    due = str(Version.parse(before[-1]).next("minor"))
    if after != [*before, due] or not loaded(after[-1]):
        wrong.append(f"after the next publish: {after}")
    if any(HOME.glob(".*")):
        wrong.append("something half-made is left")
    new = "new version" if len(there) > len(before) else "old versions"
    when = f"{moment:.2f} s {'of writing' if late else ''}"
    return f"{when:18} {doing:18} {new}", wrong


def main() -> None:
    parser = argparse.ArgumentParser(prog="publish_kills.py")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--rows", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    os.environ["HF_HUB_OFFLINE"] = "1"
    rng = random.Random(chosen.seed)
    with tempfile.TemporaryDirectory() as name:
        os.chdir(name)
        Path("bench.yaml").write_text(RECIPE)
        workspace, rows = made(load("bench.yaml"), chosen.rows)
        assert start().wait() == 0
        move(workspace, rows, 0)
        began, process = time.monotonic(), start()
        writing(process)
        midst = time.monotonic()
        assert process.wait() == 0
        whole, last = time.monotonic() - began, time.monotonic() - midst
        print(f"a publishing takes {whole:.1f} s, of which it writes for {last:.1f} s")
        failed, checked = 0, {"0.1.0"}
        for turn in range(chosen.kills):
            move(workspace, rows, turn + 1)
            late = turn % 2 == 1
            moment = (turn + rng.random()) * (last if late else whole) / chosen.kills
            before = [str(each) for each in versions(HOME)]
            told, wrong = trial(workspace, moment, late, before, checked)
            failed += bool(wrong)
            print(f"{told}  {'; '.join(wrong) or 'whole, next published'}", flush=True)
    print(f"{failed} of {chosen.kills} kills left something wrong")
    if failed:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
