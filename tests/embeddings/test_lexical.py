"""Vectors of words: length, order, and what is near what."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.embeddings import parts
from curate.embeddings.base import Embedding
from curate.embeddings.lexical import Lexical
from curate.registry import members

TEXTS = [
    "How do you open a file for reading?",
    "How can a file be opened for reading?",
    "A honey bee visits about fifty flowers on one flight.",
    "`+=`",
    "列表是一种可变的序列类型。",
    "lone \ud800 surrogate",
]


def test_the_members() -> None:
    assert list(members(Embedding)) == ["lexical", "openai", "sentence"]


@pytest.mark.parametrize("latent", [0.0, 0.25, 1.0])
def test_each_vector_has_length_one_and_nothing_is_zeros(latent: float) -> None:
    made = Lexical(latent=latent).embed([*TEXTS, "", " \n"])
    assert made.shape == (8, 128)
    assert made.dtype == np.float32
    assert np.linalg.norm(made, axis=1) == pytest.approx([1] * 6 + [0, 0], abs=1e-5)


def test_the_same_words_are_near_and_others_are_not() -> None:
    made = Lexical().embed(TEXTS)
    assert made[0] @ made[1] > 0.99
    assert made[0] @ made[2] < 0.4


def test_no_texts() -> None:
    assert Lexical(dimensions=8).embed([]).shape == (0, 8)
    assert not Lexical(dimensions=8).embed([""]).any()


WORDS = st.lists(
    st.sampled_from(["cat", "dog", "bee", "river", "file", "open", "read", "len()", "3"]),
    max_size=6,
)


@given(texts=st.lists(WORDS.map(" ".join), max_size=12), seed=st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_neither_order_nor_copies_matter(texts: list[str], seed: int) -> None:
    made = dict(zip(texts, Lexical(dimensions=8).embed(texts), strict=True))
    order = np.random.default_rng(seed).permutation(len(texts))
    shuffled = [texts[place] for place in order] + texts[:1]
    for text, vector in zip(shuffled, Lexical(dimensions=8).embed(shuffled), strict=True):
        assert np.abs(vector - made[text]).max() <= 1e-5


def test_what_is_fitted_on_some_serves_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Lexical, "sample", 20)
    monkeypatch.setattr(parts, "_PART", 7)
    texts = [f"animal number{n} eats leaf{n % 5} and root{n % 3}" for n in range(50)]
    made, back = Lexical(dimensions=16).embed(texts), Lexical(dimensions=16).embed(texts[::-1])
    assert np.linalg.norm(made, axis=1) == pytest.approx([1] * 50, abs=1e-5)
    assert np.abs(made - back[::-1]).max() <= 1e-5
