"""Options of generation."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from curate.options import options


@options
class Generate:
    """How documents become candidate pairs."""

    prompt: str | list[str] = "question-answer"
    """Name of a bundled prompt or path of a prompt file; with a list, each passage is asked with
    each of them."""

    protocol: Literal["two-step", "json"] = "two-step"
    """`two-step` asks for one question, then for its answer, and suits small models; `json` asks
    for all pairs of a passage in one reply, and suits capable ones."""

    pairs: Annotated[int, Field(ge=1)] = 3
    """Pairs asked for per passage, with each prompt."""

    begun_only: bool = False
    """In two-step questions: ask only about sentences that give the first words of a question. A
    tiny model's other questions are hardly ever good; for English only."""

    seeds: str = ""
    """File of seed pairs, written by hand, whose style the teacher follows; "" for none."""

    with_input: Annotated[float, Field(ge=0, le=1)] = 0.4
    """Share of pairs whose `input` holds the part of the passage that the question is about; tasks
    on an excerpt, such as extraction, always have one."""

    passage_tokens: Annotated[int, Field(ge=16)] = 350
    """Longest passage, in tokens (estimated, see docs/design.md)."""

    limit: Annotated[int | None, Field(ge=1)] = None
    """At most this many passages, spread evenly over the documents; null for all."""

    max_tokens: Annotated[int, Field(ge=1)] = 160
    """Longest reply to one request, in the teacher's tokens; `json` allows this much per pair."""

    temperature: Annotated[float, Field(ge=0, le=2)] = 0.7
    """Sampling temperature."""
