"""What tests share: a working folder of their own, and small corpora and scripts in it."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("curate", deadline=None)  # how fast a machine is is no property
settings.load_profile("curate")

os.environ["HF_HUB_OFFLINE"] = "1"  # before any Hugging Face library is imported

DOCUMENTS = {
    "cats.md": (
        "# Cats\n\nA cat sleeps for about sixteen hours a day. Most of that sleep is light, so that "
        "the cat can wake at once when a mouse passes by.\n\n"
        "## Food\n\nA cat needs taurine, which it cannot make itself. Taurine is found in meat and in "
        "fish, and a cat that lacks it loses its sight.\n"
    ),
    "bees.md": (
        "# Bees\n\nA honey bee visits about fifty flowers on one flight. It carries the nectar home in "
        "its honey stomach, where enzymes begin to split the sugar.\n\n"
        "## Dance\n\nA bee that has found food dances in the hive. The angle of the dance tells the "
        "direction of the food, and its length tells how far away the food is.\n"
    ),
    "rivers.md": (
        "# Rivers\n\nA river carries gravel, sand and mud towards the sea. Where the current slows "
        "down, the heaviest grains sink first and build up the bed.\n\n"
        "## Deltas\n\nA delta grows where a river drops its mud faster than the tides take it away. "
        "The Nile and the Danube both end in a delta.\n"
    ),
}

SCRIPT = [
    {"when": "Write one question", "text": "How long does a cat sleep each day?"},
    {"when": "How long does a cat", "text": "A cat sleeps for about sixteen hours a day."},
    # Questions that passages give the first words of are held to them, whatever the script asks.
    {"when": "Where is taurine found?", "text": "A cat sleeps for about sixteen hours a day."},
    {"when": "What does the angle", "text": "A cat sleeps for about sixteen hours a day."},
]

RECIPE = """\
name: small
topic: animals and rivers
source:   {files: {path: docs}}
teacher:  {scripted: {replies: replies.jsonl}}
generate: {pairs: 2, passage_tokens: 60}
filters:
  - length: {min: 3, max: 400}
  - repetition: {max: 0.2}
  - grounding: {min: 0.5}
publish:  {test: 0.3}
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh current folder without keys in the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", str(tmp_path / "cache"))
    return tmp_path


@pytest.fixture
def small(here: Path) -> Path:
    """A current folder with documents, a scripted teacher's replies, and a recipe for them."""
    (here / "docs").mkdir()
    for name, text in DOCUMENTS.items():
        (here / "docs" / name).write_text(text, encoding="utf-8")
    write_script(here, SCRIPT)
    (here / "small.yaml").write_text(RECIPE, encoding="utf-8")
    return here


def write_script(folder: Path, lines: list[dict]) -> None:
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / "replies.jsonl").write_text(text, encoding="utf-8")


@pytest.fixture
def script(small: Path) -> Callable[[list[dict]], None]:
    """Write other replies for the scripted teacher of `small`."""
    return lambda lines: write_script(small, lines)


PONG = {
    "id": "1", "object": "chat.completion", "created": 1, "model": "m",
    "choices": [{"index": 0, "finish_reason": "stop",
                 "message": {"role": "assistant", "content": "pong"}}],
    "usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4},
}  # fmt: skip


class Endpoint(ThreadingHTTPServer):
    """An OpenAI-compatible endpoint: answers with what `script` holds, then by `answer`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script: list[tuple[int, dict[str, Any]]] = []
        self.answer: Callable[[dict[str, Any]], str] = lambda _body: "pong"
        self.fault: Callable[[dict[str, Any]], tuple[int, Any] | None] = lambda _body: None
        self.seen: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.headers = {"Retry-After-Ms": "1"}
        self.usage = PONG["usage"]
        self.raw: list[bytes] = []  # bodies to send as they are, before all others
        self.trickle = 0.0  # seconds before each byte of an answer

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def reply(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if self.script:
            return self.script.pop(0)
        if fault := self.fault(body):
            return fault
        message = {"role": "assistant", "content": self.answer(body)}
        choices = [{"index": 0, "finish_reason": "stop", "message": message}]
        return 200, {**PONG, "choices": choices, "usage": self.usage}

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed is no news."""


class Handler(BaseHTTPRequestHandler):
    server: Endpoint

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.seen.append(body)
        self.server.keys.append(self.headers["Authorization"])
        status, answer = self.server.reply(body)
        text = self.server.raw.pop(0) if self.server.raw else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if not self.server.trickle:
            self.wfile.write(text)
            return
        for place in range(len(text)):
            time.sleep(self.server.trickle)
            self.wfile.write(text[place : place + 1])

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def serving() -> Iterator[Callable[[ThreadingHTTPServer], None]]:
    """Runs servers on loopback until the test is over."""
    with ExitStack() as stack:

        def serve(server: ThreadingHTTPServer) -> None:
            stack.enter_context(server)
            thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)

        yield serve


@pytest.fixture
def endpoint(serving: Callable[[ThreadingHTTPServer], None]) -> Endpoint:
    """A running endpoint on loopback."""
    server = Endpoint()
    serving(server)
    return server
