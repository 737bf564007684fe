"""python benchmarks/embedded_teacher.py [PAIRS] [--sweep]

Claim: the embedded teacher answers at least 2.5 times as many pairs a minute as the same calls made
one after another with no shared prefix, on the same machine in the same run. Both sides ask the
same questions about the language reference, both steps of each; with one thread a copy they must
give the same words. With --sweep, other numbers of copies, threads and tokens a batch too.
Prints pairs a minute and ratios.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Iterator

import polars as pl

from curate.generate.focus import focuses
from curate.generate.parse import question
from curate.generate.passages import cut, select
from curate.generate.prompts import Prompt, load_prompt
from curate.sources.pydoc import Pydoc
from curate.teachers import embedded
from curate.teachers.base import CallOptions, Message
from curate.teachers.embedded import Copies, Embedded

OPTIONS = CallOptions(max_tokens=80, temperature=0.0, seed=0)
SWEEP = [(1, 1, 512), (2, 1, 512), (4, 1, 512), (1, 2, 512), (2, 1, 64), (2, 1, 2048)]


def sentences(count: int) -> list[dict[str, str]]:
    """What `count` pairs are asked about."""
    passages: pl.DataFrame = select(cut(Pydoc().read().rows, 350), 3 * count)
    found = [
        {"topic": "", "heading": "", "passage": "", "focus": one.sentence, "starter": one.starter}
        for row in passages.iter_rows(named=True)
        for one in focuses(row["text"], row["heading"], 1)
        if one.starter
    ]
    return found[:count]


async def pair(session: Copies, prompt: Prompt, values: dict[str, str], alone: bool) -> list[str]:
    """Both steps of a pair; `alone`: nothing that was evaluated before is used."""
    said: list[str] = []
    for text, answer in (("ask", "question"), ("answer", "answer")):
        if alone:
            await session.sessions[0].states.forget()
        asked = prompt.fill(text, {**values, "question": said[0] if said else ""})
        messages: list[Message] = [
            *prompt.lesson(text, answer),
            {"role": "user", "content": asked},
        ]
        reply = await session.complete(messages, OPTIONS)
        said.append(reply.text if said else question(reply))
    return said


async def run(
    rows: list[dict[str, str]], copies: int, *, alone: bool = False
) -> tuple[list[list[str]], float]:
    """What was said to all of `rows`, and pairs a minute with the servers up."""
    prompt = load_prompt("question-answer", "two-step")
    said: dict[int, list[str]] = {}

    async def work(session: Copies, waiting: Iterator[int]) -> None:
        for at in waiting:
            said[at] = await pair(session, prompt, rows[at], alone)

    async with Embedded(concurrency=copies).open() as session:
        assert isinstance(session, Copies)
        began = time.perf_counter()
        waiting = iter(range(len(rows)))
        async with asyncio.TaskGroup() as group:
            for _ in range(copies):
                group.create_task(work(session, waiting))
        spent = time.perf_counter() - began
    return [said[at] for at in range(len(rows))], 60 * len(rows) / spent


async def compare(count: int, sweep: bool) -> None:
    rows = sentences(count)
    few = rows[: max(2, count // 8)]  # some 20 s each
    words, base = await run(few, 1, alone=True)
    print(f"one after another, no shared prefix     {base:6.1f} pairs/min ({len(few)} pairs)")
    threads, batch = embedded.THREADS, embedded.BATCH
    for copies, embedded.THREADS, embedded.BATCH in SWEEP if sweep else [(2, threads, batch)]:
        said, rate = await run(rows, copies)
        same = said[: len(few)] == words
        chosen = (copies, embedded.THREADS, embedded.BATCH) == (2, threads, batch)
        print(
            f"copies {copies}, threads {embedded.THREADS}, batch {embedded.BATCH:4}"
            f"              {rate:6.1f} pairs/min, {rate / base:.1f} ×, "
            f"{'the same' if same else 'other'} words{'  ← as shipped' if chosen else ''}"
        )
        if chosen and not same:
            raise SystemExit("not the same words")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("pairs", type=int, nargs="?", default=32)
    parser.add_argument("--sweep", action="store_true")
    arguments = parser.parse_args()
    asyncio.run(compare(arguments.pairs, arguments.sweep))
