"""A node or the driver lost while generating: what was answered is never asked again.

The endpoint holds replies back, so that calls are certainly under way when something is lost, and
knows a node by the key that its environment holds.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import polars as pl
import psutil
import pytest

from curate import pipeline
from curate.engines.local import Local
from curate.engines.ray import Ray
from curate.progress import Silent
from curate.provenance import content_digest
from curate.recipe import load
from curate.text import digest
from curate.workspace import Workspace

pytestmark = pytest.mark.filterwarnings("ignore")

AT_ONCE = 4
FREE = 7  # calls answered before the endpoint holds back
SECOND = "Bearer second"


class Gate:
    """Answers so many calls of an endpoint, and holds the others until `opened`.

    Nothing is held before both nodes have asked; until then answers take their time, so that the
    run is not over before a worker of each is there.
    """

    def __init__(self, endpoint: Any, free: int) -> None:
        self.calls: list[tuple[str, str]] = []  # the key of who asked, and what
        self.held: list[tuple[str, str]] = []
        self.opened = threading.Event()
        self._free, self._lock, both = free, threading.Lock(), threading.Event()
        here = threading.local()
        whole = endpoint.RequestHandlerClass

        class Known(whole):  # type: ignore[misc, valid-type]
            def do_POST(self) -> None:  # noqa: N802
                here.key = self.headers["Authorization"]
                super().do_POST()

        def answer(body: dict[str, Any]) -> str:
            call = (here.key, json.dumps(body["messages"]))
            with self._lock:
                self.calls.append(call)
                if len({key for key, _ in self.calls}) == 2:
                    both.set()
                hold = len(self.calls) > self._free and both.is_set() and not self.opened.is_set()
                if hold:
                    self.held.append(call)
            if hold:
                self.opened.wait(120)
            else:
                both.wait(10)
            return f"What does {digest(body['messages'])} mean?"

        endpoint.RequestHandlerClass, endpoint.answer = Known, answer
        endpoint.usage = {"prompt_tokens": 30, "completion_tokens": 160, "total_tokens": 190}

    def repeated(self) -> Counter[str]:
        """How often each call was made again."""
        return Counter(asked for _, asked in self.calls) - Counter(
            {asked for _, asked in self.calls}
        )

    def full(self) -> bool:
        """Whether as many are held as may be under way."""
        return len(self.held) == AT_ONCE


def until(true: Callable[[], bool]) -> None:
    """Wait for something, two minutes at most."""
    end = time.monotonic() + 120
    while not true():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.01)


def remove(cluster: Any, node: Any) -> None:
    """Lose a node, as when its machine is gone: its workers too, whatever they are about."""
    raylet = node.all_processes["raylet"][0].process.pid
    workers = psutil.Process(raylet).children(recursive=True)
    cluster.remove_node(node, allow_graceful=False)
    for worker in workers:
        with suppress(psutil.NoSuchProcess):
            worker.kill()


def teacher(url: str) -> str:
    """Every call costs $1, and could not cost more."""
    known = {"model": "m", "base_url": url, "concurrency": AT_ONCE}
    return f"teacher={json.dumps({'openai': {**known, 'input_price': 0, 'output_price': 6250}})}"


def undisturbed(url: str, folder: Path) -> pl.DataFrame:
    """The candidates of a run of this process, asking the same endpoint."""
    workspace = Workspace("small", folder)
    return pipeline.generate(load("small.yaml", [teacher(url)]), workspace, Silent()).frame


@pytest.fixture
def second(cluster) -> Iterator[Any]:
    """A second node, whose key is another; removed at the end where the test has not."""
    node = cluster.add_node(
        num_cpus=1, object_store_memory=100 << 20, env_vars={"OPENAI_API_KEY": "second"}
    )
    cluster.wait_for_nodes()
    yield node
    if node in cluster.list_all_nodes():
        cluster.remove_node(node)


def test_a_lost_node_costs_the_calls_under_way_on_it_and_no_others(
    cluster, second: Any, small: Path, endpoint: Any
) -> None:
    gate = Gate(endpoint, FREE)

    def lose() -> None:
        until(gate.full)
        remove(cluster, second)
        gate.opened.set()

    losing = threading.Thread(target=lose)
    with Ray(cluster.address) as engine:
        losing.start()
        recipe, workspace = load("small.yaml", [teacher(endpoint.url)]), Workspace("small")
        made = pipeline.generate(recipe, workspace, Silent(), engine=engine)
        losing.join()
    there = Counter(asked for key, asked in gate.held if key == SECOND)
    assert 0 < there.total() < AT_ONCE, "both nodes had calls under way"
    assert gate.repeated() == there
    assert made.facts["usage"]["cost"] == len(gate.calls), "what was lost may be billed"
    assert made.frame.height > 3
    whole = content_digest(undisturbed(endpoint.url, small / "alone"))
    assert content_digest(made.frame) == whole

    made_of = len(gate.calls)
    (small / ".curate/small/candidates.parquet").unlink()
    again = pipeline.generate(recipe, workspace, Silent(), engine=Local(1))
    assert content_digest(again.frame) == whole
    assert len(gate.calls) == made_of, "this machine alone finds what many have paid for"


def start(url: str, address: str, *more: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "curate", "generate", "small.yaml", "--set", teacher(url)]
    command += ["--engine", "ray", "--address", address, *more]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


def killed(gate: Gate, url: str, address: str, *more: str) -> Path:
    """Kill a run whose every place is taken by a call that is held; its journal."""
    first, journal = start(url, address, *more), Workspace("small").journal
    try:
        until(gate.full)
        until(lambda: journal.read_bytes().count(b"\n") == len(gate.calls) - AT_ONCE)
    finally:
        first.kill()
        first.wait()
    return journal


def test_after_the_loss_of_the_driver_nothing_that_was_kept_is_asked_again(
    cluster, second: Any, small: Path, endpoint: Any
) -> None:
    gate = Gate(endpoint, FREE)
    journal = killed(gate, endpoint.url, cluster.address)
    kept = [json.dumps(json.loads(line)["messages"]) for line in journal.open()]
    gate.opened.set()
    assert start(endpoint.url, cluster.address).wait() == 0

    again = gate.repeated()
    assert {key for key, _ in gate.held} == {"Bearer none", SECOND}
    assert not again.keys() & set(kept)
    assert again == Counter(asked for _, asked in gate.held)
    made = Workspace("small").require("candidates").frame
    assert content_digest(made) == content_digest(undisturbed(endpoint.url, small / "alone"))


def test_what_was_spent_before_the_loss_of_the_driver_counts_after_it(
    cluster, second: Any, small: Path, endpoint: Any
) -> None:
    budget, gate = 16, Gate(endpoint, FREE)
    killed(gate, endpoint.url, cluster.address, "--budget", f"{budget}")
    assert len(gate.calls) < budget
    gate.opened.set()
    start(endpoint.url, cluster.address, "--budget", f"{budget}").wait()
    assert len(gate.calls) == budget, "those under way at the kill may be billed"
