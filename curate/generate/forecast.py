"""What a recipe would ask of its teacher, without asking."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from curate.generate.focus import focuses
from curate.generate.options import Generate
from curate.generate.prompts import Prompt
from curate.tokens import count_tokens

_TURN = 5  # tokens that a chat template puts around a message: <|im_start|>user⏎ … <|im_end|>⏎


@dataclass(frozen=True)
class Forecast:
    """Counts of what a run would do. `completion_tokens` is the most that could be written."""

    documents: int
    passages: int
    requests: int
    pairs: int
    prompt_tokens: int
    completion_tokens: int


def forecast(passages: pl.DataFrame, prompt: Prompt, options: Generate, topic: str) -> Forecast:
    """Foresee the calls about some passages (PASSAGE rows). Tokens are estimated."""
    read = requests = pairs = 0
    lessons = [
        sum(count_tokens(turn["content"]) + _TURN for turn in prompt.lesson(text, answer))
        for text, answer in (("ask", "question"), ("answer", "answer"))
        if prompt.protocol == "two-step"
    ]
    for row in passages.iter_rows(named=True):
        values = {"topic": topic, "heading": row["heading"], "passage": row["text"]}
        if prompt.protocol == "json":
            values["pairs"] = str(options.pairs)
            texts = (prompt.fill("system", values), prompt.fill("user", values))
            read += sum(count_tokens(text) + _TURN for text in texts)
            requests += 1
            pairs += options.pairs
            continue
        for focus in focuses(row["text"], row["heading"], options.pairs):
            values |= {"focus": focus.sentence, "starter": focus.starter, "question": focus.starter}
            asked = [count_tokens(prompt.fill(text, values)) + _TURN for text in ("ask", "answer")]
            read += sum(asked) + sum(lessons)
            requests += 2
            pairs += 1
    written = options.max_tokens * (pairs if prompt.protocol == "json" else requests)
    documents = passages["document"].n_unique()
    return Forecast(documents, passages.height, requests, pairs, read, written)
