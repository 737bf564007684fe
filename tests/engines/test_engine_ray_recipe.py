"""A recipe with everything on gives the same version on this machine and on Ray, byte for byte."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner

from curate import moderate
from curate.cli import main
from curate.engines.ray import Ray
from curate.filters import parallel
from curate.text import digest

pytestmark = pytest.mark.filterwarnings("ignore")

ABOUT = ["cat", "bee", "river", "delta", "mouse", "flower"]
SAID = [
    ("When is a {} fed in the winter?", "A {} is fed with fresh meat, twice on each day."),
    ("In the winter, when is a {} fed?", "Twice on each day a {} is fed with fresh meat."),
    ("Where does a {} sleep at night?", "It sleeps in a nest of dry grass under the old bridge."),
    ("What colour has a {} in spring?", "Mostly brown with some white spots along the back."),
    ("Who won the football match?", "Our own team did, by three goals in the second half."),
    ("Whom do I ask about the {}?", "Write to jane.miller@gmail.com about every {} here."),
]


def answer(body: dict[str, Any]) -> str:
    """A question by the digest of what it is to be about; its answer, where it is asked."""
    last = body["messages"][-1]["content"]
    if "Write one question" in last:
        which = int(digest(last)[:8], 16)
        return SAID[which % len(SAID)][0].replace("{}", ABOUT[which // 7 % len(ABOUT)])
    first = last.partition("\n")[0]
    for asked, said in SAID:
        for about in ABOUT:
            if asked.replace("{}", about) == first:
                return said.replace("{}", about)
    return "It is so."


def documents(folder: Path) -> None:
    """Some that are much alike, and others."""
    for number in range(16):
        animal = ABOUT[number % len(ABOUT)]
        lines = [
            f"The {animal} number {number // 4} was seen at place {part} of the long way to the sea, "
            f"where it looked for {ABOUT[(number * part) % 6]} and {ABOUT[part % 6]} all day long."
            for part in range(6)
        ]
        (folder / f"{number:02}.md").write_text(f"# {animal}\n\n" + "\n\n".join(lines) + "\n")


def test_a_recipe_with_all_on_is_the_same_on_any_engine(
    cluster, small: Path, endpoint: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("curate.engines.ray.Ray", partial(Ray, rows=7))  # many partitions
    monkeypatch.setattr(parallel, "SPREAD", 5)
    monkeypatch.setattr(moderate, "SPREAD", 5)
    endpoint.answer = answer
    documents(small / "docs")
    teacher = {"openai": {"model": "m", "base_url": endpoint.url, "concurrency": 2}}
    sections = {
        "teacher": teacher,
        "dedup": {"threshold": 0.9, "semantic": 0.8},
        "filters": [
            {"length": {"min": 3}},
            {"repetition": {"max": 0.2}},
            {"quality": {"min": 0}},
            {"diversity": {"target": 16}},
        ],
        "moderation": {"private": {"max": 0.5}, "off_topic": {"max": 0.6}, "refusals": 0.4},
    }
    given = [
        part for key, value in sections.items() for part in ("--set", f"{key}={json.dumps(value)}")
    ]

    def version(name: str, *where: str) -> tuple[str, pl.DataFrame, pl.DataFrame]:
        folder = small / name
        folder.mkdir()
        for each in ("small.yaml", "docs"):
            (folder / each).symlink_to(small / each)
        monkeypatch.chdir(folder)
        done = CliRunner().invoke(main, ["run", "small.yaml", "--max-loss", "1", *given, *where])
        assert done.exit_code == 0, done.output
        manifest = json.loads((folder / "datasets/small/0.1.0/manifest.json").read_text())
        rows, ties = (
            pl.read_parquet(folder / f".curate/small/{stage}.parquet") for stage in ("rows", "ties")
        )
        return manifest["content_digest"], rows.drop("run"), ties

    on_ray = ("--engine", "ray", "--address", cluster.address)
    found = [version("one", "--workers", "1"), version("two", "--workers", "2")]
    found.append(version("node", *on_ray))
    node = cluster.add_node(num_cpus=1, object_store_memory=100 << 20)
    cluster.wait_for_nodes()
    found.append(version("nodes", *on_ray))
    cluster.remove_node(node)

    first, rows, ties = found[0]
    for other, other_rows, other_ties in found[1:]:
        assert other_rows.equals(rows)
        assert other_ties.equals(ties)
        assert other == first
    reasons = rows["dropped"].drop_nulls()
    for kind in ("duplicate of .* by meaning", "diversity_rank", "private", "off_topic"):
        assert reasons.str.contains(kind).any(), f"nothing was dropped by {kind}"
    assert rows.filter(kind="refusal").height > 3
    assert ties["row"].null_count(), "no two documents are alike"
