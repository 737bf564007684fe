"""A bad endpoint, through the real command and the real client: nothing is lost, all is told."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import polars as pl

PASSAGES = 120
DOCUMENT = (
    "# Part {0}\n\nThe pump of part {0} moves water to the tank of part {0} in the cellar. "
    "It stops when the tank is full, and a lamp in the hall shows that it has stopped.\n"
)
RECIPE = """\
name: plant
topic: a plant
source:   {{files: {{path: docs}}}}
teacher:  {{openai: {{model: m, base_url: '{url}', concurrency: 16, timeout: 1}}}}
generate: {{pairs: 2, protocol: json}}
"""


def pairs(body: dict[str, Any]) -> str:
    text = body["messages"][1]["content"]
    part = text.partition("# Part ")[2].split()[0] if "# Part " in text else text[-40:]
    found = [
        {"instruction": f"What does the pump of part {part} do?", "output": "It moves water."},
        {"instruction": f"When does pump {part} stop?", "output": "When the tank is full."},
    ]
    return json.dumps({"pairs": found})


def plant(folder: Path, url: str, passages: int = PASSAGES) -> None:
    (folder / "docs").mkdir()
    for number in range(passages):
        (folder / "docs" / f"{number:03}.md").write_text(DOCUMENT.format(number))
    (folder / "plant.yaml").write_text(RECIPE.format(url=url))


COMMAND = [sys.executable, "-m", "curate", "generate", "plant.yaml"]


def generate(folder: Path, *options: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr."""
    words = [*COMMAND, *options]
    done = subprocess.run(words, cwd=folder, text=True, capture_output=True, timeout=100)
    return done.returncode, done.stdout, done.stderr


def frame(folder: Path, name: str) -> pl.DataFrame:
    return pl.read_parquet(folder / f".curate/plant/{name}.parquet")


def test_every_passage_is_answered_in_the_end(here: Path, endpoint: Any) -> None:
    """A fifth turned away, and a twentieth each broken, malformed and hung: as the issue has it."""
    plant(here, endpoint.url)
    chance = random.Random(3)

    def fault(body: dict[str, Any]) -> tuple[int, Any] | None:
        kind = chance.random()
        if len(body["messages"]) > 2:  # a repair
            return None
        if kind < 0.2:
            return 429, {"error": {"message": "slow down"}}
        if kind < 0.25:
            return 500, {"error": {"message": "oops"}}
        if kind < 0.27:
            time.sleep(3)
        if kind < 0.3:
            return 200, {"choices": [{"message": {"content": "Sure!"}, "finish_reason": "stop"}]}
        return (200, {"what": "is this"}) if kind < 0.32 else None

    endpoint.answer = pairs
    endpoint.fault = fault
    code, out, err = generate(here)
    assert code == 0, err
    assert frame(here, "candidates").height == 2 * PASSAGES
    assert frame(here, "losses").is_empty()
    assert " retries, " in out


def test_what_never_succeeds_is_in_the_ledger_and_the_exit_code(here: Path, endpoint: Any) -> None:
    plant(here, endpoint.url, 12)
    endpoint.answer = pairs
    endpoint.fault = lambda body: (
        (429, {"error": {"message": "slow down"}})
        if "Part 3" in body["messages"][1]["content"] or "Part 5" in body["messages"][1]["content"]
        else None
    )
    code, out, err = generate(here, "--max-loss", "0.1")
    assert code == 3, err
    assert "2 of 12 passages gave no pair" in err
    assert re.search(r"429 after 1\d tries: slow down", out)  # more while others were answered
    losses = frame(here, "losses")
    assert losses.select("path", "asked", "got").rows() == [("003.md", 2, 0), ("005.md", 2, 0)]
    lines = (here / ".curate/plant/losses.jsonl").read_text().splitlines()
    assert [json.loads(line)["path"] for line in lines] == ["003.md", "005.md"]

    endpoint.fault = lambda body: None
    asked = len(endpoint.seen)
    assert generate(here)[0] == 0
    assert len(endpoint.seen) == asked + 2
    assert frame(here, "losses").is_empty()


def test_an_interrupt_keeps_what_is_under_way_and_goes_on_later(here: Path, endpoint: Any) -> None:
    plant(here, endpoint.url)

    def slow(body: dict[str, Any]) -> str:
        time.sleep(0.3)
        return pairs(body)

    endpoint.answer = slow
    with subprocess.Popen(COMMAND, cwd=here, text=True, stderr=subprocess.PIPE) as process:
        while len(endpoint.seen) < 20:
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "Stopping: waiting for" in err
    assert "All replies so far are kept" in err
    asked = len(endpoint.seen)
    assert (here / ".curate/plant/journal.jsonl").read_bytes().count(b"\n") == asked
    assert generate(here)[0] == 0
    assert len(endpoint.seen) == PASSAGES


def test_a_budget_stops_in_time_and_a_larger_one_goes_on(here: Path, endpoint: Any) -> None:
    """A reply costs $1, and could have cost some $1.3 by the estimate of its tokens."""
    plant(here, endpoint.url, 12)
    endpoint.answer = pairs
    endpoint.usage = {"prompt_tokens": 700, "completion_tokens": 300}
    prices = [f"--set=teacher.openai.{kind}_price=1000" for kind in ("input", "output")]
    prices.append("--set=teacher.openai.timeout=60")  # a call that times out counts as paid
    code, out, err = generate(here, "--budget", "5", *prices)
    assert code == 3, err
    assert "budget of $5 reached: not asked" in out
    assert len(endpoint.seen) == 4
    assert frame(here, "losses").height == 8
    code, out, _ = generate(here, "--budget", "9", *prices)
    assert code == 0
    assert len(endpoint.seen) == 12
    assert "$8.0000" in out


def test_a_budget_without_prices_is_refused(here: Path, endpoint: Any) -> None:
    plant(here, endpoint.url, 1)
    code, _, err = generate(here, "--budget", "5")
    assert code == 2
    assert "set teacher.openai.input_price and output_price" in err
    assert endpoint.seen == []
