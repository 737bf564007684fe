"""Are EleutherAI's published zero-shot results reproduced within 2 standard errors?

    python benchmarks/pythia_published.py EleutherAI/pythia-70m ../shared/data/eval

The second is a folder as `--data-dir` takes it, with pythia-published.csv beside the benchmarks.
Runs ARC, PIQA and LAMBADA whole (about 10,500 items) and prints ours, theirs and the distance.
MMLU is left out: what was published had another prompt. Ends with 1 where a score is further off;
where the weights cannot be had it says so and ends with 0.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
from pathlib import Path

from train import bases, hub
from train.errors import BaseModelError
from train.evaluate import tasks
from train.evaluate.benchmarks import Harness
from train.evaluate.stats import mean

COLUMNS = {
    ("arc_easy", "acc"): "arc_easy_acc",
    ("arc_easy", "acc_norm"): "arc_easy_acc_norm",
    ("arc_challenge", "acc"): "arc_challenge_acc",
    ("arc_challenge", "acc_norm"): "arc_challenge_acc_norm",
    ("piqa", "acc"): "piqa_acc",
    ("piqa", "acc_norm"): "piqa_acc_norm",
    ("lambada_openai", "acc"): "lambada_acc",
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("base", nargs="?", default="EleutherAI/pythia-70m")
    parser.add_argument("data", nargs="?", type=Path, default=Path("../shared/data/eval"))
    parser.add_argument("--limit", type=int, help="items of each, to try this out")
    parser.add_argument("--row", help="row of the CSV, where the base is a folder")
    given = parser.parse_args()
    if not (given.data / "pythia-published.csv").is_file():
        print(f"not run: {given.data}/pythia-published.csv is not there")
        return 0
    try:
        folder = hub.find(given.base)
    except BaseModelError as error:
        print(f"not run: {error}")
        return 0
    name = given.row or given.base.split("/")[-1].partition("@")[0]
    with (given.data / "pythia-published.csv").open(encoding="utf-8") as file:
        published = next(row for row in csv.DictReader(file) if row["model"] == name)
    names = list(dict.fromkeys(task for task, _ in COLUMNS))
    with tempfile.TemporaryDirectory() as temporary:
        tasks.write(names, given.data, Path(temporary))
        harness = Harness(names, Path(temporary), given.limit, batch_size=16)
        items = harness.run(bases.load(folder, place=True))
    worst = 0.0
    print(f"{name:32} {'ours':>16} {'published':>10} {'distance':>9}")
    for (task, metric), column in COLUMNS.items():
        ours = mean([item.scores[metric] for item in items[task]])
        theirs = float(published[column])
        distance = abs(ours.value - theirs) / (ours.error or 1.0)
        worst = max(worst, distance)
        told = f"{ours.value:.4f} ± {ours.error or 0:.4f}"
        print(f"{task + ' ' + metric:32} {told:>16} {theirs:10.4f} {distance:6.1f} SE")
    return int(worst > 2)


if __name__ == "__main__":
    sys.exit(main())
