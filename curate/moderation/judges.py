"""Endpoints that judge texts: OpenAI's `/moderations`, and Llama Guard behind `/chat/completions`.

Both go through the client of the openai teacher. What comes back is stored before anything looks at
it (`verdicts`), so nothing is paid for twice. Of a row whose answer refuses, the answer is judged.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, cast

from curate.errors import TeacherError, UsageError
from curate.moderation.harm import declines
from curate.moderation.verdicts import Scores, Verdicts
from curate.progress import Progress
from curate.teachers.asking import each, tried
from curate.teachers.base import CallOptions, Message
from curate.teachers.chat import ChatSession
from curate.teachers.openai_api import OPENAI_URL, OpenAI
from curate.text import digest

_BATCH = 32  # texts in a call of `/moderations`
Pair = tuple[str, str]  # what was asked, what was answered


@dataclass(frozen=True)
class Judge(ABC):
    """An endpoint that judges pairs."""

    model: str
    base_url: str
    key_variable: str
    concurrency: int
    timeout: float
    tries: int

    most: ClassVar[int] = 1
    """Pairs in a call."""

    def teacher(self) -> OpenAI:
        """The teacher at the same address, which makes the client. Raises ValueError."""
        return OpenAI(
            model=self.model,
            base_url=self.base_url,
            key_variable=self.key_variable,
            timeout=self.timeout,
        )

    def verdicts(
        self, pairs: Sequence[Pair], cache: Path | None, progress: Progress
    ) -> list[Scores | None]:
        """The scores of each pair by the judge's own categories; None where none came.

        Those in `cache` are not asked for again. Raises UsageError without a key, TeacherError
        where no call can succeed; what came before is kept. Not within a running event loop.
        """
        endpoint = f"{self.base_url.rstrip('/')} {self.model}"
        told = [self.told(pair) for pair in pairs]
        keys = [digest(type(self).__name__, endpoint, *one, size=32) for one in told]
        store = Verdicts(cache, endpoint)
        missing = {
            key: one
            for key, one in zip(keys, told, strict=True)
            if store.find(key) is None and any(map(str.strip, one))
        }
        if missing:
            if self.base_url == OPENAI_URL and not os.environ.get(self.key_variable, "").strip():
                raise UsageError(
                    f"The environment variable {self.key_variable} is not set. Set it to your key, "
                    "give the base_url of an endpoint that needs none, or judge here: by: local"
                )
            asyncio.run(self._ask(list(_batches(missing, self.most)), store, progress))
        return [
            store.find(key) if any(map(str.strip, one)) else {}
            for key, one in zip(keys, told, strict=True)
        ]

    def told(self, pair: Pair) -> Pair:
        """What is sent of a pair."""
        return pair

    @abstractmethod
    async def attempt(self, session: ChatSession, pairs: list[Pair]) -> list[Scores]:
        """The scores of some pairs, in one attempt. Raises TeacherError."""

    async def _ask(
        self, batches: list[dict[str, Pair]], store: Verdicts, progress: Progress
    ) -> None:
        """Ask for all batches, some at once; after a fatal failure no more are sent.

        What one batch fails by leaves its judgements unknown. Raises TeacherError for what is
        fatal, and for what no batch got past (a model that the endpoint does not take).
        """
        refused: list[TeacherError] = []
        answered = 0

        async with self.teacher().open() as session:
            chat = cast("ChatSession", session)
            with progress.bar("unsafe", len(batches)) as advance:

                async def work(batch: dict[str, Pair]) -> None:
                    nonlocal answered
                    pairs = list(batch.values())
                    try:
                        scores = await tried(self.attempt, chat, pairs, tries=self.tries)
                        store.add(dict(zip(batch, scores, strict=True)))
                        answered += 1
                    except TeacherError as error:
                        if error.fatal:
                            raise
                        if not error.passing:
                            refused.append(error)
                    advance(1)

                await each(work, batches, self.concurrency)
        if refused and not answered:
            raise refused[0]


@dataclass(frozen=True)
class OpenAIModeration(Judge):
    """`/moderations`: a score in [0, 1] for each category."""

    most: ClassVar[int] = _BATCH

    def told(self, pair: Pair) -> Pair:
        """The whole pair; of one that refuses, the answer, for the endpoint sees no sides."""
        return ("", pair[1]) if declines(pair[1]) else pair

    async def attempt(self, session: ChatSession, pairs: list[Pair]) -> list[Scores]:
        """The category scores of some pairs."""
        import httpx2

        texts = ["\n\n".join(filter(str.strip, pair)) for pair in pairs]
        body: dict[str, Any] = {"model": self.model, "input": texts}
        with session.failures("moderation"):
            sent = session.client.post("/moderations", cast_to=httpx2.Response, body=body)
            results = json.loads((await sent).content)["results"]
            if len(results) != len(texts):
                what = f"{session.where} sent {len(results)} judgements for {len(texts)} texts"
                raise TeacherError(what, passing=True, billed=True)
            return [_scores(one["category_scores"]) for one in results]


@dataclass(frozen=True)
class LlamaGuard(Judge):
    """A chat model that answers `safe`, or `unsafe` and the codes of the hazards (`S1,S9`).

    The server's chat template holds the taxonomy, as those of Llama Guard 3 and 4 do.
    """

    async def attempt(self, session: ChatSession, pairs: list[Pair]) -> list[Scores]:
        """1 for each hazard named, of the last message in the light of the one before."""
        (asked, said) = pairs[0]
        messages: list[Message] = [{"role": "user", "content": asked}]
        if said.strip():
            messages.append({"role": "assistant", "content": said})
        reply = await session.complete(messages, CallOptions(32, 0.0, 0))
        found = re.fullmatch(r"\s*(safe|unsafe)\b[\s:,]*((?:S\d{1,2}[\s,]*)*)", reply.text)
        codes = re.findall(r"S\d{1,2}", found[2]) if found else []
        if not found or (found[1] == "safe" and codes):
            what = f"{session.where} sent something else than safe or unsafe"
            raise TeacherError(what, passing=True, billed=True)
        if found[1] == "safe":
            return [{"safe": 0.0}]
        return [dict.fromkeys(codes or ["unsafe"], 1.0)]


def _scores(given: dict[str, Any]) -> Scores:
    """The scores of an answer, as numbers in [0, 1]. Raises ValueError for others."""
    scores = {str(name): float(score) for name, score in given.items() if score is not None}
    if not scores or not all(math.isfinite(score) and 0 <= score <= 1 for score in scores.values()):
        raise ValueError("scores are not numbers between 0 and 1")
    return scores


def _batches(missing: dict[str, Pair], most: int) -> Iterator[dict[str, Pair]]:
    keys = list(missing)
    for at in range(0, len(keys), most):
        yield {key: missing[key] for key in keys[at : at + most]}
