"""python benchmarks/filters.py [--rows 100000] [--workers 2]

Claim: all offline measures together (injection, length, language, repetition, grounding, quality)
take 5,000 rows/s on two cores at least, and memory does not grow with the rows.

Rows: runs of sentences from the docstrings of Python's own library, ~350 tokens a passage and three
rows on each; the answers are one or two of its sentences, the questions name some of their words.
Each filter alone is timed by processor time of one process, all together by the clock and by
processor time, for a quarter, half and all of the rows: the peak memory beyond the frame must not
grow with them. Not in it: `ifd`, `diversity`, near-duplicates and moderation, which have their own.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import re
import sys
import time
from pathlib import Path
from threading import Event, Thread

import polars as pl
import psutil

from curate.filters.grounding import Grounding
from curate.filters.injection import Injection
from curate.filters.language import Language
from curate.filters.length import Length
from curate.filters.parallel import MANY, measured
from curate.filters.quality import Quality
from curate.filters.repetition import Repetition

FILTERS = [Injection(), Length(), Language(), Repetition(), Grounding(), Quality()]
LEAST = 5_000
WORDS = 260  # about 350 tokens


def sentences() -> list[str]:
    """Prose of the library's docstrings, in order."""
    found: list[str] = []
    for file in sorted(Path(os.__file__).parent.glob("[a-z]*/*.py")) + sorted(
        Path(os.__file__).parent.glob("*.py")
    ):
        if "site-packages" in str(file) or "test" in str(file):
            continue
        try:
            tree = ast.parse(file.read_text(encoding="utf-8"))
        except (SyntaxError, UnicodeDecodeError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                text = ast.get_docstring(node) or ""
                parts = re.split(r"(?<=[.:])\s+(?=[A-Z])|\n\n+", text)
                found += [" ".join(part.split()) for part in parts if len(part.split()) >= 6]
    return found


def made(count: int) -> pl.DataFrame:
    chance = random.Random(0)
    prose = sentences()
    rows: list[tuple[str, str, str, str, str]] = []
    while len(rows) < count:
        at, size, chosen = chance.randrange(len(prose) - 60), 0, list[str]()
        while size < WORDS and at < len(prose):
            chosen.append(" ".join(prose[at].split()[:40]))
            size += len(chosen[-1].split())
            at += 1
        passage = "\n\n".join(chosen)
        for _ in range(3):
            first = chance.randrange(len(chosen))
            answer = " ".join(chosen[first : first + 2])
            named = [word for word in chosen[first].split() if len(word) > 4][:4]
            asked = f"What should one know about {' '.join(named)} in Python's library, and why?"
            rows.append((asked, "", answer, "answer", passage))
    names = ["instruction", "input", "output", "kind", "passage"]
    return pl.DataFrame(rows[:count], schema=names, orient="row")


def memory() -> float:
    """MB of this process and its workers."""
    own = psutil.Process()
    return sum(each.memory_info().rss for each in (own, *own.children(recursive=True))) / 2**20


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    rows = made(given.rows)
    mean = {name: rows[name].str.split(" ").list.len().mean() for name in ("instruction", "output")}
    print(f"{rows.height:,} rows, words on average: {mean}")
    some, warm = rows.slice(4_000, 2_000), rows.head(2_000)
    for each in FILTERS:
        each.measure(warm)
    for each in FILTERS:
        began = time.process_time()
        each.measure(some)
        print(f"{each.name:11}{some.height / (time.process_time() - began):9,.0f} rows/s, one core")
    for part in (4, 2, 1):
        pace = timed(rows.head(rows.height // part), given.workers)
    sys.exit(pace < LEAST)


def timed(rows: pl.DataFrame, workers: int) -> float:
    """Rows a second by processor time, as if each worker had a core of its own."""
    workers = workers if rows.height >= MANY else 1  # as `measured` does
    before, used = memory(), sum(os.times()[:4])
    seen = [before]
    done = Event()

    def watch() -> None:
        while not done.wait(0.2):
            seen.append(memory())

    watcher = Thread(target=watch)
    watcher.start()
    began = time.monotonic()
    measured(FILTERS, rows, workers)
    done.set()
    watcher.join()
    clock = rows.height / (time.monotonic() - began)
    pace = workers * rows.height / (sum(os.times()[:4]) - used)
    print(
        f"{rows.height:9,} rows, {workers} process(es): {clock:,.0f} rows/s by the clock, "
        f"{pace:,.0f} by processor time; MB before {before:,.0f}, peak {max(seen):,.0f}"
    )
    return pace


if __name__ == "__main__":
    main()
