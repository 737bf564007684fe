"""Versions that can be trusted: numbers by what changed, digests that tell damage, kills."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate import pipeline
from curate.engines.local import Local
from curate.errors import CurateError
from curate.progress import Silent
from curate.provenance import content_digest
from curate.publish.shards import write_shards
from curate.publish.verify import verify
from curate.publish.version import versions
from curate.publish.write import Published, publish
from curate.recipe import load
from curate.workspace import Workspace

FACTS = [
    {"when": "How many flowers", "text": "A honey bee visits about fifty flowers on one flight."},
    {"when": "What does a river", "text": "A river carries gravel, sand and mud to the sea."},
    {"when": "How long does a cat", "text": "A cat sleeps for about sixteen hours a day."},
    {"text": "How many flowers does a bee visit?"},
    {"text": "What does a river carry to the sea?"},
    {"text": "How long does a cat sleep each day?"},
]
OPEN = ("filters=[{length: {min: 1}}]", "dedup.threshold=1", "publish.test=0.5")


def made(*overrides: str, name: str = "small.yaml") -> Published:
    recipe = load(name, [*OPEN, *overrides])
    return pipeline.run(recipe, Workspace(recipe.name), Silent())


def told(folder: Path) -> dict:
    return json.loads((folder / "manifest.json").read_text())


# what chooses the number


def test_the_number_says_what_changed(small: Path, script: Callable[[list[dict]], None]) -> None:
    script(FACTS)
    assert str(made().version) == "0.1.0"
    assert not made().new
    card = made("publish.licence=mit")
    assert (str(card.version), card.changes["bump"]) == ("0.1.1", "patch")
    (small / "docs/bees.md").unlink()
    rows = made("publish.licence=mit")
    assert (str(rows.version), rows.changes["bump"]) == ("0.2.0", "minor")
    schema = made("publish.licence=mit", "filters=[{length: {min: 1}}, {repetition: {}}]")
    assert (str(schema.version), schema.changes["bump"]) == ("1.0.0", "major")
    assert [told(each.folder)["parent"] for each in (card, rows, schema)] == [
        "0.1.0", "0.1.1", "0.2.0",
    ]  # fmt: skip


def test_a_calibration_is_a_change_of_the_card(small: Path) -> None:
    made()
    (small / ".curate/small/calibration.json").write_text(json.dumps({}))
    workspace = Workspace("small")
    published = publish(workspace, Silent())
    assert published.changes["card"] == ["calibration"]
    assert str(published.version) == "0.1.1"


def test_another_run_of_the_same_is_no_change(small: Path) -> None:
    made()
    shutil.rmtree(small / ".curate")
    assert not made().new  # other seconds, other journal, the same dataset


def test_a_bump_too_small_is_told_and_done(small: Path) -> None:
    heard: list[str] = []

    class Loud(Silent):
        def note(self, text: str) -> None:
            heard.append(text)

    made()
    (small / "docs/bees.md").unlink()
    recipe = load("small.yaml", OPEN)
    published = pipeline.run(recipe, Workspace("small"), Loud(), "patch")
    assert str(published.version) == "0.1.1"
    assert "What has changed calls for --bump minor; patch promises less." in heard


def test_a_folder_in_the_way_is_named_and_nothing_changes(small: Path) -> None:
    made()
    (small / "datasets/small/0.1.1").mkdir()
    with pytest.raises(CurateError, match=r"0\.1\.1 is there already"):
        made("publish.licence=mit")
    assert [str(each) for each in versions(small / "datasets/small")] == ["0.1.0"]


def test_the_changelog_carries_the_whole_history(small: Path) -> None:
    made()
    made("publish.licence=mit")
    hostile = made("publish.licence=mit", "topic='<b>x</b>\n## 9.9.9'")
    text = (hostile.folder / "CHANGELOG.md").read_text()
    assert [line.split()[1] for line in text.splitlines() if line.startswith("## ")] == [
        "0.1.2", "0.1.1", "0.1.0",
    ]  # fmt: skip
    assert "`publish.licence`: empty → mit" in text
    assert "<b>" not in text


# digests


CELLS = {
    "text": st.one_of(st.none(), st.text(max_size=5)),
    "number": st.one_of(st.none(), st.floats(allow_nan=True)),
    "place": st.one_of(st.none(), st.integers(-9, 9)),
}


@given(st.lists(st.fixed_dictionaries(CELLS), min_size=1, max_size=6), st.randoms())
@settings(max_examples=60)
def test_the_content_digest_is_of_rows_not_of_their_order(
    given_: list[dict], rng: random.Random
) -> None:
    kinds = {"id": pl.String, "text": pl.String, "number": pl.Float64, "place": pl.Int64}
    rows = [{"id": f"r{at}", **row} for at, row in enumerate(given_)]
    frame = pl.DataFrame(rows, schema=kinds)
    shuffled = pl.DataFrame(rng.sample(rows, len(rows)), schema=kinds)
    names = rng.sample(frame.columns, 4)
    assert content_digest(frame) == content_digest(shuffled.select(names))
    other = frame.with_columns(text=pl.col("text").fill_null("") + "x")
    assert content_digest(frame) != content_digest(other)


def test_the_content_digest_tells_cells_apart() -> None:
    frames = [
        {"id": ["a", "b"], "x": ["1", "23"]},
        {"id": ["a", "b"], "x": ["12", "3"]},
        {"id": ["a", "b"], "x": ["123", ""]},
        {"id": ["a", "b"], "x": ["123", None]},
        {"id": ["a", "b"], "y": ["123", None]},
    ]
    assert len({content_digest(pl.DataFrame(each)) for each in frames}) == len(frames)


def test_the_content_digest_stays_what_it_is() -> None:
    rows = {"id": ["b", "a"], "text": ["é", None], "x": [0.1, None], "n": [7, None], "run": "r"}
    assert content_digest(pl.DataFrame(rows)) == (
        "be8096daf5cc66e7cc4f641eb96b8b3da3c5f3d5ec372dd011cd9e59f2287905"
    )


def test_the_content_digest_counts_nine_digits_and_no_sign_of_zero() -> None:
    def of(number: float) -> str:
        return content_digest(pl.DataFrame({"id": ["a"], "x": [number]}))

    assert of(0.1 + 0.2) == of(0.3)
    assert of(0.0) == of(-0.0)
    assert of(0.3) != of(0.3000001)


def test_shards_are_written_as_datasets_writes_them(tmp_path: Path) -> None:
    from datasets import Dataset, Features, Value

    rows = pl.DataFrame({"id": ["a", "b"], "x": [1, None], "f": [0.5, None], "t": ["é", None]})
    write_shards(rows, tmp_path, "ours")
    kinds = {"id": "string", "x": "int64", "f": "float64", "t": "string"}
    features = Features({name: Value(kind) for name, kind in kinds.items()})
    Dataset.from_polars(rows, features=features).to_parquet(tmp_path / "theirs.parquet")
    ours = tmp_path / "ours-00000-of-00001.parquet"
    assert ours.read_bytes() == (tmp_path / "theirs.parquet").read_bytes()


def test_many_rows_come_in_shards_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("curate.publish.shards.SHARD", 7)
    monkeypatch.setattr("curate.publish.shards._GROUP", 300)
    rows = pl.DataFrame({"id": [f"r{at:03}" for at in range(40)], "text": ["word " * 9] * 40})
    write_shards(rows, tmp_path, "frame")
    files = sorted(tmp_path.glob("frame-*.parquet"))
    assert [pl.read_parquet(file).height for file in files] == [7] * 5 + [5]
    assert pl.read_parquet(files).equals(rows)


# verify


@pytest.fixture
def folder(small: Path) -> Path:
    return small / made().folder


def test_what_was_published_is_whole(folder: Path) -> None:
    assert verify(folder) == []
    assert set(told(folder)["files"]) == {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }


@given(st.data())
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_changed_byte_anywhere_is_found(folder: Path, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(told(folder)["files"])))
    whole = (folder / name).read_bytes()
    content = bytearray(whole)
    if not content:
        content = bytearray(b"x")
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= 1 << data.draw(st.integers(0, 7))
    (folder / name).write_bytes(content)
    assert (name, "damaged") in {(fault.path, fault.what) for fault in verify(folder)}
    (folder / name).write_bytes(whole)


def test_missing_and_foreign_files_are_named(folder: Path) -> None:
    (folder / "losses.jsonl").unlink()
    (folder / "data" / "evil.txt").write_text("x")
    (folder / "linked").symlink_to("/etc")
    found = {(fault.path, fault.what) for fault in verify(folder)}
    assert found == {
        ("losses.jsonl", "missing"),
        ("data/evil.txt", "foreign"),
        ("linked", "foreign"),
    }


def test_rows_that_were_changed_together_with_their_sums_are_found(folder: Path) -> None:
    path = next(folder.glob("data/train-*.parquet"))
    rows = pl.read_parquet(path).with_columns(output=pl.lit("other"))
    rows.write_parquet(path)
    facts = told(folder)
    facts["files"][path.relative_to(folder).as_posix()] = hashlib.sha256(
        path.read_bytes()
    ).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(facts))
    (fault,) = verify(folder)
    assert fault.path == "data"
    assert "content digest" in fault.why


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": 1}', "[" * 9999])
def test_a_damaged_manifest_is_named(folder: Path, text: str) -> None:
    (folder / "manifest.json").write_text(text)
    (fault,) = verify(folder)
    assert (fault.path, fault.what) == ("manifest.json", "damaged")


def test_a_manifest_cannot_make_verify_look_outside(folder: Path) -> None:
    facts = told(folder)
    facts["files"]["../../../../../etc/passwd"] = "0" * 64
    (folder / "manifest.json").write_text(json.dumps(facts))
    (fault,) = verify(folder)
    assert fault.what == "missing"


# the same anywhere


def test_two_machines_publish_the_same_content(
    small: Path, script: Callable[[list[dict]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    script(FACTS)
    first = made("teacher.scripted.concurrency=1")
    other = small / "elsewhere" / "deep"
    (other / "docs").mkdir(parents=True)
    (other / ".curate/small").mkdir(parents=True)
    names = ["rivers.md", "bees.md", "cats.md"]  # made in another order
    for name in names:
        shutil.copy(small / "docs" / name, other / "docs" / name)
    for name in ("small.yaml", "replies.jsonl"):
        shutil.copy(small / name, other / name)
    shutil.copy(small / ".curate/small/journal.jsonl", other / ".curate/small/journal.jsonl")
    listing = Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda path: reversed(list(listing(path))))
    monkeypatch.setenv("POLARS_MAX_THREADS", "1")
    monkeypatch.chdir(other)
    recipe = load("small.yaml", [*OPEN, "teacher.scripted.concurrency=7"])
    workspace = Workspace("small")
    candidates = pipeline.generate(recipe, workspace, Silent())
    assert candidates.facts["usage"]["requests"] == 0  # all of it was in the journal
    pipeline.decide(recipe, workspace, Silent(), Local(3))
    second = publish(workspace, Silent())
    assert told(small / first.folder)["content_digest"] == told(second.folder)["content_digest"]
    same = [f"data/{side}-00000-of-00001.parquet" for side in ("train", "test")]
    one, two = told(small / first.folder)["files"], told(second.folder)["files"]
    assert [one[name] for name in same] == [two[name] for name in same]


# kills


def test_killed_at_any_moment_there_are_whole_versions_only(small: Path) -> None:
    made()
    folder = small / "datasets/small"
    command = [sys.executable, "-m", "curate", "publish", "small.yaml"]
    text = (small / "small.yaml").read_text()
    expected, rng = 1, random.Random(4)
    for turn in range(4):
        (small / "small.yaml").write_text(text.replace("test: 0.3", f"licence: l{turn}"))
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while not any(folder.glob(".partial-*/*")) and process.poll() is None:
            assert time.monotonic() < deadline
        time.sleep(rng.random() * 0.03)
        process.send_signal(signal.SIGKILL)
        process.wait()
        there = versions(folder)
        assert expected <= len(there) <= expected + 1
        assert [fault for each in there for fault in verify(folder / str(each))] == []
        expected = len(there)
    assert publish(Workspace("small"), Silent(), "minor").new
    assert not any(folder.glob(".*"))
