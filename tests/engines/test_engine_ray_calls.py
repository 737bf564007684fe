"""Calls to a teacher from many nodes: one journal, one budget, and nothing is paid for twice."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from curate import pipeline
from curate.engines.local import Local
from curate.engines.ray import Ray
from curate.errors import TeacherError
from curate.generate.elsewhere import _Session
from curate.progress import Silent
from curate.publish.write import publish
from curate.recipe import load
from curate.teachers.base import CallOptions
from curate.text import digest
from curate.workspace import Workspace

pytestmark = pytest.mark.filterwarnings("ignore")


def answer(body: dict[str, Any]) -> str:
    time.sleep(0.02)
    return f"What does {digest(body['messages'])} mean?"


def recipe(url: str, **more: float) -> Any:
    teacher = {"model": "m", "base_url": url, "concurrency": 2, **more}
    return load("small.yaml", [f"teacher={json.dumps({'openai': teacher})}"])


def repeated(endpoint: Any) -> int:
    asked = Counter(json.dumps(body["messages"]) for body in endpoint.seen)
    return sum(asked.values()) - len(asked)


@pytest.fixture(scope="module")
def engine(cluster) -> Iterator[Ray]:
    with Ray(cluster.address) as made:
        yield made


class Place:
    """What a worker opens: tells its process, and waits."""

    async def process(self, seconds: float = 0) -> int:
        await asyncio.sleep(seconds)
        return os.getpid()


@asynccontextmanager
async def place() -> AsyncIterator[Place]:
    yield Place()


def test_a_call_whose_worker_is_killed_is_not_repeated_and_the_next_goes_to_another(
    engine: Ray,
) -> None:
    async def kill() -> tuple[int, int]:
        async with engine.host(place, "process") as call:
            first = await call()
            waiting = asyncio.create_task(call(600))
            await call()  # it is there, and so is what was sent before
            os.kill(first, signal.SIGKILL)
            with pytest.raises(ConnectionError, match="was lost"):
                await waiting
            return first, await call()

    first, second = asyncio.run(kill())
    assert first != second


class Unknown:
    """What a worker cannot take in, as of another version of curate."""

    def __reduce__(self) -> tuple[type, tuple[str]]:
        return int, ("not of this version",)


def test_where_no_worker_can_start_the_run_ends_and_says_why(engine: Ray) -> None:
    async def ask() -> None:
        async with engine.host(Unknown(), "complete") as call:  # type: ignore[arg-type]
            await _Session(call).complete([], CallOptions(1, 0, 0))

    with pytest.raises(TeacherError, match="(?s)no worker could be started.*not of this version"):
        asyncio.run(ask())


def test_the_budget_is_one_for_all_workers(engine: Ray, small: Path, endpoint: Any) -> None:
    endpoint.answer = answer
    priced = recipe(endpoint.url, input_price=1000.0, output_price=1000.0)
    endpoint.usage = {"prompt_tokens": 400, "completion_tokens": 200, "total_tokens": 600}
    budget = 5.0
    workspace = Workspace("small", small)
    made = pipeline.generate(priced, workspace, Silent(), budget, engine=engine)
    assert 0 < made.facts["usage"]["cost"] <= budget
    assert made.facts["unanswered"]


def test_what_the_endpoint_refuses_arrives_as_the_teachers_error(
    engine: Ray, small: Path, endpoint: Any
) -> None:
    endpoint.fault = lambda _body: (401, {"error": {"message": "no such key"}})
    with pytest.raises(TeacherError, match="no such key"):
        pipeline.generate(recipe(endpoint.url), Workspace("small", small), Silent(), engine=engine)
    assert repeated(endpoint) == 0


def test_a_recipe_has_one_content_digest_on_any_engine(cluster, engine: Ray, small: Path) -> None:
    found = set()
    chosen = load("small.yaml", ["filters=[]"])

    def version(name: str, made: Any) -> None:
        workspace = Workspace("small", small / name)
        pipeline.generate(chosen, workspace, Silent(), engine=made)
        pipeline.decide(chosen, workspace, Silent(), engine=made)
        folder = publish(workspace, Silent(), None).folder
        found.add(json.loads((folder / "manifest.json").read_text())["content_digest"])

    version("one worker", Local(1))
    version("two workers", Local(2))
    version("one node", engine)
    node = cluster.add_node(num_cpus=1, object_store_memory=100 << 20)
    cluster.wait_for_nodes()
    version("two nodes", engine)
    cluster.remove_node(node)
    assert len(found) == 1
