"""`curate diff` and `curate verify`, and what `publish` says of a version."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

from curate import pipeline
from curate.cli import main
from curate.progress import Silent
from curate.publish.changes import CHANGE, changes, reasons, side
from curate.publish.compared import bars, distribution, recipe_changes
from curate.recipe import load
from curate.schema import PAIR
from curate.workspace import Workspace

OPEN = ("filters=[{length: {min: 1}}]", "dedup.threshold=1", "publish.test=0.5")


def curate(*arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(main, list(arguments))
    assert result.exit_code == code, result.output
    return result


def version(*overrides: str) -> Path:
    recipe = load("small.yaml", [*OPEN, *overrides])
    return pipeline.run(recipe, Workspace(recipe.name), Silent()).folder


SCRIPT = [
    {"when": "How well does a dog", "text": "A dog smells far better than a person."},
    {"when": "dog smells far better", "text": "How well does a dog smell?"},
    {"when": "How many flowers", "text": "A honey bee visits about fifty flowers on one flight."},
    {"when": "What does a river", "text": "A river carries gravel, sand and mud to the sea."},
    {"when": "How long does a cat", "text": "A cat sleeps for about sixteen hours a day."},
    {"text": "How many flowers does a bee visit?"},
    {"text": "What does a river carry to the sea?"},
    {"text": "How long does a cat sleep each day?"},
]


@pytest.fixture
def two(small: Path) -> Path:
    """Two versions: a document went, one came, a bound was moved."""
    lines = "".join(json.dumps(line) + "\n" for line in SCRIPT)
    (small / "replies.jsonl").write_text(lines)
    version()
    (small / "docs/rivers.md").unlink()
    dogs = "# Dogs\n\nA dog smells far better than a person. A hound follows a trail for days."
    (small / "docs/dogs.md").write_text(dogs)
    version("filters=[{length: {min: 1, max: 9}}]")
    return small


def test_diff_of_one_name_is_with_its_parent(two: Path) -> None:
    alone = json.loads(curate("diff", "small", "--json").output)
    both = json.loads(curate("diff", "small@0.1.0", "small@0.2.0", "--json").output)
    folders = json.loads(
        curate("diff", "datasets/small/0.1.0", "datasets/small/0.2.0", "--json").output
    )
    assert alone == both == folders
    assert (alone["before"], alone["after"]) == ("small@0.1.0", "small@0.2.0")


def test_diff_tells_rows_reasons_documents_recipe_and_scores(two: Path) -> None:
    found = json.loads(curate("diff", "small", "--json").output)
    old, new = (
        set(pl.read_parquet(f"datasets/small/{v}/data/*.parquet")["id"]) for v in ("0.1.0", "0.2.0")
    )
    rows = pl.DataFrame(found["rows"], schema=CHANGE)
    assert set(rows.filter(change="added")["id"]) == new - old
    assert set(rows.filter(change="removed")["id"]) == old - new
    assert found["counts"]["added"] == len(new - old)
    assert sum(found["reasons"].values()) == found["counts"]["removed"] == len(old - new)
    assert "document no longer there" in found["reasons"]
    there = {each["path"]: each for each in found["documents"]}
    assert there["rivers.md"]["removed"] > 0
    assert {"option": "filters.length.max", "before": 400, "after": 9} in found["recipe"]
    (score,) = found["scores"]
    assert score["measure"] == "length"
    assert score["after"]["max"] <= 9
    assert sum(score["before"]["bins"]) == score["before"]["rows"] == len(old)


def test_diff_shows_it_to_people_and_writes_each_row(two: Path) -> None:
    told = curate("diff", "small", "-o", "changes.jsonl").output
    assert "small@0.1.0 → small@0.2.0: " in told
    assert "filters.length.max" in told
    assert "rivers.md" in told
    written = pl.read_ndjson("changes.jsonl", schema=CHANGE)
    assert set(written["change"]) >= {"removed"}
    assert written.filter(change="removed")["reason"].null_count() == 0


def test_the_manifest_and_the_diff_tell_the_same(two: Path) -> None:
    found = json.loads(curate("diff", "small", "--json").output)
    told = json.loads((two / "datasets/small/0.2.0/manifest.json").read_text())["changes"]
    assert {kind: told[kind] for kind in found["counts"]} == found["counts"]
    assert told["reasons"] == found["reasons"]
    assert told["bump"] == "minor"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("small@0.1.0",), "is the first version and has no parent"),
        (("smal", "small"), 'Did you mean "small"?'),
        (("small", "small@9.0.0"), "has no version 9.0.0"),
    ],
)
def test_diff_of_what_is_not_there_says_what_is(
    two: Path, arguments: tuple[str, ...], said: str
) -> None:
    assert said in curate("diff", *arguments, code=2).output


def test_diff_of_a_damaged_version_points_at_verify(two: Path) -> None:
    for path in (two / "datasets/small/0.1.0/data").iterdir():
        path.write_bytes(b"PAR1 no")
    assert "curate verify" in curate("diff", "small", code=2).output


@pytest.mark.parametrize("at", [0.0, 0.3, 0.6, 0.95])
def test_no_reader_is_given_a_file_that_is_not_what_was_published(two: Path, at: float) -> None:
    """Some such bytes would end the process."""
    for path in (two / "datasets/small/0.1.0").glob("*/*.parquet"):
        data = bytearray(path.read_bytes())
        place = int(at * (len(data) - 8)) + 4
        data[place : place + 3] = b"\xff\xfe\xfd"
        path.write_bytes(data)
    for command in (
        ("show", "small@0.1.0", "--row", "a"),
        ("diff", "small@0.1.0", "small@0.2.0"),
        ("report", "small@0.1.0", "-o", "page.html"),
        ("export", "small@0.1.0", "--format", "alpaca", "-o", "out.jsonl"),
    ):
        output = curate(*command, code=2).output
        assert "is not what was published" in output, command
        assert "curate verify" in output
    assert not (two / "out.jsonl").exists()


def rows(**given: dict[str, object]) -> pl.LazyFrame:
    made = [
        {**dict.fromkeys(PAIR, ""), "start": 0, "end": 9, "dropped": None, "split": "train",
         "id": key, "instruction": key, "document": "d", **row}
        for key, row in given.items()
    ]  # fmt: skip
    return pl.DataFrame(made, schema=PAIR).lazy()


PLACES = pl.DataFrame({"document": ["d"], "start": [0], "end": [9]}).lazy()
DOCUMENTS = pl.DataFrame({"document": ["d"], "path": ["d.md"]})


def test_every_removed_row_has_the_reason_it_went_for() -> None:
    before = side(
        rows(
            bound={}, copy={}, edited={"instruction": "same"}, cut={"start": 50},
            gone={"document": "e"}, unasked={}, refused={"task": "refusal", "document": "refusals:x"},
        ),
        rows(), PLACES, DOCUMENTS,
    )  # fmt: skip
    dropped = rows(
        bound={"dropped": "quality 0.5 < min 0.6"}, copy={"dropped": "duplicate of a 0.9 ≥ 0.8"}
    )
    after = side(rows(other={"instruction": "same"}), dropped, PLACES, DOCUMENTS)
    found = changes(before, after)
    assert dict(found.filter(change="removed").select("id", "reason").iter_rows()) == {
        "bound": "quality 0.5 < min 0.6",
        "copy": "duplicate of a 0.9 ≥ 0.8",
        "cut": "passage no longer there",
        "edited": "same text under another id: other",
        "gone": "document no longer there",
        "refused": "refusal no longer added",
        "unasked": "not asked any more",
    }
    assert reasons(found) == {
        "document no longer there": 1, "duplicate": 1, "not asked any more": 1,
        "passage no longer there": 1, "quality": 1, "refusal no longer added": 1,
        "same text under another id": 1,
    }  # fmt: skip


def test_rows_changed_moved_and_measured_anew_are_told_apart() -> None:
    def scored(frame: pl.LazyFrame, **given: float) -> pl.LazyFrame:
        return frame.with_columns(pl.col("id").replace_strict(given, default=1.0).alias("quality"))

    before = side(scored(rows(a={}, b={}, c={}, d={}), d=0.5), rows(), PLACES, DOCUMENTS)
    now = rows(a={"output": "new"}, b={"split": "test"}, c={}, d={})
    after = side(scored(now, d=0.7), rows(), PLACES, DOCUMENTS)
    told = changes(before, after).select("id", "change", "before", "after").rows()
    assert told == [
        ("a", "changed", "train", "train"),
        ("b", "moved", "train", "test"),
        ("d", "rescored", "train", "train"),
    ]


def test_recipe_changes_name_the_option() -> None:
    def recipe(*filters: dict) -> dict:
        return {"seed": 0, "filters": list(filters), "dedup": {"against": ["a", "b"]}}

    length, quality = {"length": {"min": 3, "max": None}}, {"quality": {"min": 0.5}}
    assert recipe_changes(recipe(length, quality), recipe(length, quality)) == []
    found = recipe_changes(recipe(length, quality), recipe(length, {"quality": {"min": 0.6}}))
    assert found == [{"option": "filters.quality.min", "before": 0.5, "after": 0.6}]
    (order,) = recipe_changes(recipe(length, quality), recipe(quality, length))
    assert order["option"] == "filters (order)"


def test_a_distribution_counts_all_rows_that_have_the_number() -> None:
    found = distribution("x", pl.Series([0.0, 1.0, None, 4.0]), pl.Series([2.0, float("nan")]))
    assert (found["low"], found["high"]) == (0.0, 4.0)
    assert found["before"]["rows"] == sum(found["before"]["bins"]) == 3
    assert found["before"]["p50"] == 1.0
    assert found["after"]["rows"] == 1
    assert (
        distribution("x", pl.Series([], dtype=pl.Float64), pl.Series([1.0]))["before"]["rows"] == 0
    )
    assert bars([0, 1, 8]) == "·▁█"


# verify


def test_verify_of_one_of_a_name_and_of_all(two: Path) -> None:
    assert curate("verify", "small@0.1.0").output == "datasets/small/0.1.0: whole\n"
    assert curate("verify", "small").output.count(": whole") == 2
    shutil.copytree("datasets/small", "datasets/other")
    found = json.loads(curate("verify", "--json").output)
    assert [each["folder"] for each in found] == [
        f"datasets/{name}/{v}" for name in ("other", "small") for v in ("0.1.0", "0.2.0")
    ]
    assert all(each["whole"] for each in found)


def test_verify_names_what_is_wrong_and_exits_with_1(two: Path) -> None:
    folder = two / "datasets/small/0.1.0"
    (folder / "README.md").write_text("other")
    (folder / "losses.jsonl").unlink()
    (folder / "\x1b[2Jevil").write_text("x")
    out = curate("verify", "small", code=1).output
    assert "README.md: damaged" in out
    assert "losses.jsonl: missing" in out
    assert "evil: foreign" in out
    assert "\x1b" not in out
    assert "datasets/small/0.2.0: whole" in out
    (first, second) = json.loads(CliRunner().invoke(main, ["verify", "small", "--json"]).stdout)
    assert (first["whole"], second["whole"]) == (False, True)
    assert {fault["what"] for fault in first["faults"]} == {"damaged", "missing", "foreign"}


@pytest.mark.parametrize("spec", ["small@0.1.0", "small", "datasets/small/0.1.0", None])
def test_a_version_without_its_manifest_is_no_whole_one(two: Path, spec: str | None) -> None:
    (two / "datasets/small/0.1.0/manifest.json").unlink()
    out = curate("verify", *([spec] if spec else []), code=1).output
    assert "manifest.json: missing" in out


def test_verify_of_what_is_not_there_says_what_is(two: Path) -> None:
    assert 'Did you mean "small"?' in curate("verify", "smal", code=2).output
    assert "has no version 9.0.0" in curate("verify", "small@9.0.0", code=2).output


def test_publish_says_what_raised_the_version(two: Path) -> None:
    text = (two / "small.yaml").read_text().replace("test: 0.3", "test: 0.5, licence: mit")
    (two / "small.yaml").write_text(text)
    assert "0.2.1 (patch since 0.2.0" in curate("publish", "small.yaml").output
    assert "Unchanged: datasets/small/0.2.1" in curate("publish", "small.yaml").output
