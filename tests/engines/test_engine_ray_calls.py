"""Calls to a teacher from many nodes: one journal, one budget, and nothing is paid for twice."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from curate import pipeline
from curate.engines.local import Local
from curate.engines.ray import Ray
from curate.errors import TeacherError
from curate.progress import Silent
from curate.publish.write import publish
from curate.recipe import load
from curate.text import digest
from curate.workspace import Workspace

pytestmark = pytest.mark.filterwarnings("ignore")

CONCURRENCY = 2


def answer(body: dict[str, Any]) -> str:
    time.sleep(0.02)
    return f"What does {digest(body['messages'])} mean?"


def recipe(url: str, **more: float) -> Any:
    teacher = {"model": "m", "base_url": url, "concurrency": CONCURRENCY, **more}
    return load("small.yaml", [f"teacher={json.dumps({'openai': teacher})}"])


def repeated(endpoint: Any) -> int:
    asked = Counter(json.dumps(body["messages"]) for body in endpoint.seen)
    return sum(asked.values()) - len(asked)


@pytest.fixture(scope="module")
def engine(cluster) -> Iterator[Ray]:
    with Ray(cluster.address) as made:
        yield made


def test_a_node_lost_while_generating_costs_what_was_under_way_on_it(
    cluster, engine: Ray, small: Path, endpoint: Any
) -> None:
    endpoint.answer = answer
    here = pipeline.generate(recipe(endpoint.url), Workspace("small", small / "here"), Silent())
    alone = len(endpoint.seen)
    endpoint.seen.clear()
    node = cluster.add_node(num_cpus=1, object_store_memory=100 << 20)
    cluster.wait_for_nodes()
    lost: list[bool] = []

    def losing(body: dict[str, Any]) -> str:
        if len(endpoint.seen) > alone // 3 and not lost:
            lost.append(True)
            cluster.remove_node(node, allow_graceful=False)
        return answer(body)

    endpoint.answer = losing
    workspace = Workspace("small", small / "there")
    there = pipeline.generate(recipe(endpoint.url), workspace, Silent(), engine=engine)
    assert lost
    assert there.frame.equals(here.frame)
    assert repeated(endpoint) <= CONCURRENCY
    endpoint.seen.clear()
    (small / "there/.curate/small/candidates.parquet").unlink()
    again = pipeline.generate(recipe(endpoint.url), workspace, Silent(), engine=Local(1))
    assert again.frame.equals(here.frame)
    assert endpoint.seen == [], "this machine alone finds what many have paid for"


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
