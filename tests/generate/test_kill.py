"""`kill -9` in the middle of generating, through the real command and the real client."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest

CONCURRENCY = 2


def answer(body: dict[str, Any]) -> str:
    time.sleep(0.03)
    return f"What does {abs(hash(json.dumps(body['messages']))) % 10**6} mean?"


def start(folder: Path, url: str) -> subprocess.Popen[bytes]:
    teacher = f"teacher={{openai: {{model: m, base_url: '{url}', concurrency: {CONCURRENCY}}}}}"
    command = [sys.executable, "-m", "curate", "generate", "small.yaml", "--set", teacher]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)


def candidates(folder: Path) -> pl.DataFrame:
    return pl.read_parquet(folder / ".curate/small/candidates.parquet")


@pytest.mark.parametrize("replies", [1, 7, 13])
def test_what_was_answered_is_not_asked_again(small: Path, endpoint: Any, replies: int) -> None:
    endpoint.answer = answer
    journal = small / ".curate/small/journal.jsonl"
    first = start(small, endpoint.url)
    while not journal.exists() or journal.read_bytes().count(b"\n") < replies:
        time.sleep(0.005)
    first.kill()
    first.wait()
    kept = journal.read_bytes().count(b"\n")

    assert start(small, endpoint.url).wait() == 0
    resumed = candidates(small)
    asked = [json.dumps(body["messages"]) for body in endpoint.seen]
    assert len(set(asked)) == 2 * resumed.height > kept >= replies
    assert len(asked) - len(set(asked)) <= CONCURRENCY  # those under way at the kill

    for path in (small / ".curate/small").iterdir():
        path.unlink()
    assert start(small, endpoint.url).wait() == 0
    assert candidates(small).equals(resumed)


def test_after_an_outage_only_what_failed_is_asked_again(small: Path, endpoint: Any) -> None:
    endpoint.answer = answer
    endpoint.script = [(400, {"error": {"message": "down"}})] * 4
    assert start(small, endpoint.url).wait() == 3
    failed = candidates(small).height
    asked = len(endpoint.seen)
    assert start(small, endpoint.url).wait() == 0
    assert candidates(small).height > failed
    assert len(endpoint.seen) == asked + 2 * (candidates(small).height - failed)
