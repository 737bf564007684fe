"""The estimate of tokens: against the real tokenizer where it is at hand, and its bounds."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.tokens import count_tokens, longest_prefix, weigh

DATA = os.environ.get("CURATE_TEST_DATA", "")
needs_data = pytest.mark.skipif(not DATA, reason="CURATE_TEST_DATA is not set")


def reference() -> list[str]:
    from pydoc_data.topics import topics

    return [str(text) for text in topics.values()]


def prose() -> list[str]:
    lines = (Path(DATA) / "eval/lambada_openai.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines[:1000]]
    return [f"{row['context']} {row['continuation']}" for row in rows]


def stretches(texts: list[str], characters: int = 1400) -> list[str]:
    """Whole lines up to about 350 tokens, as passages have them."""
    done, held = [], ""
    for line in "\n".join(texts).splitlines(keepends=True):
        held += line
        if len(held) > characters:
            done.append(held)
            held = ""
    return done


@needs_data
@pytest.mark.parametrize("texts", [reference, prose])
def test_the_estimate_is_near_the_tokenizer_of_pythia(texts) -> None:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(Path(DATA) / "pythia-tokenizer.json"))
    pieces = stretches(texts())
    real = [len(found.ids) for found in tokenizer.encode_batch(pieces)]
    estimated = [count_tokens(piece) for piece in pieces]
    assert sum(estimated) / sum(real) == pytest.approx(1, abs=0.05)
    errors = sorted(abs(e / r - 1) for e, r in zip(estimated, real, strict=True))
    assert errors[int(0.95 * len(errors))] < 0.10


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("The cat sat on the mat.", 7),
        ("def f(x):\n    return x + 1\n", 14),
        ("*" * 60, 3),
        ("猫が好きです。", 7),
    ],
)
def test_small_texts(text: str, tokens: int) -> None:
    assert count_tokens(text) == pytest.approx(tokens, abs=2)


def test_long_words_digits_and_other_scripts_cost_more_than_one_token() -> None:
    assert count_tokens("x" * 10_000) > 1000
    assert count_tokens("7" * 1000) > 300
    assert count_tokens("Ж" * 1000) > 400
    assert count_tokens("猫" * 1000) > 1000
    assert count_tokens("\udc80" * 10) > 10  # halves of pairs, which hostile input can carry


@given(st.lists(st.text(max_size=40), max_size=8))
def test_a_text_is_never_more_than_its_lines(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert weigh(text) <= sum(weigh(line) for line in text.splitlines(keepends=True)) + 1e-6


@given(st.text(max_size=300), st.integers(0, 20), st.integers(1, 50))
def test_the_longest_prefix_holds_the_budget_and_moves_on(
    text: str, start: int, tokens: int
) -> None:
    if start >= len(text):
        return
    end = longest_prefix(text, start, len(text), tokens)
    assert start < end <= len(text)
    assert count_tokens(text[start:end]) <= tokens or end == start + 1
    if end < len(text):
        assert weigh(text[start : end + 1]) > tokens  # it is the longest
