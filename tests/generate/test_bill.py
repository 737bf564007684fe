"""What a run that was cut short has spent counts towards the budget of the one that goes on."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import CurateError
from curate.generate.bill import Bill
from curate.generate.spending import Budget
from curate.teachers.base import CallOptions, Message, Prices, Reply

KEPT, AT_ONCE, BUDGET = 3, 2, 6
HELLO: list[Message] = [{"role": "user", "content": "hello"}]
OPTIONS = CallOptions(max_tokens=160, temperature=0.5, seed=1)


def start(folder: Path, url: str) -> subprocess.Popen[str]:
    """Every call costs $1 and could not have cost more."""
    openai = {"model": "m", "base_url": url, "concurrency": AT_ONCE, "timeout": 60}
    openai |= {"input_price": 0, "output_price": 6250}
    command = [sys.executable, "-m", "curate", "generate", "small.yaml"]
    command += ["--set", f"teacher={json.dumps({'openai': openai})}", "--budget", f"{BUDGET}"]
    nowhere, pipe = subprocess.DEVNULL, subprocess.PIPE
    return subprocess.Popen(command, cwd=folder, stdout=nowhere, stderr=pipe, text=True)


def run(folder: Path, url: str) -> None:
    """Run to the end, which is 3 where some passage has no pair for want of money."""
    process = start(folder, url)
    process.communicate()
    assert process.returncode in (0, 3)


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_is_cut_short_goes_on_within_its_budget(
    small: Path, endpoint: Any, sign: signal.Signals
) -> None:
    go_on = threading.Event()

    def answer(body: dict[str, Any]) -> str:
        if len(endpoint.seen) > KEPT:
            go_on.wait(30)
        return f"What does {abs(hash(json.dumps(body['messages']))) % 10**6} mean?"

    endpoint.answer = answer
    endpoint.usage = {"prompt_tokens": 30, "completion_tokens": 160, "total_tokens": 190}
    first = start(small, endpoint.url)
    while len(endpoint.seen) < KEPT + AT_ONCE:
        time.sleep(0.005)
    first.send_signal(sign)
    if sign == signal.SIGINT:  # it waits for what is under way
        assert any("Stopping" in line for line in first.stderr)
    go_on.set()
    first.communicate()
    assert len(endpoint.seen) == KEPT + AT_ONCE < BUDGET
    run(small, endpoint.url)
    assert len(endpoint.seen) == BUDGET
    losses = pl.read_parquet(small / ".curate/small/losses.parquet")
    assert losses["reason"].str.contains("of it before the run was cut short").any()

    whole = len(endpoint.seen)  # that run came to its end: the same command is another
    run(small, endpoint.url)
    assert len(endpoint.seen) == whole + BUDGET


class Killed(BaseException):
    pass


@contextmanager
def cut(path: Path, generation: str = "one") -> Any:
    """A bill that is left as by a kill."""
    with suppress(Killed), Bill(path, generation).open() as bill:
        yield bill
        raise Killed


AMOUNT = st.integers(1, 100).map(lambda cents: cents / 100)


@given(
    st.lists(st.tuples(AMOUNT, st.none() | AMOUNT), max_size=12),
    st.integers(1, 3),
    st.integers(0, 300),
)
def test_whatever_a_kill_leaves_no_less_than_was_spent_is_counted(attempts, runs, torn) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path, spent, most = Path(folder, "bill.jsonl"), 0.0, 0.0
        for turn in range(runs):
            with cut(path) as bill:
                assert spent - 1e-9 <= bill.before <= most + 1e-9
                for most_of_it, cost in attempts[turn::runs]:
                    number = bill.sent(most_of_it)
                    most += most_of_it
                    if cost is None:
                        spent += most_of_it
                    else:
                        bill.ended(number, min(cost, most_of_it))
                        spent += min(cost, most_of_it)
        with cut(path) as bill:
            assert bill.before == pytest.approx(spent)
        size = path.stat().st_size
        os.truncate(path, max(0, size - torn))
        whole = path.read_bytes()
        with cut(path) as bill:
            begun = [json.loads(x) for x in whole.splitlines(keepends=True) if x.endswith(b"\n")]
            assert bill.before <= sum(entry.get("most", 0) for entry in begun) + 1e-9


def test_a_run_that_comes_to_its_end_leaves_nothing_to_the_next(tmp_path: Path) -> None:
    path = tmp_path / "bill.jsonl"
    with Bill(path, "one").open() as bill:
        bill.sent(5.0)
    assert not path.exists()
    with Bill(path, "one").open() as bill:
        assert bill.before == 0


def test_another_generation_begins_at_nothing(tmp_path: Path) -> None:
    path = tmp_path / "bill.jsonl"
    with cut(path) as bill:
        bill.sent(5.0)
    with cut(path, "two") as bill:
        assert bill.before == 0
        bill.sent(1.0)
    with cut(path, "two") as bill:
        assert bill.before == 1


def test_a_reply_of_a_batch_is_on_the_bill(tmp_path: Path) -> None:
    path = tmp_path / "bill.jsonl"
    with cut(path) as bill:
        budget = Budget(None, Prices(0, 1000), bill)
        budget.book(HELLO, OPTIONS, Reply("yes", 1, 20, "stop"))
        budget.book(HELLO, OPTIONS, Reply("no counts", 0, 0, "stop"))
    with cut(path) as bill:
        assert bill.before == pytest.approx(0.02 + 0.16)


@pytest.mark.parametrize("damage", [b"{oops", b"[]", b"[" * 100_000, b'{"attempt": 1}'])
def test_a_damaged_line_is_named(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "bill.jsonl"
    with cut(path) as bill:
        bill.sent(5.0)
    with path.open("ab") as file:
        file.write(damage + b"\n")
    with pytest.raises(CurateError, match=r"bill\.jsonl:3 is damaged"), cut(path):
        pass


def test_on_a_full_disk_nothing_is_sent_and_what_was_sent_counts_at_its_most(
    tmp_path: Path,
) -> None:
    path = tmp_path / "bill.jsonl"
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        with cut(path) as bill:
            number = bill.sent(5.0)
            resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 5, limit[1]))
            bill.ended(number, 1.0)
            with pytest.raises(CurateError, match="Nothing was sent; make room"):
                bill.sent(2.0)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, handler)
    with cut(path) as bill:
        assert bill.before == 5
