"""How well `train.evaluate` tells refusals from answers, by wordings it has and has not learned.

    python benchmarks/refusals_told.py

Half of the wordings in prompts/seeds/refusals.yaml is learned (ten draws), about three topics; the
other half is unseen. Ordinary answers are those of labels_python_reference.jsonl. Each bound shows
the share found of learned and unseen refusals, and of ordinary answers taken for refusals. What a
model says wrongly worded is imitated by dropping a fifth of the words of learned refusals.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from string import Template

import yaml

from train.evaluate.refusals import BOUND, Refusals

ROOT = Path(__file__).parent.parent
TOPICS = ("the Python programming language", "the beets music library manager", "our billing")
BOUNDS = (0.3, 0.4, 0.5, 0.6, 0.7)
DRAWS = 10


def likenesses() -> dict[str, list[float]]:
    seeds = yaml.safe_load((ROOT / "prompts/seeds/refusals.yaml").read_text(encoding="utf-8"))
    wordings = sorted({text for texts in seeds["answers"].values() for text in texts})
    labels = (ROOT / "benchmarks/labels_python_reference.jsonl").read_text(encoding="utf-8")
    answers = [json.loads(line)["output"] for line in labels.splitlines()]
    found: dict[str, list[float]] = {"learned": [], "garbled": [], "unseen": [], "answers": []}
    for draw in range(DRAWS):
        rng = random.Random(draw)
        rng.shuffle(wordings)
        half = len(wordings) // 2
        for topic in TOPICS:
            said = [Template(wording).substitute(topic=topic) for wording in wordings]
            refusals = Refusals(tuple(said[:half]))
            garbled = [" ".join(w for w in text.split() if rng.random() > 0.2) for text in said]
            groups = {"learned": said[:half], "garbled": garbled[:half], "unseen": said[half:]}
            if topic == TOPICS[0]:
                groups["answers"] = answers
            for name, texts in groups.items():
                found[name] += map(refusals.likeness, texts)
    return found


def main() -> None:
    found = likenesses()
    print("bound   " + "".join(f"{name:>10}" for name in found))
    for bound in BOUNDS:
        shares = [sum(each >= bound for each in values) / len(values) for values in found.values()]
        mark = " ←" if bound == BOUND else ""
        print(f"{bound:5.2f}   " + "".join(f"{share:10.3f}" for share in shares) + mark)


if __name__ == "__main__":
    main()
