"""How the other benchmarks use `endpoint.py`: start it, tell it how to behave, ask what it saw."""

from __future__ import annotations

import heapq
import json
import subprocess
import sys
import urllib.request
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True)
class Behaviour:
    """How the endpoint answers: seconds, and shares of requests that meet each fault."""

    median: float = 0.5
    sigma: float = 0.8
    seed: int = 7
    too_many: float = 0.0
    error: float = 0.0
    hang: float = 0.0
    malformed: float = 0.0
    retry_after: float = 0.2


@dataclass
class Request:
    """One request that was seen. Times are of the monotonic clock, which processes share."""

    digest: str  # of its messages
    kind: str  # ok, too_many, error, hang, chat, body or completion
    repair: bool  # whether a user's message follows an assistant's
    latency: float  # seconds that the answer was held back
    arrived: float
    ended: float = 0.0  # answered or left by the client; 0 while under way
    answered: bool = False

    @property
    def held(self) -> float:
        """Seconds for which it kept a worker of its client, the client's own time left out."""
        return self.latency if self.answered else max(self.ended - self.arrived, 0.0)


@dataclass
class Stats:
    """What the endpoint saw since the last reset."""

    requests: list[Request]
    peak: int  # most requests under way at once
    connections: int
    cpu: float  # seconds

    @property
    def kinds(self) -> Counter[str]:
        return Counter(request.kind for request in self.requests)

    @property
    def span(self) -> float:
        """Seconds from the first request to the last answer."""
        ended = [request.ended for request in self.requests if request.answered]
        return max(ended) - self.requests[0].arrived

    def ideal(self, workers: int) -> float:
        """Seconds that `workers` would need who take the requests in order and lose no time."""
        free = [0.0] * workers
        for request in self.requests:
            heapq.heapreplace(free, free[0] + request.held)
        return max(free)

    def duplicates(self) -> int:
        """Requests with the messages of one before."""
        return len(self.requests) - len({request.digest for request in self.requests})


class Endpoint:
    """The server in a process of its own, and the way to ask what it saw. A context manager."""

    def __init__(self) -> None:
        command = [sys.executable, str(Path(__file__).with_name("endpoint.py")), "serve"]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        self._root = self.url.removesuffix("/v1")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def reset(self, behaviour: Behaviour) -> None:
        """Forget all that was seen, and behave so."""
        self._ask("/reset", json.dumps(asdict(behaviour)).encode())

    def stats(self) -> Stats:
        """What was seen since the last reset."""
        seen, *rest = json.loads(self._ask("/stats"))
        return Stats([Request(*values) for values in seen], *rest)

    def count(self) -> int:
        """How many requests were seen since the last reset."""
        return int(self._ask("/count"))

    def _ask(self, path: str, data: bytes | None = None) -> bytes:
        with urllib.request.urlopen(self._root + path, data, timeout=30) as answer:
            return bytes(answer.read())
