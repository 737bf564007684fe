"""`/embeddings` of any OpenAI-compatible endpoint, through the client of the openai teacher.

What comes back is stored before anything looks at it (`store`), so no text is paid for twice.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, cast

import numpy as np
from pydantic import Field

from curate.embeddings.base import F32, Embedding, different, spread, unit
from curate.embeddings.store import Store
from curate.errors import TeacherError, UsageError
from curate.options import options
from curate.progress import Progress, Silent
from curate.teachers.asking import each, tried
from curate.teachers.chat import ChatSession
from curate.teachers.openai_api import OPENAI_URL, OpenAI
from curate.text import digest
from curate.tokens import count_tokens

_TOKENS = 100_000  # of the texts in a batch, at most; OpenAI takes three times as many
Positive = Annotated[int, Field(ge=1)]
Batch = list[str]


@options
class OpenAIEmbedding(Embedding, name="openai"):
    """The embeddings of an OpenAI-compatible endpoint."""

    model: str
    """Name of the model, as the endpoint knows it."""

    base_url: str = OPENAI_URL
    """Address of the endpoint, up to and including `/v1`."""

    key_variable: str = "OPENAI_API_KEY"
    """Environment variable that holds the key. An endpoint other than OpenAI's may need none."""

    dimensions: Positive | None = None
    """Numbers in a vector, where the model lets that be chosen; null leaves it to the model."""

    batch_size: Annotated[int, Field(ge=1, le=2048)] = 128
    """Texts in a call."""

    concurrency: Positive = 4
    """Calls under way at once."""

    timeout: Annotated[float, Field(gt=0)] = 120.0
    """Seconds until an attempt counts as failed."""

    tries: Positive = 6
    """Attempts at a call whose failure may pass."""

    def __post_init__(self) -> None:
        self._teacher()  # which checks address and variable

    def embed(
        self, texts: Sequence[str], progress: Progress | None = None, cache: Path | None = None
    ) -> F32:
        """The vectors; those in `cache` are not asked for again.

        Raises UsageError without a key, TeacherError where the endpoint does not answer, or sends
        something else: the vectors that came before are kept. Not to be called within a running
        event loop.
        """
        distinct = different(texts)
        keys = [self._key(text) for text in distinct]
        with Store(cache) as store, (progress or Silent()).bar("vectors", len(keys)) as advance:
            known = set(store.find(keys))
            if known:
                advance(len(known), fresh=False)
            missing = [text for text, key in zip(distinct, keys, strict=True) if key not in known]

            def keep(batch: Batch, vectors: F32) -> None:
                store.add({self._key(text): row for text, row in zip(batch, vectors, strict=True)})
                advance(len(batch))

            if missing:
                asyncio.run(self._ask(list(_batches(missing, self.batch_size)), keep))
            found = store.find(keys)
        vectors = [found[key] for key in keys]
        if len({len(vector) for vector in vectors}) > 1:
            raise TeacherError(f"{self.base_url} sent vectors of different lengths", fatal=True)
        made = np.stack(vectors) if vectors else np.zeros((0, 1), np.float32)
        return spread(texts, distinct, unit(made))

    def _key(self, text: str) -> str:
        """Digest of all that shapes the vector of a text."""
        return digest(self.base_url.rstrip("/"), self.model, self.dimensions, text, size=32)

    def _teacher(self) -> OpenAI:
        """The teacher at the same address, which makes the client."""
        return OpenAI(
            model=self.model,
            base_url=self.base_url,
            key_variable=self.key_variable,
            timeout=self.timeout,
        )

    async def _ask(self, batches: list[Batch], keep: Callable[[Batch, F32], None]) -> None:
        """Ask for all batches, some at once. Raises the first failure."""
        if self.base_url == OPENAI_URL and not os.environ.get(self.key_variable, "").strip():
            raise UsageError(
                f"The environment variable {self.key_variable} is not set. Set it to your key, or "
                "give the base_url of an endpoint that needs none."
            )
        async with self._teacher().open() as session:
            chat = cast("ChatSession", session)

            async def work(batch: Batch) -> None:
                keep(batch, await tried(self._attempt, chat, batch, tries=self.tries))

            await each(work, batches, self.concurrency)

    async def _attempt(self, session: ChatSession, batch: Batch) -> F32:
        import httpx2

        body: dict[str, Any] = {"model": self.model, "input": batch}
        if self.dimensions is not None:
            body["dimensions"] = self.dimensions
        with session.failures("embeddings"):
            sent = session.client.post("/embeddings", cast_to=httpx2.Response, body=body)
            return _read(json.loads((await sent).content), len(batch), session.where)


def _read(answer: Any, count: int, where: str) -> F32:
    """(count × dimensions) The vectors of an answer, by their index. Raises TeacherError."""
    given = answer["data"]
    if sorted(each["index"] for each in given) != list(range(count)):
        what = f"{where} sent {len(given)} vectors for {count} texts"
        raise TeacherError(what, passing=True, billed=True)
    by_index = sorted(given, key=lambda each: int(each["index"]))
    vectors = np.array([each["embedding"] for each in by_index], np.float32)
    if vectors.ndim != 2 or not vectors.size or not np.isfinite(vectors).all():
        what = f"{where} sent vectors that are not finite numbers"
        raise TeacherError(what, passing=True, billed=True)
    return vectors


def _batches(texts: Sequence[str], most: int) -> Iterator[Batch]:
    """The texts in runs of at most so many, and of a bounded number of tokens."""
    batch: Batch = []
    tokens = 0
    for text in texts:
        cost = count_tokens(text)
        if batch and (len(batch) == most or tokens + cost > _TOKENS):
            yield batch
            batch, tokens = [], 0
        batch.append(text)
        tokens += cost
    if batch:
        yield batch
