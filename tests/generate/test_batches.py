"""Batches through the real command and the real client, against an endpoint on loopback."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner, Result

from curate.cli import main
from curate.text import digest

Answer = tuple[int, dict[str, Any]]
FOLDER = Path(".curate/small")
PAIRS = [{"instruction": f"What is {n} in it?", "output": f"It is {n}."} for n in ("one", "two")]


def reply(text: str) -> Answer:
    message = {"role": "assistant", "content": text}
    choices = [{"index": 0, "finish_reason": "stop", "message": message}]
    usage = {"prompt_tokens": 30, "completion_tokens": 10, "total_tokens": 40}
    return 200, {"object": "chat.completion", "choices": choices, "usage": usage}


def error(status: int, message: str, **more: str) -> Answer:
    return status, {"error": {"message": message, **more}}


def answered(body: dict[str, Any]) -> Answer:
    """The same reply to the same call, good for a question and for an answer."""
    return reply(f"What does {digest(body['messages'])[:6]} mean in this text?")


class Batches(ThreadingHTTPServer):
    """An endpoint with batches. `line` answers a call; a batch ends after `looks` looks."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.line: Callable[[dict[str, Any]], Answer] = answered
        self.looks = 1
        self.status = "completed"
        self.share = 1.0  # of the lines that are done when it ends
        self.errors: list[dict[str, Any]] = []
        self.script: list[Answer | None] = []  # for the next requests; None: by the rules
        self.lose: str | None = None  # the path whose next answer is lost on its way
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, dict[str, Any]] = {}
        self.left: dict[str, int] = {}
        self.direct: list[dict[str, Any]] = []
        self.extra = b""  # before the lines of an output file
        self.asked: list[str] = []
        self.cut: str | None = None  # the path whose next answer breaks off

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that was closed is no news."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def calls(self) -> list[dict[str, Any]]:
        """The lines of all batches so far."""
        files = [self.files[batch["input_file_id"]] for batch in self.batches.values()]
        return [json.loads(line) for file in files for line in file.splitlines()]

    def create(self, body: dict[str, Any]) -> dict[str, Any]:
        name = f"batch_{len(self.batches) + 1}"
        counts = {
            "total": self.files[body["input_file_id"]].count(b"\n"),
            "completed": 0,
            "failed": 0,
        }
        batch = {**body, "id": name, "object": "batch", "status": "validating", "created_at": 1}
        self.batches[name] = {**batch, "request_counts": counts}
        self.left[name] = self.looks
        return self.batches[name]

    def look(self, name: str) -> dict[str, Any]:
        batch = self.batches[name]
        self.left[name] -= 1
        if self.left[name] > 0:
            batch["status"] = "in_progress"
        elif batch["status"] in ("validating", "in_progress"):
            self.end(batch)
        return batch

    def end(self, batch: dict[str, Any]) -> None:
        batch["status"] = self.status
        if self.status == "failed":
            batch["errors"] = {"object": "list", "data": self.errors}
            return
        lines = [json.loads(x) for x in self.files[batch["input_file_id"]].splitlines()]
        whole = round(self.share * len(lines))
        good, bad = [], []
        for line in lines[:whole]:
            status, body = self.line(line["body"])
            response = {"status_code": status, "request_id": "r", "body": body}
            told = {"id": "x", "custom_id": line["custom_id"], "response": response, "error": None}
            (good if status == 200 else bad).append(told)
        for line in lines[whole:]:
            cause = {"code": "batch_expired", "message": "This request could not be executed."}
            bad.append(
                {"id": "x", "custom_id": line["custom_id"], "response": None, "error": cause}
            )
        batch["request_counts"].update(completed=len(good), failed=len(bad))
        for field, rows in (("output_file_id", good), ("error_file_id", bad)):
            if rows:
                batch[field] = f"{field}-{batch['id']}"
                text = "".join(json.dumps(row) + "\n" for row in rows).encode()
                self.files[batch[field]] = self.extra + text


class Handler(BaseHTTPRequestHandler):
    server: Batches

    def do_POST(self) -> None:
        self.act(self.rfile.read(int(self.headers["Content-Length"])))

    def do_GET(self) -> None:
        self.act(b"")

    def act(self, content: bytes) -> None:
        server, path = self.server, self.path.partition("?")[0].removeprefix("/v1")
        server.asked.append(f"{self.command} {path}")
        scripted = server.script.pop(0) if server.script else None
        status, answer = scripted or (200, self.route(path, content))
        if server.lose == f"{self.command} {path}":
            server.lose = None
            self.connection.close()
            return
        text = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.send_header("Retry-After-Ms", "1")
        self.end_headers()
        if server.cut == f"{self.command} {path}":
            server.cut = None
            self.wfile.write(text[: len(text) // 2])
            self.wfile.flush()
            self.connection.close()
            return
        self.wfile.write(text)

    def route(self, path: str, content: bytes) -> Any:
        server = self.server
        if path == "/chat/completions":
            server.direct.append(json.loads(content))
            return server.line(server.direct[-1])[1]
        if path == "/files":
            boundary = content.partition(b"\r\n")[0]
            parts = {
                re.search(rb'name="(\w+)"', part)[1]: part.partition(b"\r\n\r\n")[2][:-2]  # type: ignore[index]
                for part in content.split(boundary)[1:-1]
            }
            assert parts[b"purpose"] == b"batch"
            name = f"file-{len(server.files)}"
            server.files[name] = parts[b"file"]
            return {"id": name, "object": "file"}
        if path == "/batches" and self.command == "POST":
            return server.create(json.loads(content))
        if path == "/batches":
            return {"object": "list", "data": [*server.batches.values()][::-1], "has_more": False}
        if path.startswith("/batches/"):
            return server.look(path.removeprefix("/batches/"))
        return server.files[path.split("/")[2]]

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def batches(small: Path, serving: Callable[[Batches], None]) -> Batches:
    server = Batches()
    serving(server)
    return server


def command(url: str, *more: str, **teacher: Any) -> list[str]:
    options = {"model": "m", "base_url": url, "batch_poll": 0.01, "tries": 3, **teacher}
    return ["generate", "small.yaml", "--set", f"teacher={json.dumps({'openai': options})}", *more]


def run(url: str, *more: str, code: int = 0, **teacher: Any) -> Result:
    result = CliRunner().invoke(main, command(url, *more, **teacher))
    assert result.exit_code == code, result.output
    return result


def start(url: str, *more: str, **teacher: Any) -> subprocess.Popen[bytes]:
    line = [sys.executable, "-m", "curate", *command(url, "--batch", *more, **teacher)]
    with Path("said").open("wb") as said:
        return subprocess.Popen(line, stderr=said, stdout=subprocess.DEVNULL)


def until(what: Callable[[], Any]) -> None:
    for _ in range(2000):
        if what():
            return
        time.sleep(0.01)
    raise AssertionError("it never came")


def read(stage: str = "candidates") -> pl.DataFrame:
    return pl.read_parquet(FOLDER / f"{stage}.parquet")


def reasons() -> str:
    return "\n".join(read("losses")["reason"])


def once(batches: Batches) -> bool:
    keys = [call["custom_id"] for call in batches.calls()]
    return len(keys) == len(set(keys)) > 0


def forget() -> None:
    subprocess.run(["rm", "-r", str(FOLDER)], check=True)


def test_a_run_in_batches_gives_what_a_direct_run_gives(batches: Batches) -> None:
    run(batches.url)
    pairs, calls = read(), read("exchanges")
    asked = batches.direct
    forget()
    told = run(batches.url, "--batch").output
    assert read().equals(pairs)
    assert read("exchanges").equals(calls)
    assert len(batches.direct) == len(asked)  # none but in batches
    bodies = [call["body"] for call in batches.calls()]
    assert sorted(bodies, key=json.dumps) == sorted(asked, key=json.dumps)
    assert len(batches.batches) == 2  # all questions, then all answers
    assert f"{len(asked)} requests (0 answered before" in told
    assert not list((FOLDER / "batches").iterdir())
    assert "no request needed" in run(batches.url, "--batch").output


def test_a_reply_that_cannot_be_used_is_repaired_in_a_further_round(batches: Batches) -> None:
    def line(body: dict[str, Any]) -> Answer:
        again = "cannot be used" in body["messages"][-1]["content"]
        return answered(body) if again else reply("")

    batches.line = line
    run(batches.url)
    pairs = read()
    forget()
    run(batches.url, "--batch")
    assert read().equals(pairs)
    assert pairs["dropped"].null_count() == pairs.height
    assert len(batches.batches) == 4
    assert once(batches)


def test_batches_hold_no_more_calls_than_allowed(batches: Batches) -> None:
    run(batches.url, "--batch", batch_size=5)
    counts = [batch["request_counts"]["total"] for batch in batches.batches.values()]
    assert max(counts) == 5
    assert sum(counts) == 2 * read().height
    assert once(batches)


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_run_that_ends_while_it_waits_is_taken_up_again(batches: Batches, end: int) -> None:
    batches.looks = 10**6
    first = start(batches.url)
    until(lambda: len([path for path in batches.asked if path == "GET /batches/batch_1"]) > 2)
    began = time.monotonic()
    first.send_signal(end)
    assert first.wait(10) == (-signal.SIGKILL if end == signal.SIGKILL else 1)
    if end != signal.SIGKILL:
        assert time.monotonic() - began < 3
        assert (
            "Batch batch_1 goes on at the endpoint; the same command collects it."
            in Path("said").read_text()
        )
    batches.looks = batches.left["batch_1"] = 1
    run(batches.url, "--batch")
    assert len(batches.batches) == 2
    assert once(batches)
    assert read()["dropped"].null_count() == read().height > 0


def test_a_hanging_endpoint_does_not_keep_a_run_that_is_stopped(batches: Batches) -> None:
    hang = threading.Event()
    batches.looks = 10**6
    batches.look = lambda name: hang.wait(20) and {}  # type: ignore[method-assign]
    first = start(batches.url)
    until(lambda: "GET /batches/batch_1" in batches.asked)
    first.send_signal(signal.SIGINT)
    assert first.wait(5) == 1
    hang.set()


@pytest.mark.parametrize("record", ["all", "id"])
def test_a_batch_that_was_not_noted_is_found_by_its_name(batches: Batches, record: str) -> None:
    batches.looks = 10**6
    first = start(batches.url)
    until(lambda: "GET /batches/batch_1" in batches.asked)
    first.kill()
    first.wait()
    noted = FOLDER / "batches.jsonl"
    lines = noted.read_text().splitlines(keepends=True)
    assert [json.loads(line)["event"] for line in lines] == ["begun", "submitted"]
    noted.write_text("" if record == "all" else lines[0] + lines[1][:50])  # torn
    batches.looks = batches.left["batch_1"] = 1
    run(batches.url, "--batch")
    assert len(batches.batches) == 2
    assert once(batches)
    ended = [json.loads(line) for line in noted.read_text().splitlines()]
    assert [event["id"] for event in ended if event["event"] == "ended"] == ["batch_1", "batch_2"]


def test_a_batch_whose_submission_was_not_answered_is_not_made_twice(batches: Batches) -> None:
    batches.lose = "POST /batches"
    run(batches.url, "--batch")
    assert len(batches.batches) == 2
    assert once(batches)


def test_what_was_never_submitted_is(batches: Batches) -> None:
    batches.script = [None, None, error(400, "no such thing")]
    assert "400: no such thing" in run(batches.url, "--batch", code=1).output
    run(batches.url, "--batch")
    assert len(batches.batches) == 2


@pytest.mark.parametrize("status", ["expired", "cancelled"])
def test_a_batch_that_ends_early_leaves_what_it_did_and_the_rest_is_made_anew(
    batches: Batches, status: str
) -> None:
    batches.status, batches.share = status, 0.5
    create = batches.create

    def later(body: dict[str, Any]) -> dict[str, Any]:
        if batches.batches:
            batches.status, batches.share = "completed", 1.0
        return create(body)

    batches.create = later  # type: ignore[method-assign]
    run(batches.url, "--batch")
    counts = [batch["request_counts"]["total"] for batch in batches.batches.values()]
    rest = counts[0] - counts[0] // 2
    assert counts == [counts[0], counts[0], rest]  # with the answers that can go on
    assert read().height == counts[0]


def test_a_run_that_ends_while_it_keeps_replies_keeps_the_others_later(
    batches: Batches, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = FOLDER / "journal.jsonl"
    with monkeypatch.context() as patch:
        patch.setattr("curate.generate.batch_store.Store.end", lambda *_: 1 / 0)
        assert isinstance(
            CliRunner().invoke(main, command(batches.url, "--batch")).exception, ZeroDivisionError
        )
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text("".join(lines[:4]) + lines[5][:99])
    run(batches.url, "--batch")
    assert len(batches.batches) == 2
    assert once(batches)
    keys = [json.loads(line)["key"] for line in journal.read_text().splitlines()]
    assert len(keys) == len(set(keys)) == len(batches.calls())


def test_run_takes_batches_too(batches: Batches) -> None:
    batches.line = lambda _: reply("How long does a cat sleep in a day or a night?")
    result = CliRunner().invoke(main, ["run", *command(batches.url, "--batch")[1:]])
    assert len(batches.batches) == 2, result.output
    assert batches.direct == []


def test_calls_that_fail_are_made_again_twice_and_then_told(batches: Batches) -> None:
    def line(body: dict[str, Any]) -> Answer:
        return error(500, "overloaded") if "taurine" in json.dumps(body) else answered(body)

    batches.line = line
    run(batches.url, "--batch", code=3)
    assert "batch: 500: overloaded after 3 tries" in reasons()
    asked = [call["custom_id"] for call in batches.calls() if "taurine" in json.dumps(call)]
    assert {asked.count(key) for key in asked} == {3}
    assert read().height > 0
    batches.line = answered
    run(batches.url, "--batch")
    assert "batch" not in reasons()


def test_calls_that_cannot_succeed_are_not_made_again(batches: Batches) -> None:
    def line(body: dict[str, Any]) -> Answer:
        return error(400, "too long") if "taurine" in json.dumps(body) else answered(body)

    batches.line = line
    run(batches.url, "--batch", code=3)
    assert "batch: 400: too long" in reasons()
    assert once(batches)


def test_a_key_without_credit_ends_the_run(batches: Batches) -> None:
    batches.line = lambda _: error(429, "no credit left", code="insufficient_quota")
    assert "no credit left" in run(batches.url, "--batch", code=1).output
    assert len(batches.batches) == 1


def test_options_that_a_model_refuses_are_left_out_of_further_batches(batches: Batches) -> None:
    def line(body: dict[str, Any]) -> Answer:
        for name, code in (("max_tokens", "parameter"), ("temperature", "value")):
            if name in body:
                return error(400, "not this", code=f"unsupported_{code}", param=name)
        return answered(body)

    batches.line = line
    run(batches.url, "--batch")
    sent = [set(call["body"]) & {"max_tokens", "temperature"} for call in batches.calls()]
    count = read().height
    both, one = {"max_tokens", "temperature"}, {"temperature"}
    assert sent == [both] * count + [one] * count + [set()] * 2 * count


def test_a_batch_that_is_refused_ends_the_run_with_the_endpoints_words(batches: Batches) -> None:
    batches.status = "failed"
    batches.errors = [{"code": "invalid_model", "message": "The model m\nis unknown", "line": 1}]
    told = run(batches.url, "--batch", code=1).output
    assert "batch batch_1 was refused: The model m is unknown" in told
    batches.status = "completed"
    run(batches.url, "--batch")
    assert len(batches.batches) == 3


def test_a_batch_that_is_refused_beside_another_waits_for_it(batches: Batches) -> None:
    create, end = batches.create, batches.end

    def bounded(batch: dict[str, Any]) -> None:
        batches.status = "failed" if batch["id"] == "batch_2" else "completed"
        batches.errors = [{"code": "token_limit_exceeded", "message": "Enqueued token limit"}]
        end(batch)

    batches.create, batches.end = create, bounded  # type: ignore[method-assign]
    told = run(batches.url, "--batch", batch_size=6).output
    assert "Enqueued token limit" in told
    assert read()["dropped"].null_count() == read().height > 0


PRICES = {"input_price": 100.0, "output_price": 1000.0}  # a call costs $0.0065 in a batch


def test_a_budget_bounds_what_is_submitted(batches: Batches) -> None:
    told = run(batches.url, "--batch", "--budget", "1.2", code=3, **PRICES).output
    assert "budget of $1.2 reached: not asked" in reasons()
    cost = float(told.partition(", $")[2].split()[0])
    asked = len(batches.calls())
    assert cost == pytest.approx(0.0065 * asked)
    assert 0 < asked < 24
    run(batches.url, "--batch", "--budget", "90", **PRICES)
    assert once(batches)


def test_a_batch_under_way_counts_towards_the_budget(batches: Batches) -> None:
    batches.looks = 10**6
    first = start(batches.url, "--limit", "2", **PRICES)
    until(lambda: "GET /batches/batch_1" in batches.asked)
    first.kill()
    first.wait()
    batches.looks, batches.left["batch_1"] = 1, 3  # still under way when others are thought of
    few = batches.calls()
    run(batches.url, "--batch", "--budget", "0.3", code=3, **PRICES)
    assert batches.calls()[: len(few)] == few
    assert len(batches.batches) == 2  # the answers to the first ones, and no other question
    assert len(batches.calls()) <= 2 * len(few)
    assert "budget of $0.3 reached: not asked" in reasons()


def test_what_a_killed_run_spent_counts_towards_the_budget(batches: Batches) -> None:
    batches.looks = 10**6
    first = start(batches.url, **PRICES)
    until(lambda: "GET /batches/batch_1" in batches.asked)
    first.kill()
    first.wait()
    with (FOLDER / "bill.jsonl").open("a") as bill:
        bill.write('{"attempt": 1, "most": 1000}\n')
    batches.looks = batches.left["batch_1"] = 1
    run(batches.url, "--batch", "--budget", "1000", code=3, **PRICES)
    assert len(batches.batches) == 1  # its questions are kept, and no answer is asked for
    assert "$1000 of it before the run was cut short" in reasons()
    assert not (FOLDER / "bill.jsonl").exists()
    run(batches.url, "--batch", "--budget", "1000", **PRICES)
    assert once(batches)


def test_a_direct_run_does_not_pay_for_what_a_batch_has(batches: Batches) -> None:
    batches.looks = 10**6
    first = start(batches.url)
    until(lambda: "GET /batches/batch_1" in batches.asked)
    first.kill()
    first.wait()
    told = run(batches.url, code=1).output
    assert "Batch batch_1 (0 of" in told
    assert "with --batch to collect it, or cancel it" in told
    assert batches.direct == []
    batches.left["batch_1"] = 1
    run(batches.url)
    assert len(batches.batches) == 1
    assert len(batches.direct) == len(batches.calls()) == read().height  # the answers


def test_passing_failures_of_the_endpoint_are_tried_again(batches: Batches) -> None:
    busy = error(429, "busy")
    batches.script = [
        busy,
        None,
        error(503, "busy"),
        None,
        None,
        busy,
        None,
        None,
        busy,
        None,
        busy,
    ]
    run(batches.url, "--batch", tries=5)
    assert len(batches.batches) == 2
    assert once(batches)


def test_a_batch_that_the_endpoint_does_not_know_is_told(batches: Batches) -> None:
    batches.script = [None, None, None, error(404, "no batch")]
    told = run(batches.url, "--batch", code=1).output
    assert "knows no batch batch_1. Is the key that of another project?" in told
    run(batches.url, "--batch")
    assert once(batches)


def test_a_hostile_file_of_results_is_read_for_what_it_is_worth(batches: Batches) -> None:
    odd: list[Any] = [
        7,
        None,
        [],
        {},
        {"custom_id": 5},
        {"custom_id": ["x"]},
        {"custom_id": "0" * 64},
    ]
    lines = [json.dumps(line) for line in odd] + ["no JSON", "[" * 10_000, "\0\xff"]
    batches.extra = "".join(f"{line}\n" for line in lines).encode()
    run(batches.url, "--batch")
    assert once(batches)
    twice = [json.loads(x) for x in (FOLDER / "journal.jsonl").read_text().splitlines()]
    assert len(twice) == len({entry["key"] for entry in twice}) == len(batches.calls())


@pytest.mark.parametrize(
    "body", [None, [], {"choices": []}, {"choices": [{"message": {"content": "x" * 10**6}}]}]
)
def test_an_odd_result_costs_that_call_and_no_more(batches: Batches, body: Any) -> None:
    def line(asked: dict[str, Any]) -> Answer:
        return (200, body) if "taurine" in json.dumps(asked) else answered(asked)

    batches.line = line
    run(batches.url, "--batch", code=3)
    assert "batch: " in reasons()
    assert read().height > 0


@pytest.mark.parametrize("batch", [7, [], {}, {"id": 7}, {"id": "x" * 999, "status": "completed"}])
def test_an_odd_batch_is_told(batches: Batches, batch: Any) -> None:
    batches.create = lambda _: batch  # type: ignore[method-assign]
    assert "no batch" in run(batches.url, "--batch", code=1).output


def test_the_key_is_told_nowhere(batches: Batches, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "s3cret")
    batches.status, batches.errors = "failed", [{"message": "bad key s3cret"}]
    told = run(batches.url, "--batch", code=1).output
    assert "bad key ***" in told
    files = [path.read_bytes() for path in FOLDER.rglob("*") if path.is_file()]
    assert not any(b"s3cret" in content for content in files)


def test_a_download_that_breaks_off_is_made_again(batches: Batches) -> None:
    batches.cut = "GET /files/output_file_id-batch_1/content"
    run(batches.url, "--batch")
    assert batches.asked.count("GET /files/output_file_id-batch_1/content") == 2
    assert once(batches)


def test_lines_and_files_have_bounds(batches: Batches, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("curate.teachers.batch_api._LONGEST", 2000)
    monkeypatch.setattr("curate.generate.batch_results._SPARE", 100_000)
    batches.extra = b"x" * 50_000 + b"\n" + b"y" * 2000 + b"\n" + b"z" * 1999 + b"\n"
    run(batches.url, "--batch")
    assert once(batches)
    forget()
    batches.batches.clear()
    monkeypatch.setattr("curate.generate.batch_results._EACH", 0)
    batches.extra = b"x" * 200_000
    run(batches.url, "--batch", code=3)
    assert "batch: no reply (completed) after 3 tries" in reasons()


def test_an_outage_while_it_waits_is_sat_out(batches: Batches) -> None:
    looks: list[str] = []
    look = batches.look

    def down(name: str) -> dict[str, Any]:
        looks.append(name)
        if 2 <= len(looks) < 9:
            raise ConnectionError
        return look(name)

    batches.look, batches.looks = down, 4  # type: ignore[method-assign]
    run(batches.url, "--batch", tries=2)
    assert once(batches)


@pytest.mark.parametrize("status", [400, 422])
def test_pairs_as_json_come_in_one_round_and_a_schema_that_is_refused_is_left_out(
    batches: Batches, status: int
) -> None:
    def line(body: dict[str, Any]) -> Answer:
        if "response_format" in body:
            return error(status, "Unknown field: response_format")
        return reply(json.dumps({"pairs": PAIRS}))

    batches.line = line
    prompt = "{protocol: json, pairs: 2, passage_tokens: 60}"
    run(batches.url, "--batch", "--set", f"generate={prompt}")
    assert ["response_format" in call["body"] for call in batches.calls()] == [True] * 6 + [
        False
    ] * 6
    assert read().height == 12


def test_an_endpoint_without_batches_is_told(batches: Batches) -> None:
    batches.script = [error(404, "page not found")]
    assert "has no Batch API (404): leave --batch out" in run(batches.url, "--batch", code=1).output


def test_a_teacher_without_batches_is_a_usage_error(small: Path) -> None:
    result = CliRunner().invoke(main, ["generate", "small.yaml", "--batch"])
    assert result.exit_code == 2
    assert "teacher scripted takes no batches" in result.output
