"""Reading a version folder."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from train.errors import UsageError
from train.version import Row, read


def test_rows_names_and_digest_are_read(version: Path) -> None:
    facts = read(version)
    assert (facts.name, facts.version, facts.digest) == ("facts", "1.2.0", "abc123")
    assert facts.train[2] == Row("train-2", "Name the type.", "3.5", "A float.")
    assert [row.id for row in facts.test] == ["test-0", "test-1"]


def test_shards_are_read_in_order(new_version, tmp_path: Path) -> None:
    folder = new_version(tmp_path / "x/1.0.0", [("One?", "", "1")])
    second = {"id": ["b"], "instruction": ["Two?"], "input": [None], "output": ["2"]}
    frame = pl.DataFrame(second, schema_overrides={"input": pl.String})
    frame.write_parquet(folder / "data/train-00001-of-00002.parquet")
    assert read(folder).train[1] == Row("b", "Two?", "", "2")


def test_a_version_published_by_curate_is_read_as_it_is(small: Path) -> None:
    from click.testing import CliRunner

    from curate.cli import main

    done = CliRunner().invoke(main, ["run", "small.yaml", "--set", "publish.test=0"])
    assert done.exit_code == 0, done.output
    (folder,) = Path("datasets/small").glob("[0-9]*")
    facts = read(folder)
    assert (facts.name, facts.version) == ("small", folder.name)
    assert len(facts.digest) > 8
    assert facts.options["base"] == "EleutherAI/pythia-70m"
    assert {row.instruction for row in facts.train} == {"How long does a cat sleep each day?"}


def test_a_folder_that_is_not_there(command, tmp_path: Path) -> None:
    done = command(tmp_path / "nope")
    assert done.code == 2
    assert f"{tmp_path / 'nope'} does not exist" in done.err
    assert "curate ls shows what there is, curate publish makes one" in done.err


def test_a_folder_that_is_no_version(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"lacks manifest.json and data/train-\*.parquet. curate"):
        read(tmp_path)


def test_the_folder_of_a_dataset_names_its_versions(version: Path) -> None:
    with pytest.raises(UsageError, match=r"several: 1.2.0. Choose one, as in: python -m train .*"):
        read(version.parent)


def test_a_version_without_rows(new_version, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has no training rows"):
        read(new_version(tmp_path / "x/1.0.0", []))


def test_a_column_that_lacks_is_named(new_version, tmp_path: Path) -> None:
    folder = new_version(tmp_path / "x/1.0.0", [("One?", "", "1")])
    file = folder / "data/train-00000-of-00001.parquet"
    pl.read_parquet(file).drop("output").write_parquet(file)
    with pytest.raises(UsageError, match="lacks the column output; has: "):
        read(folder)


@pytest.mark.parametrize("name", ["manifest.json", "data/train-00000-of-00001.parquet"])
def test_a_damaged_file_is_named(new_version, tmp_path: Path, name: str) -> None:
    folder = new_version(tmp_path / "x/1.0.0", [("One?", "", "1")])
    (folder / name).write_bytes(b"{broken")
    with pytest.raises(UsageError, match=name):
        read(folder)


def test_a_manifest_that_is_a_list(new_version, tmp_path: Path) -> None:
    folder = new_version(tmp_path / "x/1.0.0", [("One?", "", "1")])
    (folder / "manifest.json").write_text(json.dumps([]))
    with pytest.raises(UsageError, match="is not a JSON object"):
        read(folder)


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        (b"train: [", "recipe.yaml is not YAML"),
        (b"train: fast", "recipe.yaml: train: must hold options"),
        (b"train: {1: 2}", "recipe.yaml: train.1: there is no such option. Known: base, epochs"),
        (b"train: {base: caf\xe9}", "recipe.yaml is not YAML"),
        (b"[" * 5000, "recipe.yaml is not YAML"),
        (b"at: 2024-99-99", "recipe.yaml is not YAML"),
        (b"at: !!bool perhaps", "recipe.yaml is not YAML"),
    ],
)
def test_a_recipe_that_cannot_be_read_is_named(
    command, new_version, tmp_path: Path, recipe: bytes, message: str
) -> None:
    folder = new_version(tmp_path / "x/1.0.0", [("One?", "", "1")])
    (folder / "recipe.yaml").write_bytes(recipe)
    done = command(folder)
    assert done.code == 2
    assert message in done.err
    assert len(done.err.splitlines()) == 1


def test_a_manifest_of_brackets(new_version, tmp_path: Path) -> None:
    folder = new_version(tmp_path / "x/1.0.0", [("One?", "", "1")])
    (folder / "manifest.json").write_text("[" * 100_000)
    with pytest.raises(UsageError, match="manifest.json is not JSON"):
        read(folder)
