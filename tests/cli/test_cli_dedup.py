"""`curate dedup` on files: against earlier data, through pipes, and what it tells."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

from curate.cli import main

CAT = {"id": "cat", "instruction": "How long does a cat sleep each day?", "input": "",
       "output": "A cat sleeps for about sixteen hours a day, and most of that sleep is light."}  # fmt: skip
LIKE = CAT | {"id": "like", "output": CAT["output"].replace("sixteen", "15")}
BEE = {"id": "bee", "instruction": "How far do bees fly?", "input": "", "output": "A few miles."}
OTHER = CAT | {"id": "other", "output": "It depends on its age: kittens need far more than it."}


def write(path: Path, *rows: dict) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def read(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def curate(*args: str, code: int = 0) -> Result:
    result = CliRunner().invoke(main, args)
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result


def test_a_copy_names_the_row_that_stays_by_id_and_by_number(here: Path) -> None:
    write(here / "in.jsonl", BEE, CAT, LIKE, OTHER)
    curate("dedup", "in.jsonl", "-o", "out.jsonl", "--rejected", "no.jsonl", "--threshold", "0.7")
    assert read(here / "out.jsonl") == [BEE, CAT, OTHER]
    gone = {"dropped": "duplicate of cat 0.74 ≥ 0.70", "duplicate_of": 2}
    assert read(here / "no.jsonl") == [LIKE | gone]


def test_the_row_of_higher_quality_stays(here: Path) -> None:
    write(here / "in.jsonl", CAT | {"quality": 0.5}, CAT | {"id": "b", "quality": 0.9})
    curate("dedup", "in.jsonl", "-o", "out.jsonl")
    assert [row["id"] for row in read(here / "out.jsonl")] == ["b"]


def test_the_order_of_the_rows_does_not_matter_without_ids_either(here: Path) -> None:
    rows = [{key: row[key] for key in ("instruction", "output")} for row in (CAT, LIKE, BEE, OTHER)]
    write(here / "a.jsonl", *rows)
    write(here / "b.jsonl", *reversed(rows))
    for name in "ab":
        curate("dedup", f"{name}.jsonl", "-o", f"{name}-out.jsonl", "--threshold", "0.7")
    kept = read(here / "a-out.jsonl")
    assert len(kept) == 3
    assert kept == list(reversed(read(here / "b-out.jsonl")))


def test_against_a_file(here: Path) -> None:
    write(here / "old.jsonl", CAT)
    write(here / "in.jsonl", LIKE, BEE)
    curate(
        *("dedup", "in.jsonl", "-o", "out.jsonl", "--rejected", "no.jsonl"),
        *("--against", "old.jsonl", "--threshold", "0.7"),
    )
    assert read(here / "out.jsonl") == [BEE]
    gone = {"dropped": "duplicate of old.jsonl:cat 0.74 ≥ 0.70", "duplicate_of": None}
    assert read(here / "no.jsonl") == [LIKE | gone]


def test_against_a_version_and_a_split_of_it(small: Path) -> None:
    curate("run", "small.yaml")
    data = {
        split: pl.concat([pl.read_parquet(p) for p in (small / "datasets").rglob(f"{split}-*")])
        for split in ("train", "test")
    }
    asked = [*data["train"].head(1).to_dicts(), *data["test"].head(1).to_dicts()]
    rows = [{name: row[name] for name in ("id", "instruction", "output")} for row in asked]
    write(small / "in.jsonl", *rows, BEE)
    curate("dedup", "in.jsonl", "-o", "out.jsonl", "--against", "small@0.1.0")
    assert read(small / "out.jsonl") == [BEE]
    curate("dedup", "in.jsonl", "-o", "out.jsonl", "--against", "small:test")
    assert read(small / "out.jsonl") == [rows[0], BEE]
    curate(
        *("dedup", "in.jsonl", "-o", "out.jsonl", "--rejected", "no.jsonl"),
        *("--against", "datasets/small/0.1.0"),
    )
    reasons = sorted(row["dropped"] for row in read(small / "no.jsonl"))
    assert reasons == sorted(f"duplicate of small@0.1.0:{r['id']} 1.00 ≥ 0.80" for r in rows)


def test_against_a_benchmark(here: Path) -> None:
    question = "Which piece of safety equipment keeps mold spores out of the lungs of people?"
    (here / "arc.jsonl").write_text(
        json.dumps({"query": f"Question: {question}", "choices": ["a mask", "gloves"], "gold": 0})
    )
    write(here / "in.jsonl", BEE, {"id": "q", "instruction": f"Tell me: {question}", "output": "A"})
    curate(
        *("dedup", "in.jsonl", "-o", "out.jsonl", "--rejected", "no.jsonl"),
        *("--against", "arc.jsonl"),
    )
    assert read(here / "out.jsonl") == [BEE]
    assert read(here / "no.jsonl")[0]["dropped"] == "duplicate of arc:1 1.00 ≥ 0.60"


def test_against_nothing_that_is_known(here: Path) -> None:
    write(here / "in.jsonl", CAT)
    output = curate("dedup", "in.jsonl", "-o", "o.jsonl", "--against", "helaswag", code=2).output
    assert 'Did you mean "hellaswag"?' in output
    assert not (here / "o.jsonl").exists()


def test_working_rows_against_earlier_data(small: Path) -> None:
    curate("run", "small.yaml")
    before = pl.read_parquet(small / ".curate/small/rows.parquet")
    live = before.filter(pl.col("dropped").is_null())
    live.head(1).select("instruction", "output").write_ndjson(small / "old.jsonl")
    assert "1 dropped, 0 restored" in curate("dedup", "small.yaml", "--against", "old.jsonl").output
    rows = pl.read_parquet(small / ".curate/small/rows.parquet")
    reason = rows.filter(id=live["id"][0])["dropped"].item()
    assert reason.startswith("duplicate of old.jsonl:")
    write(small / "old.jsonl", BEE)  # what the file holds counts, not its name
    again = curate("dedup", "small.yaml", "--against", "old.jsonl").output
    assert "0 dropped, 1 restored" in again


def test_the_number_of_workers_does_not_show(here: Path) -> None:
    write(here / "in.jsonl", *(LIKE | {"id": f"r{n}"} for n in range(9)), CAT, BEE, OTHER)
    for n in "13":
        curate("dedup", "in.jsonl", "-o", f"{n}.jsonl", "--threshold", "0.7", "--workers", n)
    assert (here / "1.jsonl").read_bytes() == (here / "3.jsonl").read_bytes()


def test_paraphrases_go_only_where_they_are_asked_for(here: Path) -> None:
    said = "A cat sleeps for about sixteen hours a day and most of that sleep is very light."
    other = "Most of the sleep of a cat is very light, and it sleeps about sixteen hours a day."
    rows = [CAT | {"output": said}, CAT | {"id": "moved", "output": other}, BEE]
    write(here / "in.jsonl", *rows)
    curate("dedup", "in.jsonl", "-o", "out.jsonl")
    assert read(here / "out.jsonl") == rows
    curate(
        *("dedup", "in.jsonl", "-o", "out.jsonl", "--rejected", "no.jsonl"),
        *("--set", "dedup.semantic=0.8"),
    )
    assert [row["id"] for row in read(here / "out.jsonl")] == ["cat", "bee"]
    gone = read(here / "no.jsonl")[0]
    assert gone["dropped"].startswith("duplicate of cat ")
    assert gone["dropped"].endswith("by meaning")
    assert gone["duplicate_of"] == 1


def test_only_what_compares_can_be_set_for_a_file(here: Path) -> None:
    write(here / "in.jsonl", CAT)
    args = ("dedup", "in.jsonl", "-o", "o.jsonl", "--set", "generate.pairs=3")
    assert "a file of rows has no generate" in curate(*args, code=2).output
    args = ("dedup", "in.jsonl", "-o", "o.jsonl", "--set", "embedding.lexcal.seed=3")
    assert "lexcal" in curate(*args, code=2).output


def test_through_pipes(here: Path) -> None:
    write(here / "in.jsonl", CAT, CAT | {"id": "again"}, BEE)
    run = subprocess.run(
        [sys.executable, "-m", "curate", "dedup", "-"],
        input=(here / "in.jsonl").read_bytes(),
        capture_output=True,
        check=True,
    )
    rows = [json.loads(line) for line in run.stdout.splitlines()]
    assert [row["instruction"] for row in rows] == [CAT["instruction"], BEE["instruction"]]
    assert b"1 dropped" in run.stderr


def test_it_tells_how_much_memory_it_takes(here: Path) -> None:
    write(here / "in.jsonl", CAT, BEE)
    output = curate("dedup", "in.jsonl", "-o", "out.jsonl").stderr
    assert "among 2 rows" in output
    assert "of memory" in output


def test_a_crowd_is_told_of_with_examples(here: Path) -> None:
    words = CAT["output"].split()
    rows = [
        CAT | {"id": f"c{n:02}", "output": " ".join([*words[:n], f"w{n}", *words[n:]])}
        for n in range(15)
    ]
    write(here / "in.jsonl", *rows, BEE)
    output = curate("dedup", "in.jsonl", "-o", "out.jsonl", "--threshold", "0.4").stderr
    assert "14 rows, 87.5% of all, were dropped as duplicates of c00" in output
    assert "raise dedup.threshold" in output
    quiet = curate("dedup", "in.jsonl", "-o", "out.jsonl", "--threshold", "0.95").stderr
    assert "were dropped as duplicates" not in quiet


@pytest.mark.parametrize("option", ["dedup.instruction=2", "dedup.against=3", "dedup.thresold=1"])
def test_options_are_checked(here: Path, option: str) -> None:
    write(here / "in.jsonl", CAT)
    assert "dedup." in curate("dedup", "in.jsonl", "-o", "o.jsonl", "--set", option, code=2).output


def test_fields_have_thresholds_of_their_own(here: Path) -> None:
    write(here / "in.jsonl", CAT, OTHER | {"output": CAT["output"], "instruction": "Cats sleep?"})
    curate("dedup", "in.jsonl", "-o", "out.jsonl", "--threshold", "0.4")
    assert len(read(here / "out.jsonl")) == 2
    curate(
        *("dedup", "in.jsonl", "-o", "out.jsonl", "--threshold", "0.4"),
        *("--set", "dedup.instruction=0"),
    )
    assert len(read(here / "out.jsonl")) == 1
