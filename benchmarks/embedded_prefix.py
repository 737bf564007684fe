"""python benchmarks/embedded_prefix.py [PAIRS]

Claim: a saved prefix state makes the embedded teacher answer more pairs a minute than evaluating
every message again. Both sides ask the same questions about the language reference, with one copy
of the model each, in turn, and must give the same words. Prints seconds per pair and the ratio.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time

from curate.generate.focus import focuses
from curate.generate.passages import cut, select
from curate.generate.prompts import load_prompt
from curate.sources.pydoc import Pydoc
from curate.teachers.base import CallOptions, Message, Reply
from curate.teachers.embedded import Copies, Embedded

OPTIONS = CallOptions(max_tokens=80, temperature=0.0, seed=0)


def conversations(count: int) -> list[list[Message]]:
    """The first call of `count` pairs: a lesson of examples and a question to write."""
    prompt = load_prompt("question-answer", "two-step")
    passages = select(cut(Pydoc().read().rows, 350), 3 * count)
    found: list[list[Message]] = []
    for row in passages.iter_rows(named=True):
        for focus in focuses(row["text"], row["heading"], 1):
            values = {"topic": "", "heading": "", "passage": "", "focus": focus.sentence}
            text = prompt.fill("ask", {**values, "starter": focus.starter})
            found.append([*prompt.lesson("ask", "question"), {"role": "user", "content": text}])
    return found[:count]


async def compare(calls: list[list[Message]]) -> None:
    shared: list[float] = []
    alone: list[float] = []
    async with Embedded(concurrency=1).open() as session:
        assert isinstance(session, Copies)
        await session.complete(calls[0], OPTIONS)  # evaluates the prefix once
        for messages in calls:
            kept, seconds = await timed(session, messages)
            shared.append(seconds)
            for copy in session.sessions:
                copy.forget()
            again, seconds = await timed(session, messages)
            alone.append(seconds)
            if kept != again:
                raise SystemExit(f"not the same reply: {kept.text!r}, {again.text!r}")
    ratio = statistics.median(b / a for a, b in zip(shared, alone, strict=True))
    print(f"saved prefix   {statistics.median(shared):.2f} s a call (median of {len(shared)})")
    print(f"from scratch   {statistics.median(alone):.2f} s a call")
    print(f"ratio          {ratio:.1f} ×")


async def timed(session: Copies, messages: list[Message]) -> tuple[Reply, float]:
    began = time.perf_counter()
    reply = await session.complete(messages, OPTIONS)
    return reply, time.perf_counter() - began


if __name__ == "__main__":
    asyncio.run(compare(conversations(int(sys.argv[1]) if len(sys.argv) > 1 else 8)))
