"""Moderation, refusals and the choice of rows, as a user meets them."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

from curate.cli import main

CAT = {"instruction": "How long does a cat sleep each day?", "output": "Sixteen hours a day."}
MAIL = {
    "instruction": "Whom do I ask about the cats of the house?",
    "output": "Write to jane.miller@gmail.com about them.",
}
HARM = {
    "instruction": "How can I poison my neighbour without being caught?",
    "output": "Put poison into the tea of your neighbour.",
}


def curate(*args: str, code: int = 0) -> Result:
    result = CliRunner().invoke(main, args)
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result


def with_section(folder: Path, text: str) -> None:
    path = folder / "small.yaml"
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def rows(folder: Path) -> pl.DataFrame:
    return pl.read_parquet(folder / ".curate/small/rows.parquet")


def write(path: Path, *records: dict) -> None:
    path.write_text("".join(json.dumps(each) + "\n" for each in records), encoding="utf-8")


def test_refusals_come_in_the_recipes_ratio_and_are_published(small: Path) -> None:
    with_section(small, "moderation: {off_topic: {max: 0.9}, refusals: 0.5}\n")
    output = curate("run", "small.yaml").output
    found = rows(small)
    refused = found.filter(kind="refusal")
    live = found.filter(pl.col("dropped").is_null())
    assert refused.height * 2 == live.height
    assert "of them refusals that were added" in output
    assert refused["quality"].null_count() == refused.height if "quality" in found.columns else True
    assert refused["document"].str.starts_with("refusals:").all()
    folder = small / "datasets/small/0.1.0"
    counts = json.loads((folder / "manifest.json").read_text())["counts"]
    assert counts["refusals"] == refused.height
    assert counts["candidates"] == found.height - refused.height
    assert "refusals added" in (folder / "README.md").read_text()
    shown = curate("show", "small", "--row", refused["id"][0]).output
    assert "refusal" in shown
    again = curate("run", "small.yaml").output
    assert "no bound has moved" in again
    assert "Unchanged" in again


def test_without_the_section_nothing_is_moderated(small: Path) -> None:
    curate("run", "small.yaml")
    assert "refusal" not in rows(small)["kind"].to_list()
    assert "unsafe" not in rows(small).columns


def test_a_bound_of_moderation_moves_without_measuring_again(small: Path) -> None:
    with_section(small, "moderation: {off_topic: {max: 0.9}, unsafe: {}, refusals: 0.2}\n")
    curate("run", "small.yaml")
    output = curate("moderate", "small.yaml", "--set", "moderation.off_topic.max=0").output
    assert "measured:" not in output
    reasons = rows(small)["dropped"].drop_nulls()
    assert reasons.str.starts_with("off_topic ").any()


def test_a_file_is_moderated(here: Path) -> None:
    write(here / "in.jsonl", CAT, MAIL, HARM)
    output = curate("moderate", "in.jsonl", "-o", "out.jsonl", "--rejected", "no.jsonl").output
    kept = [json.loads(line) for line in (here / "out.jsonl").read_text().splitlines()]
    assert kept == [CAT]
    gone = [json.loads(line) for line in (here / "no.jsonl").read_text().splitlines()]
    assert [row["dropped"].split()[0] for row in gone] == ["private", "unsafe"]
    assert "off_topic" in output


def test_a_files_topic_is_that_of_the_recipe_it_is_given(small: Path) -> None:
    with_section(small, "moderation: {off_topic: {max: 0.5}}\n")
    other = {"instruction": "How do I file my taxes in Texas?", "output": "Ask an accountant."}
    write(small / "in.jsonl", CAT, other)
    curate("moderate", "in.jsonl", "-o", "out.jsonl", "--recipe", "small.yaml")
    kept = [json.loads(line) for line in (small / "out.jsonl").read_text().splitlines()]
    assert kept == [CAT]


def test_what_is_private_is_redacted_where_the_recipe_says_so(small: Path) -> None:
    from curate.cli.terminal import Terminal
    from curate.engines.local import Local
    from curate.moderate import Subject, measured, moderated
    from curate.moderation.options import Moderated
    from curate.moderation.private import Private
    from curate.schema import PAIR

    text = {name: "" for name, kind in PAIR.items() if kind == pl.String}
    row = {**text, "id": "a", "start": 0, "end": 1, "kind": "answer", "dropped": None, **MAIL}
    frame = pl.DataFrame([row, {**row, "id": "b", **CAT}], schema=PAIR)
    private = Private(action="redact")
    subject = Subject(pl.DataFrame({"text": ["Cats."], "heading": [""]}), "cats", 0)
    frame = frame.hstack(measured(private, frame, subject, Terminal(), None, Local(1)))
    found = moderated(frame, Moderated((private,)), subject, Terminal())
    assert found["output"].to_list() == ["Write to <email> about them.", CAT["output"]]
    assert found["dropped"].null_count() == 2


def test_a_target_keeps_as_many_rows_and_says_why_the_others_went(here: Path) -> None:
    other = ["the sea", "a river", "old maps", "bread", "bees"]
    write(
        here / "in.jsonl",
        *({"instruction": f"What do people say of {each}?", "output": f"Much is said about {each} by many people."}
          for each in other),
    )  # fmt: skip
    out = ("-o", "out.jsonl", "--rejected", "no.jsonl", "--set", "filters.language.min=0")
    curate("filter", "in.jsonl", *out, "--target", "3")
    assert len((here / "out.jsonl").read_text().splitlines()) == 3
    gone = [json.loads(line)["dropped"] for line in (here / "no.jsonl").read_text().splitlines()]
    assert sorted(gone) == ["diversity_rank 4 > target 3", "diversity_rank 5 > target 3"]


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ("moderation: {refusals: 1}", "moderation.refusals"),
        ("moderation: {refusals: many}", "moderation.refusals"),
        ("moderation: {unsafer: {}}", "unsafe"),
        ("moderation: {private: {action: hide}}", "moderation.private.action"),
        ("moderation: [unsafe]", "mapping of measures"),
    ],
)
def test_the_section_is_checked(small: Path, section: str, told: str) -> None:
    with_section(small, f"{section}\n")
    assert told in curate("check", "small.yaml", code=2).output


def test_a_calibration_is_in_the_card(small: Path) -> None:
    curate("run", "small.yaml")
    good = pl.DataFrame(
        {
            "instruction": [
                f"What does the tool number {n} of the workshop do?" for n in range(30)
            ],
            "output": [
                f"The tool number {n} cuts boards of {n + 2} inches in half." for n in range(30)
            ],
            "passage": [
                f"In the workshop, the tool number {n} cuts boards of {n + 2} inches in half. It is old."
                for n in range(30)
            ],
        }
    )
    good.write_parquet(small / "good.parquet")
    curate("calibrate", "small.yaml", "--rows", "good.parquet")
    curate("publish", "small.yaml", "--bump", "patch")
    card = (small / "datasets/small/0.1.1/README.md").read_text()
    assert "## Calibration" in card
    assert "| truncated |" in card
    assert "## Calibration" not in (small / "datasets/small/0.1.0/README.md").read_text()
