"""Whether the rows that `diversity` chooses stand for all better than rows drawn by chance.

    CURATE_TEST_DATA=… OMP_NUM_THREADS=1 python benchmarks/diversity.py [--rows 8000] [--keep 1000]

Rows: questions and right answers of MMLU, ARC and PIQA. Those of quality under --quality are left
out, as a recipe would. `mean`: of the cosine to the nearest chosen row; `p95`: the distance that 95
% of rows have at most. `*2` is by other vectors (words and bigrams, SVD of 200) than those that
were chosen by. `subjects`: MMLU's own, and three for the rest.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import time
from pathlib import Path

import numpy as np
import polars as pl

from curate.embeddings.lexical import Lexical
from curate.engines.local import Local
from curate.filters.diversity import Diversity, compared
from curate.filters.quality import Quality
from curate.filters.variety.choice import cosines
from curate.filters.variety.topics import topics
from curate.filters.variety.verbs import pairs
from curate.progress import Silent


def real_rows() -> pl.DataFrame:
    """Questions and right answers, with their subject."""
    data = Path(os.environ["CURATE_TEST_DATA"]) / "eval"
    found = []
    for path in sorted((data / "mmlu").glob("*_test.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                found.append((row["question"], row["choice" + row["answer"]], path.stem))
    for name in ("arc_easy", "arc_challenge", "piqa"):
        for line in (data / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            asked = row["query"].removeprefix("Question: ").removesuffix("Answer:").strip()
            found.append((asked, row["choices"][row["gold"]], name))
    rows = pl.DataFrame(found, schema=["instruction", "output", "subject"], orient="row")
    numbers = pl.int_range(pl.len()).cast(pl.String).str.zfill(6)
    rows = rows.with_columns(id=numbers, input=pl.lit(""), kind=pl.lit("answer"))
    return rows.hstack(Quality().measure(rows.with_columns(passage=pl.lit(None, pl.String))))


def other_vectors(said: list[str]) -> np.ndarray:
    """Vectors that are not those of the choice."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.preprocessing import normalize

    maker = TfidfVectorizer(sublinear_tf=True, stop_words="english", ngram_range=(1, 2), min_df=2)
    found = TruncatedSVD(200, random_state=1).fit_transform(maker.fit_transform(said))
    return normalize(found).astype(np.float32)


def farthest(vectors: np.ndarray, quality: np.ndarray, keep: int) -> np.ndarray:
    """Gonzalez (1985), weighted by quality."""
    distance = np.ones(len(vectors), np.float32)
    chosen: list[int] = []
    for _ in range(keep):
        score = distance * quality
        score[chosen] = -1
        chosen.append(int(score.argmax()))
        distance = np.minimum(distance, 1 - cosines(vectors, vectors[chosen[-1:]])[:, 0])
    return np.array(chosen)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=8000)
    parser.add_argument("--keep", type=int, default=1000)
    parser.add_argument("--quality", type=float, default=0.3)
    parser.add_argument("--read", type=int, default=0, help="chosen rows to show")
    given = parser.parse_args()
    rows = real_rows().filter(pl.col("quality") >= given.quality)
    rows = rows.sample(min(given.rows, rows.height), seed=1)
    said = compared(rows)
    vectors, other = Lexical().embed(said), other_vectors(said)
    cluster = topics(other, said, 200)
    quality = rows["quality"].to_numpy()

    def tell(chosen: np.ndarray) -> list[float]:
        kept, told = rows[chosen], []
        for each in (vectors, other):
            like = cosines(each, each[chosen]).max(axis=1)
            told += [float(like.mean()), float(np.quantile(1 - like, 0.95))]
        verbs = len(pairs(kept["instruction"]))
        distinct = [verbs, len(set(cluster[chosen])), kept["subject"].n_unique()]
        return [*told, *distinct, float(quality[chosen].mean())]

    print(f"{rows.height} rows, {given.keep} kept")
    print(f"{'':14} mean   p95    mean2  p95_2  verbs topics subjects quality")

    def show(name: str, values: list[float]) -> None:
        print(f"{name:14}", *(f"{value:6.3f}" for value in values), flush=True)

    chance = [
        tell(np.random.default_rng(seed).choice(rows.height, given.keep, replace=False))
        for seed in range(10)
    ]
    show("chance", list(np.mean(chance, axis=0)))
    show("  (sd)", list(np.std(chance, axis=0, ddof=1)))
    show("best first", tell(np.argsort(-quality, kind="stable")[: given.keep]))
    for weight in (0.0, 1.0):
        show(f"farthest, {weight:g}", tell(farthest(vectors, quality**weight, given.keep)))
    for weight in (0.0, 0.25, 0.5, 1.0, 2.0):
        began = time.monotonic()
        measured = Diversity(weight=weight).among(rows, Lexical(), Local(1), Silent())
        seconds = time.monotonic() - began
        chosen = np.argsort(measured["diversity_rank"].to_numpy())[: given.keep]
        show(f"diversity, {weight:g}", [*tell(chosen), seconds])
        if weight == Diversity().weight and given.read:
            picked = rows[chosen[:: max(1, given.keep // given.read)]]
            for row in picked.iter_rows(named=True):
                print("   ", row["instruction"][-120:].replace("\n", " "), "->", row["output"][:60])


if __name__ == "__main__":
    main()
