"""One Ray cluster for all tests, and rows that have every kind of copy."""

from __future__ import annotations

import os
from collections.abc import Iterator

import polars as pl
import pytest

pytest.importorskip("ray")


@pytest.fixture(scope="session")
def cluster() -> Iterator[object]:
    """A Ray cluster of one node, to which tests add."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    from ray.cluster_utils import Cluster

    node = {"num_cpus": 1, "object_store_memory": 150 << 20, "include_dashboard": False}
    made = Cluster(initialize_head=True, head_node_args=node)
    try:
        yield made
    finally:
        made.shutdown()


@pytest.fixture(scope="session")
def rows() -> pl.DataFrame:
    """Rows with copies, chains of near-copies, identical rows, a template and a crowd of it."""
    words = [f"{one}{two}" for one in ("ab", "cor", "dil", "fen", "gos") for two in "aeiouklmnrst"]
    made = []
    for at in range(40):  # each with a chain of copies that differ by one word more and more
        text = [words[(at * 13 + step * (at % 7 + 1)) % len(words)] for step in range(40)]
        for step in range(5):
            told = [f"other{step}" if 9 * place < 9 * step else w for place, w in enumerate(text)]
            made.append(
                (f"What says {text[0]} of {text[1]} and {text[5]}?", " ".join(told), step / 9)
            )
    for at in range(150):
        told = (
            f"The function number {at % 120} gives back what stands in line {at % 120} of it all."
        )
        made.append((f"What does function number {at % 120} give back?", told, 0.5))
    frame = pl.DataFrame(made, ["instruction", "output", "quality"], orient="row")
    ids = pl.Series("id", [f"r{at * 7919 % 100_003:06}" for at in range(frame.height)])
    return frame.with_columns(ids, input=pl.lit(""))
