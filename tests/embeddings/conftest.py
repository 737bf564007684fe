"""An endpoint on loopback that answers `/embeddings`."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

Vector = list[float]


def vector_of(text: str, size: int = 4) -> Vector:
    """A vector that hangs on the text alone."""
    return [round(x, 6) for x in np.random.default_rng(zlib.crc32(text.encode())).normal(size=size)]


def answer_of(body: dict[str, Any]) -> dict[str, Any]:
    """What an endpoint answers; in another order than asked, as it may."""
    size = body.get("dimensions", 4)
    data = [
        {"object": "embedding", "index": number, "embedding": vector_of(text, size)}
        for number, text in enumerate(body["input"])
    ]
    return {"object": "list", "data": data[::-1], "model": body["model"]}


@pytest.fixture
def vectors(endpoint: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`endpoint`, answering with vectors."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    endpoint.fault = lambda body: (200, answer_of(body))
    return endpoint


@pytest.fixture
def expected() -> Callable[[list[str]], np.ndarray]:
    """The vectors of `vector_of` at length 1."""

    def of(texts: list[str]) -> np.ndarray:
        made = np.array([vector_of(text) for text in texts])
        return made / np.linalg.norm(made, axis=1, keepdims=True)

    return of
