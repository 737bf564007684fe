"""Recipes: what is valid, and how every problem is told."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from curate import assets
from curate.errors import InputError, RecipeError, UsageError
from curate.recipe import find, from_text, load

MINIMAL = "name: x\ntopic: y\nsource: {pydoc: {}}\nteacher: {embedded: {}}\n"


def problems(text: str) -> list[str]:
    with pytest.raises(RecipeError) as caught:
        from_text(text, "r.yaml")
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize("name", assets.names("recipes"))
def test_bundled_recipes_are_valid_and_open_with_their_command(name: str) -> None:
    assert load(name).name == name
    assert find(name).read_text().startswith(f"# curate run recipes/{name}.yaml")


def test_a_minimal_recipe_has_the_documented_defaults() -> None:
    recipe = from_text(MINIMAL, "r.yaml")
    assert (recipe.generate.pairs, recipe.dedup.threshold, recipe.filters) == (3, 0.8, ())


def test_every_problem_is_reported_at_once_with_its_line() -> None:
    text = (
        "name: x\n"
        "topic: y\n"
        "source: {pydocs: {}}\n"
        "teacher: {openai: {modle: gpt}}\n"
        "generate: {pairs: three, passage_tokens: 5}\n"
        "filters:\n"
        "  - length: {min: 3}\n"
        "  - langage: {code: en}\n"
        "  - quality: {min: 0.9, max: 0.1}\n"
        "pubish: {test: 0.1}\n"
    )
    found = problems(text)
    assert found[0] == "r.yaml:10: pubish: there is no option 'pubish'. Did you mean \"publish\"?"
    assert "r.yaml:3: source.pydocs: there is no source 'pydocs'. Did you mean \"pydoc\"?" in found
    assert any(p.startswith("r.yaml:4: teacher.openai.model: is missing") for p in found)
    assert any("r.yaml:4: teacher.openai.modle" in p and 'Did you mean "model"' in p for p in found)
    assert "r.yaml:5: generate.pairs: 'three': expected a valid integer" in found
    assert any(
        "generate.passage_tokens: 5: expected greater than or equal to 16" in p for p in found
    )
    assert any("r.yaml:8: filters[1].langage" in p and '"language"' in p for p in found)
    assert any("r.yaml:9: filters[2].quality: min 0.9 is above max 0.1" in p for p in found)
    assert len(found) == 8


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("name: ../escape\n", "name: '../escape' is not a folder name"),
        ("name: 7\n", "name: 7: expected a valid string"),
        ("source: pydoc\n", "source: 'pydoc' is not one name with its options"),
        ("filters: {length: {}}\n", "filters: {'length': {}} where a list"),
        ("filters: [{length: {}}, {length: {}}]\n", "length is listed 2 times"),
        ("generate: {prompt: quetion-answer}\n", 'Did you mean "question-answer"?'),
        ("teacher: {openai: {model: m, base_url: 'http://u:secret@h/v1'}}\n", "no key or password"),
        ("publish: {test: yes}\n", "publish.test: True: expected a valid number"),
    ],
)
def test_one_problem(change: str, told: str) -> None:
    key = change.split(":")[0]
    kept = "".join(line for line in MINIMAL.splitlines(True) if not line.startswith(f"{key}:"))
    assert [told in problem for problem in problems(kept + change)] == [True]


def test_a_key_that_stands_twice_is_a_problem() -> None:
    assert problems(MINIMAL + "topic: z\n") == ["r.yaml:5: topic: stands twice, first in line 2"]


@pytest.mark.parametrize("text", ["", "- a\n", "a: [\n", "a: b: c\n", "\ttab: x\n"])
def test_what_is_no_mapping_is_told_not_raised(text: str) -> None:
    assert len(problems(text)) == 1


def test_set_overrides_options_and_list_items_by_name() -> None:
    text = MINIMAL + "filters: [{quality: {min: 0.6}}]\n"
    recipe = from_text(
        text, "r", ["generate.pairs=7", "filters.quality.min=0.9", "filters.length.max=5"]
    )
    assert recipe.generate.pairs == 7
    assert [(f.name, f.min, f.max) for f in recipe.filters] == [
        ("quality", 0.9, None),
        ("length", 3, 5),
    ]


def test_a_malformed_override_says_how_it_is_written() -> None:
    with pytest.raises(UsageError, match="expected KEY.PATH=VALUE"):
        from_text(MINIMAL, "r", ["generate.pairs"])


def test_an_override_is_checked_like_the_file() -> None:
    with pytest.raises(RecipeError, match="generate.pears: there is no option"):
        from_text(MINIMAL, "r", ["generate.pears=3"])


def test_a_recipe_survives_being_written_and_read() -> None:
    recipe = load("python-reference")
    assert from_text(recipe.to_yaml(), "again") == recipe
    assert yaml.safe_load(recipe.to_yaml()) == recipe.to_dict()


def test_a_missing_recipe_names_what_there_is(here: Path) -> None:
    with pytest.raises(InputError, match="curate new NAME"):
        load("recipes/nothing.yaml")
    with pytest.raises(InputError, match='Did you mean "python-reference"'):
        load("python-refrence")


@pytest.mark.parametrize(
    "text",
    [
        "a: 2020-99-99",
        "a: !!int abc",
        "a: !!bool abc",
        "a: " + "9" * 5000,
        "a: &x [1]\nb: *x",
        "a: &x [*x]",
        "a: " + "[" * 3000,
    ],
)
def test_yaml_that_cannot_be_read_is_told_not_raised(text: str) -> None:
    assert len(problems(MINIMAL + text + "\n")) == 1


@pytest.mark.parametrize("path", ["5", "{a: b}", "[docs, 5]"])
def test_one_wrong_value_is_one_problem(path: str) -> None:
    text = MINIMAL.replace("{pydoc: {}}", f"{{files: {{path: {path}}}}}")
    found = problems(text)
    assert len(found) == 1
    assert found[0].startswith("r.yaml:3: source.files.path: ")


@pytest.mark.parametrize(
    "override",
    ["filters.quality=null", "filters.length=5", "generate.pairs=2020-99-99", "a[b=1"],
)
def test_an_odd_override_is_an_error_for_the_user(override: str) -> None:
    with pytest.raises(UsageError):
        from_text(MINIMAL + "filters: [{quality: {}}]\n", "r", [override])


@pytest.mark.parametrize("change", ["filters: false", "filters: 0", "generate: []", 'dedup: ""'])
def test_only_null_stands_for_nothing(change: str) -> None:
    assert len(problems(MINIMAL + change + "\n")) == 1
