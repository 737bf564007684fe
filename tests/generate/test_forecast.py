"""The forecast against what a run then does."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from curate import pipeline
from curate.progress import Silent
from curate.recipe import load
from curate.workspace import Workspace


@pytest.mark.parametrize("protocol", ["two-step", "json"])
def test_requests_are_foreseen_exactly(
    small: Path, protocol: str, script: Callable[[list[dict]], None]
) -> None:
    pairs = [{"instruction": f"What is {n}?", "output": "It is that."} for n in range(2)]
    script([{"text": json.dumps({"pairs": pairs}) if protocol == "json" else "What is it?"}])
    recipe = load("small.yaml", [f"generate.protocol={protocol}"])
    found = pipeline.foresee(recipe, Workspace("small"))
    facts = pipeline.generate(recipe, Workspace("small"), Silent()).facts
    assert found.requests == facts["usage"]["requests"]
    assert (found.passages, found.documents) == (facts["passages"], facts["documents"])


@pytest.mark.embedded
def test_tokens_read_are_foreseen_within_a_tenth(small: Path) -> None:
    recipe = load("small.yaml", ["teacher={embedded: {}}", "generate.limit=1", "generate.pairs=1"])
    found = pipeline.foresee(recipe, Workspace("small"))
    pipeline.generate(recipe, Workspace("small"), Silent())
    lines = (small / ".curate/small/journal.jsonl").read_text().splitlines()
    read = sum(json.loads(line)["reply"]["prompt_tokens"] for line in lines)
    assert found.prompt_tokens == pytest.approx(read, rel=0.1)
