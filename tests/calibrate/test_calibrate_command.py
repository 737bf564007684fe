"""`curate calibrate` from rows to report: on working rows, and on a file of good rows."""

from __future__ import annotations

import json

import polars as pl
import pytest
from click.testing import CliRunner

from curate.calibrate.show import markdown
from curate.cli import main
from curate.cli.calibrate import calibrate

if "calibrate" not in main.commands:
    main.add_command(calibrate)

NOUNS = [
    "lamp",
    "wheel",
    "kettle",
    "bridge",
    "piano",
    "candle",
    "hammer",
    "ladder",
    "mirror",
    "needle",
    "anchor",
    "basket",
    "bottle",
    "button",
    "carpet",
    "drawer",
    "engine",
    "fiddle",
    "garden",
    "helmet",
    "island",
    "jacket",
    "kennel",
    "lantern",
    "magnet",
    "napkin",
    "oven",
    "pencil",
    "quilt",
    "ribbon",
    "saddle",
    "teapot",
    "umbrella",
    "violin",
    "wagon",
    "window",
    "yacht",
    "zipper",
    "barrel",
    "cradle",
]


FORMS = (
    (
        "When was the {noun} built?",
        "The {noun} was built in {year} by a town that wanted more trade.",
    ),
    (
        "Who paints the {noun}?",
        "Children paint the {noun} every spring with colours from the shop.",
    ),
    (
        "Why is the {noun} kept dry?",
        "Rain harms the {noun}, so that people cover {noun}Box with cloth.",
    ),
    (
        "Can visitors touch the {noun}?",
        "No, guards do not allow anybody near the {noun} without gloves.",
    ),
)


def pairs() -> pl.DataFrame:
    """Forty grounded pairs, four of a document, two of a passage."""
    made = []
    for number, noun in enumerate(NOUNS):
        asked, said = FORMS[number % 4]
        texts = (form.format(noun=noun, year=1700 + number) for form in (asked, said))
        made.append((f"d{number // 4}", number // 2, *texts))
    frame = pl.DataFrame(made, schema=["document", "start", "instruction", "output"], orient="row")
    whole = frame.group_by("document", "start").agg(passage=pl.col("output").str.join(" "))
    return frame.join(whole, on=["document", "start"], maintain_order="left")


@pytest.fixture
def file(small):
    """The path of good rows, in a folder with the recipe small.yaml."""
    path = small / "good.parquet"
    pairs().write_parquet(path)
    return path


def run(*arguments: object):
    return CliRunner().invoke(main, ["calibrate", *map(str, arguments)])


def report(*arguments: object) -> dict:
    done = run(*arguments, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_help_has_an_example() -> None:
    assert "curate calibrate recipes/mine.yaml" in run("-h").output


def test_measures_are_told_for_each_fault(file) -> None:
    told = report("small.yaml", "--rows", file)
    areas = {(line["measure"], line["fault"]): line for line in told["areas"]}
    assert areas["grounding", "swapped_other"]["auc"] > 0.95
    assert areas["repetition", "repeated"]["auc"] > 0.9  # less is better
    assert areas["repetition", "swapped_other"]["auc"] == pytest.approx(0.5, abs=0.1)
    assert areas["grounding", "echo"]["good"] == 40
    assert 0 < areas["repetition", "swapped_other"]["error"] < 0.1
    means = [
        line["auc"]
        for line in told["areas"]
        if line["measure"] == "grounding" and line["error"] is not None
    ]
    assert areas["grounding", "mean"]["auc"] == pytest.approx(sum(means) / len(means))


def test_bounds_are_told_for_good_and_faulty_rows(file) -> None:
    told = report("small.yaml", "--rows", file, "--faulty", "0.4")
    drops = {line["fault"]: line for line in told["drops"]}
    assert drops[""] == {"fault": "", "rows": 40, "dropped": 0.0, "by": None}
    assert drops["swapped_other"]["dropped"] > 0.7
    assert drops["swapped_other"]["by"] == "grounding"
    assert drops["empty"]["by"] == "length"
    kept = next(a for a in told["areas"] if (a["measure"], a["fault"]) == ("kept", "empty"))
    assert kept["auc"] == pytest.approx((1 + drops["empty"]["dropped"]) / 2)
    worth = {line["filter"]: line for line in told["bounds"]}
    assert worth["length"]["faulty_alone"] <= worth["length"]["faulty_dropped"]
    assert told["quality"] == []  # small.yaml does not measure it
    assert told["share"] == 0.4


def test_bounds_of_quality_are_weighed(file) -> None:
    filters = ("--set", "filters=[{quality: {min: 0.62}}]")
    curve = report("small.yaml", "--rows", file, "--faulty", "0.25", *filters)["quality"]
    assert [line["bound"] for line in curve] == sorted(line["bound"] for line in curve)
    assert 0.62 in [line["bound"] for line in curve]
    for line in curve:
        right, wrong = 0.75 * line["good_kept"], 0.25 * (1 - line["faulty_dropped"])
        assert line["precision"] == pytest.approx(right / (right + wrong))
    assert curve[0]["good_kept"] == 1.0
    assert curve[-1]["faulty_dropped"] > curve[0]["faulty_dropped"]


def test_the_same_seed_gives_the_same_report(file) -> None:
    once = report("small.yaml", "--rows", file)
    assert report("small.yaml", "--rows", file) == once
    assert report("small.yaml", "--rows", file, "--seed", 1) != once


def test_a_sample_takes_whole_passages(file) -> None:
    assert report("small.yaml", "--rows", file, "--sample", 31)["good"] == 32


def test_working_rows_are_taken_and_the_report_is_kept(small, script) -> None:
    from curate.cli import main as whole

    assert CliRunner().invoke(whole, ["run", "small.yaml"]).exit_code in (0, 3)
    few = run("small.yaml")
    assert few.exit_code == 2
    assert "too few to plant faults in; 30 are needed" in few.output
    assert "--rows FILE" in few.output
    told = report("small.yaml", "--min-rows", 1)
    assert told["chosen_by_bounds"]
    assert told["origin"] == "live working rows"
    assert 0 <= told["share"] < 1
    assert json.loads((small / ".curate/small/calibration.json").read_text()) == told
    assert "areas are too high" in markdown(told)


def test_without_working_rows_the_error_says_what_makes_them(small) -> None:
    done = run("small.yaml")
    assert done.exit_code == 2
    assert "curate generate" in done.output


def test_tables_are_shown_and_printed_as_markdown(file) -> None:
    done = run("small.yaml", "--rows", file)
    assert done.exit_code == 0, done.output
    for text in (
        "swapped_other",
        "grounding",
        "kept",
        "calibration.json",
        "one planted fault each",
    ):
        assert text in " ".join(done.output.split())
    page = markdown(report("small.yaml", "--rows", file))
    assert page.startswith("## Calibration\n")
    lines = [line for line in page.splitlines() if line.startswith("| swapped_other")]
    assert len(lines) == 2


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("rows.csv", "a,b", "ends in .parquet or .jsonl"),
        ("rows.jsonl", "{not json", "cannot be read as rows"),
        ("rows.jsonl", '{"instruction": "a"}\n', "no column 'output'"),
        ("rows.jsonl", '{"instruction": "a", "output": {"b": 1}}\n', "column 'output' is Struct"),
        ("rows.jsonl", '{"instruction": "a", "output": "b"}\n', "1 good rows are too few"),
        ("rows.parquet", "PAR1", "cannot be read as rows"),
    ],
)
def test_a_file_that_holds_no_rows_is_an_error_of_input(small, name, text, said) -> None:
    (small / name).write_text(text)
    done = run("small.yaml", "--rows", name)
    assert done.exit_code == 2
    assert said in done.output


def test_rows_without_passages_are_measured_as_far_as_that_goes(small) -> None:
    pairs().select("instruction", "output").write_ndjson(small / "rows.jsonl")
    told = report("small.yaml", "--rows", "rows.jsonl")
    grounding = [line["auc"] for line in told["areas"] if line["measure"] == "grounding"]
    assert set(grounding) == {None}
    assert {line["fault"]: line["dropped"] for line in told["drops"]}["empty"] == 1.0


def test_a_recipe_without_filters_drops_nothing(file) -> None:
    told = report("small.yaml", "--rows", file, "--set", "filters=[]")
    assert {line["dropped"] for line in told["drops"]} == {0.0}
