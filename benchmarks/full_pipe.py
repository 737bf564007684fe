"""python benchmarks/full_pipe.py [PART …] [--requests 2000] [--concurrency 64] [--repeat 1]

Claim: `curate generate` keeps an endpoint's pipe full, at little more CPU than the bare client, and
accounts for every passage whatever the endpoint does. Parts (all without a PART):

    steady   2,000 requests at concurrency 64, beside the bare `openai` client (a pool of workers,
             no retries, nothing stored) on the same endpoint with the same latencies
    unset    the same with the concurrency left to curate
    faults   half as many at 64: 20 % 429 (Retry-After 0.2 s), 5 % 500, 5 % malformed
    hangs    the same with 2 % that never answer besides, and `timeout: 3`

Each run is the whole command in a fresh folder: 2,000 short documents, one passage and one request
each, from an endpoint with log-normal latency (endpoint.py). Prints, as medians of --repeat runs:

    wall      seconds of the whole process, and its ratio to the ideal: the schedule in which
              `concurrency` workers take the very latencies served in their order and lose no time
    pipe      the same from the first request to the last answer, so without start and end
    CPU       user and system time of the whole process, a request that was asked for
    seen      requests, those at once at most, connections; answers by kind
    passages  whole: as many pairs as asked for; ledger: fewer, with their row in the ledger;
              unaccounted: neither, or a ledger row that tells another number. The last must be 0.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from string import Template
from typing import Any

from served import Behaviour, Endpoint, Stats

ROOT = Path(__file__).parent.parent
TOPIC = "an invented country"
FAULTS = Behaviour(too_many=0.2, error=0.05, malformed=0.05)
WORDS = """
river stone harbour market winter bridge garden letter window copper lantern valley meadow forest
island village teacher captain painter farmer merchant carries follows builds keeps covers reaches
gathers measures repairs describes slowly quietly often seldom northern narrow ancient bright hollow
"""


@dataclass(frozen=True)
class Run:
    """One process that asked the endpoint, and what became of it."""

    asked: int  # requests that a perfect endpoint would have needed
    wall: float
    cpu: float  # seconds
    stats: Stats
    workers: int  # of the ideal schedule
    said: str
    passages: Counter[str]

    @property
    def ideal(self) -> float:
        return self.stats.ideal(self.workers)


def documents(path: Path, count: int) -> None:
    """Write `count` short documents as JSON Lines, each distinct and one passage long."""
    rng, words = random.Random(3), WORDS.split()
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            sentences = [
                f"The {' '.join(rng.choices(words, k=11))} of district {number}-{place}."
                for place in range(6)
            ]
            file.write(json.dumps({"text": " ".join(sentences)}) + "\n")


def recipe(url: str, concurrency: int | None, timeout: float, pairs: int) -> str:
    """The text of the recipe `bench`."""
    teacher: dict[str, Any] = {"model": "m", "base_url": url, "timeout": timeout}
    if concurrency:
        teacher["concurrency"] = concurrency
    parts = {
        "name": "bench",
        "topic": TOPIC,
        "source": {"files": {"path": "docs.jsonl"}},
        "teacher": {"openai": teacher},
        "generate": {"protocol": "json", "pairs": pairs},
    }
    return json.dumps(parts)  # which is YAML too


def environment() -> dict[str, str]:
    """This process's, without what would change what is measured."""
    dropped = ("OPENAI_API_KEY", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
    return {name: value for name, value in os.environ.items() if name.upper() not in dropped}


def measure(
    command: list[str], folder: Path, endpoint: Endpoint, behaviour: Behaviour
) -> tuple[float, float, Stats, str]:
    """Wall and CPU seconds of a command, what the endpoint saw of it, and its last words."""
    endpoint.reset(behaviour)
    with (folder / "said").open("w+") as said:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=environment(), stdout=said, stderr=subprocess.STDOUT
        )
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        words = said.read().strip()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{words[-2000:]}")
    return wall, used.ru_utime + used.ru_stime, endpoint.stats(), words


def whole_command(
    endpoint: Endpoint,
    count: int,
    concurrency: int | None,
    behaviour: Behaviour,
    workers: int,
    timeout: float = 120,
    pairs: int = 3,
) -> Run:
    """`curate generate` about `count` documents, in a fresh folder."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        documents(folder / "docs.jsonl", count)
        (folder / "bench.yaml").write_text(recipe(endpoint.url, concurrency, timeout, pairs))
        command = [sys.executable, "-m", "curate", "generate", "bench.yaml", "--max-loss", "1"]
        wall, cpu, stats, said = measure(command, folder, endpoint, behaviour)
        return Run(count, wall, cpu, stats, workers, said, account(folder, pairs))


def account(folder: Path, asked: int) -> Counter[str]:
    """How many passages came out whole, how many in the ledger, how many in neither."""
    import polars as pl

    work = folder / ".curate/bench"
    frames = {
        name: pl.read_parquet(work / f"{name}.parquet")
        for name in ("passages", "candidates", "losses")
    }
    has_text = (pl.col("instruction") != "") & (pl.col("output") != "")
    place = ["document", "start", "end"]
    pairs = frames["candidates"].filter(has_text).group_by(place).agg(pairs=pl.len())
    ledger = frames["losses"].filter(stage="generate").group_by("passage")
    told = ledger.agg(rows=pl.len(), got=pl.first("got"))
    passages = frames["passages"].join(pairs, on=place, how="left")
    passages = passages.join(told, left_on="id", right_on="passage", how="left")
    pairs_found, rows = pl.col("pairs").fill_null(0), pl.col("rows").fill_null(0)
    whole = (pairs_found == asked) & (rows == 0)
    lost = (pairs_found < asked) & (rows == 1) & (pl.col("got") == pairs_found)
    fate = pl.when(whole).then(pl.lit("whole")).when(lost).then(pl.lit("ledger"))
    fates = passages.select(fate=fate.otherwise(pl.lit("unaccounted")))["fate"]
    return Counter(fates.to_list())


def bare_client(
    endpoint: Endpoint, count: int, concurrency: int, behaviour: Behaviour, pairs: int = 3
) -> Run:
    """The bare client asking the same, in a process of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        documents(folder / "docs.jsonl", count)
        command = [sys.executable, str(Path(__file__).resolve()), "bare"]
        command += [endpoint.url, "docs.jsonl", str(concurrency), str(pairs)]
        wall, cpu, stats, said = measure(command, folder, endpoint, behaviour)
    return Run(count, wall, cpu, stats, concurrency, said, Counter())


async def ask_bare(url: str, path: str, concurrency: int, pairs: int) -> None:
    """What a short script does: a pool of workers around the client, and nothing kept."""
    import yaml
    from openai import AsyncOpenAI

    texts = yaml.safe_load((ROOT / "prompts/question-answer.yaml").read_text())["json"]
    system = Template(texts["system"]).substitute(topic=TOPIC, words=96).strip()
    user = Template(texts["user"])
    rows = [json.loads(line) for line in Path(path).read_text().splitlines()]
    waiting = iter(rows)

    async def work(client: AsyncOpenAI) -> None:
        for row in waiting:
            values = {"topic": TOPIC, "heading": "", "passage": row["text"], "pairs": pairs}
            values["words"] = 96
            answer = await client.chat.completions.create(
                model="m",
                messages=[
                    {"role": "system", "content": system},
                    {"role": "user", "content": user.substitute(values).strip()},
                ],
                max_tokens=160 * pairs,
                temperature=0.7,
                seed=1,
            )
            if len(json.loads(answer.choices[0].message.content or "")["pairs"]) != pairs:
                raise SystemExit("not the pairs that were asked for")

    async with AsyncOpenAI(api_key="none", base_url=url, max_retries=0) as client:
        await asyncio.gather(*(work(client) for _ in range(concurrency)))


def show(title: str, runs: list[Run]) -> None:
    """Print medians over runs, and of the last run what the endpoint saw."""

    def median(values: list[float]) -> float:
        return statistics.median(values)

    wall, ideal = median([run.wall for run in runs]), median([run.ideal for run in runs])
    ratio = median([run.wall / run.ideal for run in runs])
    pipe = median([run.stats.span / run.ideal for run in runs])
    cpu = median([1000 * run.cpu / run.asked for run in runs])
    last = runs[-1]
    print(f"{title}, median of {len(runs)}")
    print(f"  wall      {wall:.2f} s = {ratio:.3f} × ideal ({ideal:.2f} s at {last.workers})")
    print(f"  pipe      {pipe:.3f} × ideal")
    print(f"  CPU       {cpu:.2f} ms a request")
    kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(last.stats.kinds.items()))
    left = sum(not request.answered for request in last.stats.requests)
    print(
        f"  seen      {len(last.stats.requests)} requests ({last.stats.duplicates()} again, "
        f"{left} left by the client), {last.stats.peak} at once, "
        f"{last.stats.connections} connections; {kinds}"
    )
    if last.passages:
        print("  passages  " + ", ".join(f"{what} {count}" for what, count in tell(last)))
        print(f"  said      {last.said.splitlines()[0][:150]}")
    if any(run.passages["unaccounted"] for run in runs):
        raise SystemExit("a passage is unaccounted for")


def tell(run: Run) -> list[tuple[str, int]]:
    """The fates of passages, the one that must not be too."""
    return [(fate, run.passages[fate]) for fate in ("whole", "ledger", "unaccounted")]


def beside(title: str, curate: list[Run], bare: list[Run]) -> None:
    """Print a run against the bare client in the same round."""
    pairs = list(zip(curate, bare, strict=True))
    wall = statistics.median(one.wall / other.wall for one, other in pairs)
    cpu = statistics.median(one.cpu / other.cpu for one, other in pairs)
    print(f"{title}  wall {wall:.3f} × bare client, CPU {cpu:.2f} × bare client")


def compare(endpoint: Endpoint, arguments: argparse.Namespace) -> None:
    """The parts on which nothing fails, in turn with the bare client."""
    count, concurrency = arguments.requests, arguments.concurrency
    runs: dict[str, list[Run]] = {"bare": [], "steady": [], "unset": []}
    chosen = [part for part in ("steady", "unset") if part in arguments.part]
    for turn in range(arguments.repeat):
        behaviour = Behaviour(arguments.median, arguments.sigma, arguments.seed + turn)
        runs["bare"].append(bare_client(endpoint, count, concurrency, behaviour))
        for part in chosen:
            given = concurrency if part == "steady" else None
            runs[part].append(whole_command(endpoint, count, given, behaviour, concurrency))
    show(f"bare client at {concurrency}", runs["bare"])
    names = {"steady": f"curate at {concurrency}", "unset": "curate, concurrency unset"}
    for part in chosen:
        show(names[part], runs[part])
        beside("  beside  ", runs[part], runs["bare"])


def endure(endpoint: Endpoint, arguments: argparse.Namespace, part: str) -> None:
    """A part on which requests fail."""
    count, concurrency = max(arguments.requests // 2, 1), arguments.concurrency
    hang, timeout = (0.02, 3.0) if part == "hangs" else (0.0, 120.0)
    runs = []
    for turn in range(arguments.repeat):
        behaviour = replace(
            FAULTS,
            median=arguments.median,
            sigma=arguments.sigma,
            seed=arguments.seed + turn,
            hang=hang,
        )
        run = whole_command(endpoint, count, concurrency, behaviour, concurrency, timeout)
        runs.append(run)
    show(f"{part}: {count} requests at {concurrency}", runs)


def main() -> None:
    parser = argparse.ArgumentParser(prog="full_pipe.py")
    parts = ["steady", "unset", "faults", "hangs"]
    parser.add_argument("part", nargs="*", help=f"of: {', '.join(parts)}")
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--median", type=float, default=0.5, help="of the latency, in seconds")
    parser.add_argument("--sigma", type=float, default=0.8, help="of its logarithm")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--repeat", type=int, default=1)
    arguments = parser.parse_args()
    arguments.part = arguments.part or parts
    if unknown := set(arguments.part) - set(parts):
        parser.error(f"no part {', '.join(sorted(unknown))}; there are: {', '.join(parts)}")
    with Endpoint() as endpoint:
        if {"steady", "unset"} & set(arguments.part):
            compare(endpoint, arguments)
        for part in ("faults", "hangs"):
            if part in arguments.part:
                endure(endpoint, arguments, part)


if __name__ == "__main__":
    if sys.argv[1:2] == ["bare"]:
        asyncio.run(ask_bare(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])))
    else:
        main()
