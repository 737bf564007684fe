"""What a recipe would ask of its teacher, without asking."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from curate.generate.options import Generate
from curate.generate.prompts import Prompt
from curate.tokens import count_tokens


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
    count = passages.height
    pairs = count * options.pairs
    texts = sum(count_tokens(text) for text in passages["text"])
    if prompt.protocol == "json":
        fixed = count_tokens(
            prompt.fill("system", topic=topic)
            + prompt.fill("user", topic=topic, heading="", passage="", pairs=str(options.pairs))
        )
        requests, read = count, texts + count * fixed
    else:
        opening = prompt.conversation("", "", topic)
        fixed = sum(count_tokens(message["content"]) for message in opening)
        asks = max(
            count_tokens(prompt.fill("ask", turn, topic=topic, heading="", focus=""))
            for turn in range(options.pairs)
        )
        requests = 2 * pairs
        read = 2 * options.pairs * (texts + count * fixed) + pairs * 2 * asks
    written = pairs * options.max_tokens * (requests // pairs or 1)
    return Forecast(passages["document"].n_unique(), count, requests, pairs, read, written)
