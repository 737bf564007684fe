"""python benchmarks/ray_generate.py [--requests 4000] [--rounds 3] [--concurrency 64] [--latency 0]

How many calls a second the process that a run starts in can carry, which on Ray has passages,
conversations, journal, budget and rate of all workers. The endpoint (endpoint.py) answers at once,
so that nothing but the processes is measured. Rounds of:

    local   `pipeline.generate` in one process
    ray     the same with an actor on a node to make the calls, in a cluster that is up before

Each has a folder of its own and the same documents, one passage and one request each. Prints, as
medians, the processor time of the starting process a request, requests a second by the clock (two
cores carry all processes, so that this is no ceiling), by how much the peak of its memory grew, and
the ratio of processor time of the same round. The ceiling of one starting process is 1 / (processor
time a request).
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from full_pipe import documents, environment, recipe
from served import Behaviour, Endpoint


def used() -> float:
    """Seconds of processor time of this process."""
    found = resource.getrusage(resource.RUSAGE_SELF)
    return found.ru_utime + found.ru_stime


def warm() -> None:
    """Have a worker there that has imported what the work needs."""
    import curate.pipeline  # noqa: F401


def side(engine: str) -> None:
    """One side in this process and folder: seconds, as JSON."""
    from curate import pipeline
    from curate.engines.open import opened
    from curate.progress import Silent
    from curate.recipe import load
    from curate.workspace import Workspace

    chosen, workspace = load("bench.yaml"), Workspace("bench")
    with opened(engine, None, 1) as made:
        if engine == "ray":
            made.get(made.run(warm, [()]))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        cpu, began = used(), time.perf_counter()
        found = pipeline.generate(chosen, workspace, Silent(), engine=made)
        told = {"cpu": used() - cpu, "seconds": time.perf_counter() - began}
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before
    requests = found.facts["usage"]["requests"]
    print(json.dumps({**told, "requests": requests, "mib": grown}))


def measure(engine: str, endpoint: Endpoint, given: argparse.Namespace) -> dict:
    """One side in a process of its own."""
    count = given.requests
    endpoint.reset(Behaviour(median=max(given.latency, 1e-6), sigma=0.0))
    with tempfile.TemporaryDirectory() as folder:
        documents(Path(folder, "docs.jsonl"), count)
        Path(folder, "bench.yaml").write_text(recipe(endpoint.url, given.concurrency, 120, 3))
        command = [sys.executable, str(Path(__file__).resolve()), "--side", engine]
        done = subprocess.run(
            command, cwd=folder, env=environment(), stdout=subprocess.PIPE, text=True, check=True
        )
    found = json.loads(done.stdout.splitlines()[-1])
    if found["requests"] != count:
        sys.exit(f"{found['requests']} requests for {count} passages")
    return {**found, "served": endpoint.stats().cpu}


def main() -> None:
    parser = argparse.ArgumentParser(prog="ray_generate.py")
    parser.add_argument("--requests", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--latency", type=float, default=0.0, help="of each reply, in seconds")
    parser.add_argument("--side", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.side:
        side(given.side)
        return
    runs: dict[str, list[dict]] = {"local": [], "ray": []}
    with Endpoint() as endpoint:
        for _ in range(given.rounds):
            for engine, found in runs.items():
                found.append(measure(engine, endpoint, given))
                print(engine, found[-1], file=sys.stderr, flush=True)
    for engine, found in runs.items():
        cost = statistics.median(run["cpu"] / run["requests"] for run in found)
        rate = statistics.median(run["requests"] / run["seconds"] for run in found)
        grown = statistics.median(1024 * run["mib"] / run["requests"] for run in found)
        print(
            f"{engine:5}  {1000 * cost:.2f} ms of the starting process a request, so at most "
            f"{1 / cost:,.0f} a second; {rate:,.0f} a second here; {grown:.1f} kB a request"
        )
    pairs = zip(runs["ray"], runs["local"], strict=True)
    ratio = statistics.median(there["cpu"] / here["cpu"] for there, here in pairs)
    print(f"ray / local, processor time of the starting process: {ratio:.2f}")


if __name__ == "__main__":
    main()
