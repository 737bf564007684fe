"""The openai embedding against a server on loopback, through the real client."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from curate.embeddings.openai_api import OpenAIEmbedding
from curate.errors import TeacherError, UsageError

TEXTS = ["cats", "bees", "", "rivers", "cats"]
Expected = Callable[[list[str]], np.ndarray]


def made_by(endpoint: Any, **options: Any) -> OpenAIEmbedding:
    return OpenAIEmbedding(model="m", base_url=endpoint.url, **options)


def refused(message: str) -> dict[str, Any]:
    return {"error": {"message": message}}


def data(*vectors: list[float]) -> dict[str, Any]:
    return {"data": [{"index": n, "embedding": vector} for n, vector in enumerate(vectors)]}


def test_vectors_come_by_index_and_empty_texts_are_not_sent(
    vectors: Any, expected: Expected
) -> None:
    found = made_by(vectors).embed(TEXTS)
    assert found[[0, 1, 3, 4]] == pytest.approx(expected(["cats", "bees", "rivers", "cats"]), 1e-4)
    assert not found[2].any()
    assert [body["input"] for body in vectors.seen] == [["bees", "cats", "rivers"]]
    assert "dimensions" not in vectors.seen[0]


def test_nothing_to_send_needs_no_endpoint() -> None:
    nobody = OpenAIEmbedding(model="m", base_url="http://127.0.0.1:9/v1")
    assert not nobody.embed(["", " "]).any()


def test_dimensions_and_batches(vectors: Any) -> None:
    texts = [f"text {number}" for number in range(25)]
    found = made_by(vectors, dimensions=3, batch_size=4, concurrency=2).embed(texts)
    assert found.shape == (25, 3)
    assert sorted(len(body["input"]) for body in vectors.seen) == [1, 4, 4, 4, 4, 4, 4]
    assert vectors.seen[0]["dimensions"] == 3


def test_long_texts_come_in_smaller_batches(vectors: Any) -> None:
    made_by(vectors).embed(["word " * 60_000, "next " * 60_000, "short"])
    assert len(vectors.seen) == 2


def test_what_may_pass_is_tried_again(vectors: Any, expected: Expected) -> None:
    vectors.script = [(429, refused("slow down")), (503, refused("busy"))]
    assert made_by(vectors).embed(["cats"]) == pytest.approx(expected(["cats"]), 1e-4)
    assert len(vectors.seen) == 3


def test_a_key_is_sent_and_never_told(vectors: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "s3cret")
    vectors.script = [(401, refused("bad key s3cret"))]
    with pytest.raises(TeacherError, match=r"refused m: bad key \*\*\*") as caught:
        made_by(vectors, key_variable="MY_KEY").embed(["cats"])
    assert caught.value.fatal
    assert vectors.keys == ["Bearer s3cret"]


def test_openais_own_endpoint_needs_a_key(here: Path) -> None:
    with pytest.raises(UsageError, match="OPENAI_API_KEY is not set"):
        OpenAIEmbedding(model="m").embed(["cats"])


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (data([1.0]), "sent 1 vectors for 2 texts"),
        ({"data": [{"index": 0, "embedding": [1.0]}] * 2}, "sent 2 vectors for 2 texts"),
        (data([1.0, 2.0], [math.nan, 1.0]), "not finite numbers"),
        (data([1.0], ["x"]), "something else"),
        (data([1.0], [1.0, 2.0]), "something else"),
        ({"data": None}, "something else"),
        ([], "something else"),
    ],
)
def test_odd_answers_are_errors_and_not_stored(
    vectors: Any, tmp_path: Path, answer: Any, told: str
) -> None:
    vectors.fault = lambda _body: (200, answer)
    with pytest.raises(TeacherError, match=told):
        made_by(vectors, tries=1).embed(["cats", "bees"], cache=tmp_path)
    vectors.fault = lambda _body: (200, data([1.0], [1.0]))
    assert made_by(vectors).embed(["cats", "bees"], cache=tmp_path).tolist() == [[1.0], [1.0]]


def test_nothing_is_paid_for_twice(vectors: Any, tmp_path: Path) -> None:
    first = made_by(vectors).embed(TEXTS, cache=tmp_path)
    again = made_by(vectors).embed([*TEXTS, "stars"], cache=tmp_path)
    assert (again[:5] == first).all()
    assert [body["input"] for body in vectors.seen] == [["bees", "cats", "rivers"], ["stars"]]
    made_by(vectors, dimensions=2).embed(["cats"], cache=tmp_path)  # other vectors
    assert len(vectors.seen) == 3


@pytest.mark.parametrize("concurrency", [1, 2])
def test_what_came_before_a_failure_is_kept(vectors: Any, tmp_path: Path, concurrency: int) -> None:
    answer = vectors.fault
    vectors.fault = lambda body: (400, refused("no")) if "d" in body["input"] else answer(body)
    made = made_by(vectors, batch_size=1, concurrency=concurrency)
    with pytest.raises(TeacherError, match="400: no"):
        made.embed(list("abcdefgh"), cache=tmp_path)
    if concurrency == 1:
        assert len(vectors.seen) == 4  # none after the failure
    vectors.fault = answer
    made.embed(list("abcdefgh"), cache=tmp_path)
    sent = [body["input"][0] for body in vectors.seen]
    assert sorted(sent) == sorted("abcdefgh" + "d")  # only what failed was sent twice


def test_progress_counts_texts(vectors: Any, tmp_path: Path) -> None:
    from contextlib import contextmanager

    moves = []

    class Told:
        @contextmanager
        def bar(self, title: str, total: int):
            moves.append(total)
            yield lambda amount, fresh=True, told="": moves.append((amount, fresh))

    made_by(vectors).embed(["a"], progress=Told(), cache=tmp_path)
    made_by(vectors, batch_size=1).embed(["a", "b"], progress=Told(), cache=tmp_path)
    assert moves == [1, (1, True), 2, (1, False), (1, True)]


@pytest.mark.parametrize("url", ["ftp://x/v1", "http://k@x/v1", "x"])
def test_an_address_is_an_address(url: str) -> None:
    with pytest.raises(ValidationError, match="base_url"):
        OpenAIEmbedding(model="m", base_url=url)
