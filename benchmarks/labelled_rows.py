"""python benchmarks/labelled_rows.py [.curate/python-reference/rows.parquet]

Claim: of the rows that the bundled recipe keeps, more are good than of all its candidates. Labels:
`labels_python_reference.jsonl`, the 109 candidates of `curate generate` with the embedded teacher
on Python 3.11's language reference, read with their passages by one reader who did not know which
were kept. The same run gives the same ids; run `curate generate` and `curate filter` before.
"""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

LABELS = Path(__file__).with_name("labels_python_reference.jsonl")


def main() -> None:
    path = sys.argv[1] if len(sys.argv) > 1 else ".curate/python-reference/rows.parquet"
    labels = pl.read_ndjson(LABELS)
    rows = pl.read_parquet(path).join(labels.select("id", "label", "why"), on="id")
    if rows.height < labels.height:
        print(f"only {rows.height} of {labels.height} labelled rows are in {path}")
    kept = rows.filter(pl.col("dropped").is_null())
    good = [float((frame["label"] == "good").mean() or 0) for frame in (rows, kept)]
    of_good = rows.filter(label="good")["dropped"].is_null().mean()
    print(f"candidates {rows.height}: {good[0]:.1%} good")
    print(f"kept {kept.height}: {good[1]:.1%} good, {good[1] / good[0]:.2f} × that")
    print(f"good ones kept: {of_good:.1%}")
    for why, count in kept.filter(label="bad").group_by("why").len().sort("len").iter_rows():
        print(f"  kept and bad, {why}: {count}")


if __name__ == "__main__":
    main()
