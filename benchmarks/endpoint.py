"""python benchmarks/endpoint.py [REQUESTS]
python benchmarks/endpoint.py serve [--median 0.5] [--sigma 0.8] [--too-many 0.2] …

An OpenAI-compatible endpoint on loopback for the other benchmarks, in a process of its own, so that
its CPU is not counted as the client's. Claim: it is light enough to measure clients against, well
under 0.3 ms of CPU a request. The first command prints what a request costs it, and the ratio to
what the same request costs a client that only writes and reads bytes. The second serves until its
standard input closes, and prints its address.

It answers the protocol `json` with as many pairs as asked for, made of the passage's own words,
after a log-normal latency. The n-th request has the same latency and the same fault in every run
with the same seed. Faults, as shares of requests: `too_many` (429 with Retry-After, at once),
`error` (500), `hang` (no answer until the client leaves), `malformed` (in turn: chat that is no
JSON; a body that is no JSON; JSON that is no chat completion). What is asked in order to repair a
reply is never answered malformed.

    GET  /stats   what it saw, one record a request in order of arrival (see Request)
    GET  /count   how many requests it saw
    POST /reset   forget all, and behave as the JSON says (see Behaviour)
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import json
import random
import re
import resource
import statistics
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Any

from served import Behaviour, Endpoint, Request

try:
    from uvloop import run
except ImportError:
    from asyncio import run

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_PASSAGE = re.compile(r"<document>\s*(.*?)\s*</document>", re.DOTALL)
_PAIRS = re.compile(r"\b(\d+) pairs?\b")
_NO_PAIRS = "I would be glad to help, but these are no pairs."
_NO_JSON = b"<html><body>upstream is restarting</body></html>"
_NO_CHAT = b'{"object": "list", "data": []}'


@dataclass
class State:
    """What the server remembers."""

    behaviour: Behaviour
    requests: list[Request] = field(default_factory=list)
    under_way: int = 0
    peak: int = 0
    connections: int = 0
    malformed: int = 0

    def __post_init__(self) -> None:
        self.latencies = random.Random(self.behaviour.seed)
        self.faults = random.Random(self.behaviour.seed + 1)
        self.cpu = _cpu()

    def draw(self, repair: bool) -> tuple[str, float]:
        """The fate of the next request: the same draws whatever the fate."""
        plan = self.behaviour
        latency = plan.median * self.latencies.lognormvariate(0, plan.sigma)
        chance = self.faults.random()
        for kind in ("too_many", "error", "hang", "malformed"):
            chance -= getattr(plan, kind)
            if chance < 0:
                break
        else:
            return "ok", latency
        if kind == "too_many":
            return kind, 0.0
        if kind == "malformed":
            if repair:
                return "ok", latency
            self.malformed += 1
            kind = ("chat", "body", "chat", "completion")[self.malformed % 4]
        return kind, latency

    def stats(self) -> bytes:
        seen = [list(vars(request).values()) for request in self.requests]
        cpu = _cpu() - self.cpu
        return json.dumps([seen, self.peak, self.connections, cpu]).encode()


class Server:
    """Holds the state, which a reset replaces."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.state = State(behaviour)

    def control(self, head: bytes, body: bytes) -> bytes:
        """The answer to what is no chat."""
        if head.startswith(b"GET /stats"):
            return _response(200, self.state.stats())
        if head.startswith(b"GET /count"):
            return _response(200, b"%d" % len(self.state.requests))
        if head.startswith(b"POST /reset"):
            self.state = State(Behaviour(**json.loads(body)))
            return _response(200, b"{}")
        return _response(404, b'{"error": {"message": "no such path"}}')


class Connection(asyncio.Protocol):
    """One client's connection: HTTP/1.1 with keep-alive and Content-Length, and no more."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.received = bytearray()
        self.loop = asyncio.get_running_loop()
        self.pending: tuple[State, Request, asyncio.TimerHandle | None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.server.state.connections += 1

    def data_received(self, data: bytes) -> None:
        self.received += data
        while (end := self.received.find(b"\r\n\r\n")) >= 0:
            head = bytes(self.received[:end])
            found = _LENGTH.search(head)
            whole = end + 4 + (int(found[1]) if found else 0)
            if len(self.received) < whole:
                return
            body = bytes(self.received[end + 4 : whole])
            del self.received[:whole]
            if head.startswith(b"POST /v1/chat/completions"):
                self.chat(body)
            else:
                self.transport.write(self.server.control(head, body))

    def chat(self, body: bytes) -> None:
        """Take a request, and answer it in time."""
        now = time.monotonic()
        asked = json.loads(body)
        messages = asked["messages"]
        state = self.server.state
        repair = len(messages) > 1 and messages[-2]["role"] == "assistant"
        kind, latency = state.draw(repair)
        digest = hashlib.blake2b(json.dumps(messages).encode(), digest_size=12).hexdigest()
        request = Request(digest, kind, repair, latency, now)
        state.requests.append(request)
        state.under_way += 1
        state.peak = max(state.peak, state.under_way)
        timer = None
        if kind != "hang":
            answer = _answer(kind, asked, state.behaviour, digest)
            timer = self.loop.call_later(latency, self.answer, answer)
        self.pending = state, request, timer

    def answer(self, response: bytes) -> None:
        self.transport.write(response)
        self.end(answered=True)

    def end(self, answered: bool) -> None:
        """Note the end of the request under way, if there is one."""
        if self.pending is not None:
            state, request, timer = self.pending
            self.pending = None
            if timer is not None:
                timer.cancel()
            request.ended = time.monotonic()
            request.answered = answered
            state.under_way -= 1

    def connection_lost(self, _error: Exception | None) -> None:
        self.end(answered=False)


def _answer(kind: str, asked: dict[str, Any], behaviour: Behaviour, digest: str) -> bytes:
    if kind == "too_many":
        wait = f"retry-after: {behaviour.retry_after}\r\n"
        return _response(429, b'{"error": {"message": "too many requests"}}', wait)
    if kind == "error":
        return _response(500, b'{"error": {"message": "overloaded"}}')
    if kind == "body":
        return _response(200, _NO_JSON)
    if kind == "completion":
        return _response(200, _NO_CHAT)
    messages = asked["messages"]
    text = _NO_PAIRS if kind == "chat" else reply(messages)
    prompt = sum(len(message["content"]) for message in messages) // 4
    completion = {
        "id": digest,
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": asked["model"],
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "logprobs": None,
                "message": {"role": "assistant", "content": text, "refusal": None},
            }
        ],
        "usage": {
            "prompt_tokens": prompt,
            "completion_tokens": len(text) // 4,
            "total_tokens": prompt + len(text) // 4,
        },
    }
    return _response(200, json.dumps(completion).encode())


def reply(messages: list[dict[str, str]]) -> str:
    """As many pairs as asked for, out of the words of the passage; the same for the same words."""
    asked = "\n".join(message["content"] for message in messages if message["role"] == "user")
    found, counts = _PASSAGE.search(asked), _PAIRS.findall(asked)
    if found is None or not counts:
        return "pong"
    words, count = found[1].split(), int(counts[-1])
    share = max(len(words) // count, 1)
    pairs = []
    for place in range(count):
        part = words[place * share : (place + 1) * share] or words
        question = f"What is said in part {place + 1} of {' '.join(part[:5])}?"
        pairs.append({"instruction": question, "output": " ".join(part)})
    return json.dumps({"pairs": pairs})


def _response(status: int, body: bytes, further: str = "") -> bytes:
    kind = "text/html" if body is _NO_JSON else "application/json"
    length = f"content-length: {len(body)}\r\n"
    return f"HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\n{further}{length}\r\n".encode() + body


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def _serve(behaviour: Behaviour) -> None:
    loop = asyncio.get_running_loop()
    server, over = Server(behaviour), asyncio.Event()

    def wait() -> None:
        sys.stdin.buffer.read()
        loop.call_soon_threadsafe(over.set)

    listening = await loop.create_server(lambda: Connection(server), "127.0.0.1", 0, backlog=1024)
    port = listening.sockets[0].getsockname()[1]
    print(f"http://127.0.0.1:{port}/v1", flush=True)
    threading.Thread(target=wait, daemon=True).start()
    await over.wait()


async def _exchange(port: int, requests: Iterable[bytes]) -> None:
    """Send requests one after another over one connection, and read the answers."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for request in requests:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        found = _LENGTH.search(head)
        await reader.readexactly(int(found[1]) if found else 0)
    writer.close()


async def _ask_all(port: int, count: int) -> None:
    turns: list[list[bytes]] = [[] for _ in range(64)]
    for number in range(count):
        passage = f"Passage {number} tells of stones, trees and rivers in many words. " * 12
        user = f"<document>\n{passage}\n</document>\n\nWrite 3 pairs as JSON."
        messages = [{"role": "system", "content": "x" * 2000}, {"role": "user", "content": user}]
        body = json.dumps({"model": "m", "messages": messages, "max_tokens": 480}).encode()
        head = f"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n"
        turns[number % 64].append(head.encode() + body)
    await asyncio.gather(*(_exchange(port, turn) for turn in turns))


def measure(count: int) -> None:
    """Print what a request costs the server."""
    costs, ratios = [], []
    with Endpoint() as endpoint:
        port = int(endpoint.url.removesuffix("/v1").rpartition(":")[2])
        for _ in range(3):
            endpoint.reset(Behaviour(median=0.01))
            before = _cpu()
            asyncio.run(_ask_all(port, count))
            client = _cpu() - before
            stats = endpoint.stats()
            if len(stats.requests) != count:
                raise SystemExit(f"{len(stats.requests)} requests seen, {count} sent")
            costs.append(1000 * stats.cpu / count)
            ratios.append(stats.cpu / client)
    print(f"{count} requests at 64, median of {len(costs)} rounds")
    print(f"server CPU     {statistics.median(costs):.3f} ms a request")
    print(f"ratio          {statistics.median(ratios):.2f} × the CPU of a client of bare sockets")


def _main() -> None:
    if sys.argv[1:2] == ["serve"]:
        parser = argparse.ArgumentParser(prog="endpoint.py serve")
        for option in fields(Behaviour):
            name = f"--{option.name.replace('_', '-')}"
            parser.add_argument(name, type=type(option.default), default=option.default)
        behaviour = Behaviour(**vars(parser.parse_args(sys.argv[2:])))
        with contextlib.suppress(KeyboardInterrupt):
            run(_serve(behaviour))
    else:
        measure(int(sys.argv[1]) if len(sys.argv) > 1 else 3000)


if __name__ == "__main__":
    _main()
