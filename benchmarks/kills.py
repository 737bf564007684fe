"""python benchmarks/kills.py [--kills 20] [--chain 5] [--passages 240] [--concurrency 16]

Claim: after `kill -9` at any moment the same command goes on where it was. The candidates are those
of a run that nobody disturbed, and no more is asked a second time than was in flight at the kill.

Each kill has a fresh folder, so that each stands for itself: one random moment in each of --kills
equal stretches from the first request to the end of the process, the writing of the checkpoints
included. Then the command is run again to its end in that folder. A last folder is killed --chain
times before it may end, so that what a kill leaves is killed again.

Prints for each:

    answered    answers that had left the endpoint when the kill came
    under way   requests that it had not answered, or that reached it while the process died
    again       requests seen a second time
    lost        of these, those whose answer had left the endpoint: it lay unread or not on disk yet
    oldest      milliseconds before the kill at which the first of the lost had left
    same rows   whether the candidates, all columns, in their order, and the ledger are those of the
                undisturbed run

The exit code is 1 if rows ever differ, or if more was asked again than `concurrency` for each kill:
to a client, a request is in flight until it has read the answer. The ratio to what was under way
at the endpoint is printed; where the machine is busy, answers wait to be read, and it rises.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import polars as pl
from full_pipe import documents, environment, recipe
from served import Behaviour, Endpoint, Request

COMMAND = [sys.executable, "-m", "curate", "generate", "bench.yaml", "--max-loss", "1"]
COMPARED = ("candidates", "losses")
PAIRS = 3


@dataclass
class Trial:
    """What became of one folder: its kills, the resume to the end, and all requests."""

    moments: list[str] = field(default_factory=list)  # when it was killed, in words
    kills: list[float] = field(default_factory=list)  # of the monotonic clock, as below
    starts: list[float] = field(default_factory=list)
    ended: float = 0.0
    requests: list[Request] = field(default_factory=list)
    frames: dict[str, pl.DataFrame] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.answered = self.under_way = self.again = self.lost = 0
        self.oldest = 0.0

    def count(self) -> None:
        """Tell the requests of the killed runs apart."""
        left: dict[str, float | None] = {}  # digest → how long before its kill the answer left
        ends = [*self.starts[1:], float("inf")]
        for request in self.requests:
            if request.digest in left:
                self.again += 1
                age = left[request.digest]
                self.lost += age is not None
                self.oldest = max(self.oldest, age or 0.0)
            turn = next(turn for turn, end in enumerate(ends) if request.arrived < end)
            left[request.digest] = None
            if turn < len(self.kills):
                in_time = request.answered and request.ended <= self.kills[turn]
                self.answered += in_time
                self.under_way += not in_time
                if in_time:
                    left[request.digest] = self.kills[turn] - request.ended

    def same(self, other: Trial) -> bool:
        """Whether both ended with the same rows."""
        return all(self.frames[name].equals(other.frames[name]) for name in COMPARED)


def start(folder: Path) -> subprocess.Popen[bytes]:
    nowhere = subprocess.DEVNULL
    return subprocess.Popen(COMMAND, cwd=folder, env=environment(), stdout=nowhere, stderr=nowhere)


def until_first_request(process: subprocess.Popen[bytes], endpoint: Endpoint, seen: int) -> None:
    """Wait until the endpoint has seen more than before, or the process has ended."""
    while process.poll() is None and endpoint.count() == seen:
        time.sleep(0.01)


def run(
    endpoint: Endpoint, behaviour: Behaviour, text: str, count: int, kills: list[float]
) -> Trial:
    """Kill the command so many seconds after its first requests, then let it end."""
    trial = Trial()
    endpoint.reset(behaviour)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        documents(folder / "docs.jsonl", count)
        (folder / "bench.yaml").write_text(text)
        for moment in kills:
            seen = endpoint.count()
            trial.starts.append(time.monotonic())
            process = start(folder)
            until_first_request(process, endpoint, seen)
            time.sleep(moment)
            over = process.poll() is not None
            trial.kills.append(time.monotonic())
            process.kill()
            process.wait()
            trial.moments.append("ended" if over else f"{moment:.2f}")
        trial.starts.append(time.monotonic())
        if code := start(folder).wait():
            raise SystemExit(f"the resumed command ended with {code}; kills at {kills}")
        trial.ended = time.monotonic()
        trial.requests = endpoint.stats().requests
        for stage in COMPARED:
            trial.frames[stage] = pl.read_parquet(folder / f".curate/bench/{stage}.parquet")
    trial.count()
    return trial


def undisturbed(
    endpoint: Endpoint, behaviour: Behaviour, text: str, count: int
) -> tuple[Trial, float]:
    """A run that nobody kills, and its seconds from the first request to the end of the process."""
    trial = run(endpoint, behaviour, text, count, [])
    if trial.again or len(trial.requests) != count:
        raise SystemExit(f"{len(trial.requests)} requests for {count} passages")
    return trial, trial.ended - trial.requests[0].arrived


def moments(rng: random.Random, count: int, length: float) -> list[float]:
    """A random moment in each of `count` equal stretches of `length`."""
    return [(turn + rng.random()) * length / count for turn in range(count)]


def main() -> None:
    parser = argparse.ArgumentParser(prog="kills.py")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--chain", type=int, default=5)
    parser.add_argument("--passages", type=int, default=240)
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--median", type=float, default=0.2, help="of the latency, in seconds")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    rng = random.Random(chosen.seed)
    behaviour = Behaviour(chosen.median, seed=chosen.seed)
    with Endpoint() as endpoint:
        text = recipe(endpoint.url, chosen.concurrency, 120, PAIRS)
        whole, length = undisturbed(endpoint, behaviour, text, chosen.passages)
        pairs = whole.frames["candidates"].height
        print(f"undisturbed: {pairs} candidates, {length:.2f} s from the first request to the end")
        plans = [[moment] for moment in moments(rng, chosen.kills, length)]
        steps = [0.0, *moments(rng, chosen.chain, length)]
        plans.append([later - earlier for earlier, later in pairwise(steps)])
        print("   killed after   answered  under way  again  lost  oldest  same rows")
        trials = []
        for plan in filter(None, plans):
            trial = run(endpoint, behaviour, text, chosen.passages, plan)
            trials.append(trial)
            same = "yes" if trial.same(whole) else "NO"
            when = trial.moments[0] if len(plan) == 1 else f"{len(plan)} kills"
            print(
                f"   {when:12} {trial.answered:10} {trial.under_way:10} {trial.again:6} "
                f"{trial.lost:5} {1000 * trial.oldest:7.0f}  {same}",
                flush=True,
            )
    conclude(trials, whole, chosen.concurrency)


def conclude(trials: list[Trial], whole: Trial, concurrency: int) -> None:
    """Print the maxima. Raises SystemExit where the claim does not hold."""
    single = [trial for trial in trials if len(trial.kills) == 1]
    most = max((trial.again for trial in single), default=0)
    different = sum(not trial.same(whole) for trial in trials)
    over = sum(trial.again > concurrency * len(trial.kills) for trial in trials)
    under_way = max(sum(trial.under_way for trial in trials), 1)
    ratio = sum(trial.again for trial in trials) / under_way
    print(f"most asked again after one kill  {most} (concurrency {concurrency})")
    print(f"asked again, of all kills        {ratio:.2f} × what was under way at the endpoint")
    print(f"other rows than undisturbed      {different} of {len(trials)} folders")
    if different or over:
        raise SystemExit(f"{different} differ; {over} asked more again than was in flight")


if __name__ == "__main__":
    main()
