"""Version folders: whole, loadable, split by document, never changed."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import yaml

from curate import pipeline
from curate.errors import CurateError
from curate.progress import Silent
from curate.publish.card import card, escape
from curate.publish.split import split
from curate.publish.version import Version, versions
from curate.publish.write import publish
from curate.recipe import load
from curate.workspace import Workspace

DISTINCT = [  # a question and an answer of its own for each document
    *({"when": word, "text": text} for word, text in {
        "How many flowers": "A honey bee visits about fifty flowers on one flight.",
        "What does a river": "A river carries gravel, sand and mud towards the sea.",
        "How long does a cat": "A cat sleeps for about sixteen hours a day.",
    }.items()),
    {"text": "How many flowers does a bee visit?"},
    {"text": "What does a river carry to the sea?"},
    {"text": "How long does a cat sleep each day?"},
]  # fmt: skip


def published(name: str = "small.yaml", *overrides: str) -> Path:
    recipe = load(name, overrides)
    return pipeline.run(recipe, Workspace(recipe.name), Silent()).folder


def test_a_split_without_rows_does_not_keep_the_other_from_loading(small: Path) -> None:
    from datasets import load_dataset

    folder = published("small.yaml", "filters=[]", "publish.test=0")
    assert set(load_dataset(str(small / folder))) == {"train"}


def test_the_folder_loads_as_a_dataset_with_train_and_test(
    small: Path, script: Callable[[list[dict]], None]
) -> None:
    from datasets import load_dataset

    script(DISTINCT)
    folder = published("small.yaml", "filters=[]", "publish.test=0.5")
    data = load_dataset(str(small / folder))
    assert set(data) == {"train", "test"}
    rejected = load_dataset(str(small / folder), "rejected")["train"]
    assert all(rejected["dropped"])
    assert data["train"].features == data["test"].features
    assert data["train"].column_names[:4] == ["id", "instruction", "input", "output"]


def test_versions_of_one_number_are_not_taken_for_each_other(small: Path) -> None:
    from datasets import load_dataset

    first = published("small.yaml", "filters=[]")
    second = published("small.yaml", "name=other", "filters=[]", "teacher.scripted.model=x")
    loaded = [load_dataset(str(small / folder))["train"]["id"] for folder in (first, second)]
    assert [list(ids) for ids in loaded] == [
        pl.read_parquet(folder / "data/train-*.parquet")["id"].to_list()
        for folder in (first, second)
    ]
    assert loaded[0] != loaded[1]


def test_a_version_says_what_it_was_made_from(small: Path) -> None:
    folder = published()
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["recipe"]["topic"] == "animals and rivers"
    assert [document["path"] for document in manifest["documents"]] == [
        "bees.md", "cats.md", "rivers.md",
    ]  # fmt: skip
    assert manifest["models"] == ["scripted"]
    assert re.fullmatch(r"question-answer@[0-9a-f]{8}", manifest["prompt"])
    assert manifest["usage"]["completion_tokens"] > 0
    assert manifest["packages"]["polars"]
    assert load(str(folder / "recipe.yaml")).to_dict() == manifest["recipe"]
    assert "replies" not in json.dumps(manifest["packages"])


def test_the_frozen_recipe_makes_the_same_version_again(small: Path) -> None:
    first = published()
    digest = json.loads((first / "manifest.json").read_text())["content_digest"]
    (small / "frozen.yaml").write_text((first / "recipe.yaml").read_text())
    for path in sorted((small / ".curate").rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    (small / "datasets").rename(small / "elsewhere")
    again = published("frozen.yaml")
    assert json.loads((again / "manifest.json").read_text())["content_digest"] == digest


def test_a_disk_that_fails_leaves_the_versions_as_they_were(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published()
    pipeline.decide(load("small.yaml", ["filters=[]"]), Workspace("small"), Silent())

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.rename", fail)
        with pytest.raises(CurateError, match="No version was changed"):
            publish(Workspace("small"), Silent())
    assert versions(small / "datasets/small") == [Version(0, 1, 0)]
    assert publish(Workspace("small"), Silent()).version == Version(1, 0, 0)
    assert sorted(os.listdir(small / "datasets/small")) == ["0.1.0", "1.0.0"]


@pytest.mark.parametrize(
    ("bump", "expected"), [("major", "1.0.0"), ("minor", "0.2.0"), ("patch", "0.1.1")]
)
def test_bump_chooses_the_next_version(small: Path, bump: str, expected: str) -> None:
    published()
    assert str(publish(Workspace("small"), Silent(), bump).version) == expected


def frame(documents: int, per: int = 3) -> pl.DataFrame:
    names = [f"d{i}" for i in range(documents) for _ in range(per)]
    return pl.DataFrame({"id": [f"r{i}" for i in range(len(names))], "document": names})


@pytest.mark.parametrize("documents", [2, 3, 10, 200])
def test_no_document_is_on_both_sides_and_both_have_one(documents: int) -> None:
    sides = split(frame(documents), 0.1, 0).group_by("document").agg(pl.col("split").n_unique())
    assert sides["split"].to_list() == [1] * documents
    assert set(split(frame(documents), 0.1, 0)["split"]) == {"train", "test"}


def test_a_document_keeps_its_side_as_the_dataset_grows() -> None:
    few = split(frame(100), 0.2, 0).unique("document").select("document", "split")
    many = split(frame(300), 0.2, 0).unique("document").select("document", "split")
    assert few.join(many, on="document").filter(pl.col("split") != pl.col("split_right")).is_empty()


def test_one_document_cannot_be_split_and_no_share_gives_no_test() -> None:
    assert set(split(frame(1), 0.1, 0)["split"]) == {"train"}
    assert set(split(frame(9), 0.0, 0)["split"]) == {"train"}


def test_a_hostile_document_cannot_break_the_card(small: Path) -> None:
    (small / "docs/a|b<script>.md").write_text("# `x` | [y](http://z)\n\n" + "A cat sleeps. " * 9)
    text = (published("small.yaml", "topic='<img src=x> | **bold**'") / "README.md").read_text()
    front, body = text.split("---\n")[1:]
    assert yaml.safe_load(front)["configs"][0]["config_name"] == "default"
    assert "<img" not in body
    assert "<script>" not in body
    assert "**bold**" not in body


def test_escaping_leaves_no_markup() -> None:
    assert escape("a|b\n<i>*c*</i>") == r"a\|b &lt;i&gt;\*c\*&lt;/i&gt;"


def test_the_card_has_the_hubs_front_matter(small: Path) -> None:
    folder = published("small.yaml", "publish.licence=cc-by-4.0")
    front = yaml.safe_load((folder / "README.md").read_text().split("---\n")[1])
    assert front["license"] == "cc-by-4.0"
    assert front["language"] == ["en"]
    assert front["size_categories"] == ["n<1K"]
    manifest = json.loads((folder / "manifest.json").read_text())
    assert card(manifest) == (folder / "README.md").read_text()


def test_versions_are_ordered_as_numbers(tmp_path: Path) -> None:
    for name in ("0.10.0", "0.9.0", "1.0.0", "notes", ".partial-x"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "manifest.json").write_text("{}")
    (tmp_path / "2.0.0").mkdir()  # no manifest: not whole
    assert [str(v) for v in versions(tmp_path)] == ["0.9.0", "0.10.0", "1.0.0"]
