"""python benchmarks/off_topic.py [--tune] [--beets DOCS] [--ephem DOCS]

Claim: at the default bound of 0.5, `Topic.score` tells questions that documents answer from far
ones, small talk, unsafe ones and attempts to change the rules with F1 of 0.9 at least: on Python's
language reference (200 questions of `test`, written by hand before the rule was made) and on the
manuals of beets 2.14.1 and PyEphem 4.2.1, where their folders are given (`docs` and `ephem/doc` in
their sdists on PyPI). Near misses, which are questions on a neighbouring subject, are told apart
from that. `--tune` shows the questions that the rule was made with.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import yaml

from curate.generate.passages import cut
from curate.moderation.off_topic import OffTopic
from curate.moderation.topic import Topic
from curate.sources.files import Files
from curate.sources.pydoc import Pydoc

QUESTIONS = Path(__file__).parent / "off_topic_questions"
BOUND = OffTopic().max or 0.0
Scores = np.ndarray[Any, np.dtype[np.float64]]


def corpora(folders: dict[str, str | None]) -> Iterator[tuple[str, pl.DataFrame]]:
    yield "python", cut(Pydoc().read().rows, 350)
    for name, folder in folders.items():
        if folder is not None:
            yield name, cut(Files(path=folder).read().rows, 350)


def told(name: str, sort: str, questions: list[str], scores: Scores, *, off: bool) -> None:
    """How many of a sort are taken for off topic, and the errors."""
    taken = scores > BOUND
    print(f"  {name} {sort}: {int(taken.sum())} of {len(questions)} off topic")
    for at in np.argsort(scores):
        if taken[at] != off:
            print(f"      {scores[at]:.2f}  {questions[at]}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tune", action="store_true")
    parser.add_argument("--beets")
    parser.add_argument("--ephem")
    given = parser.parse_args()
    part = "tune" if given.tune else "test"
    foreign = yaml.safe_load((QUESTIONS / "off.yaml").read_text(encoding="utf-8"))[part]
    poor = False
    for name, passages in corpora({"beets": given.beets, "ephem": given.ephem}):
        asked = yaml.safe_load((QUESTIONS / f"{name}.yaml").read_text(encoding="utf-8"))
        topic = Topic.of(passages, asked["topic"])
        began = time.process_time()
        scores = {sort: topic.score(questions) for sort, questions in foreign.items()}
        on = topic.score(asked[part])
        seconds = time.process_time() - began
        off = np.concatenate(list(scores.values()))
        found, wrong = int((off > BOUND).sum()), int((on > BOUND).sum())
        precision, recall = found / max(1, found + wrong), found / len(off)
        f1 = 2 * found / (len(off) + found + wrong)
        print(f"{name}, {part}: {len(on)} on topic, {len(off)} off, bound {BOUND:g}")
        print(f"  precision {precision:.3f}  recall {recall:.3f}  F1 {f1:.3f}")
        kept, missed = len(on) - wrong, len(off) - found
        print(f"  off: {found} found, {missed} missed; on: {kept} kept, {wrong} lost")
        print(f"  {(len(on) + len(off)) / seconds:,.0f} questions/s")
        told(name, "on topic", asked[part], on, off=False)
        for sort, questions in foreign.items():
            told(name, sort, questions, scores[sort], off=True)
        told(name, "near misses", asked["near"], topic.score(asked["near"]), off=True)
        poor |= f1 < 0.9
    if poor and not given.tune:
        sys.exit(1)


if __name__ == "__main__":
    main()
