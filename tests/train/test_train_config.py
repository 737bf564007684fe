"""Options: defaults, the recipe's, the command line's."""

from __future__ import annotations

import pytest

from train.config import TrainConfig, configure, options
from train.errors import UsageError


def test_given_goes_before_recipe_and_recipe_before_default() -> None:
    config = configure({"epochs": 5, "batch_size": 2}, {"epochs": 1})
    assert (config.epochs, config.batch_size) == (1, 2)
    assert config.base == "EleutherAI/pythia-70m"


def test_a_learning_rate_that_yaml_reads_as_text() -> None:
    assert configure({"learning_rate": "5e-5"}, {}) == TrainConfig(learning_rate=5e-5)


def test_every_option_has_a_meaning() -> None:
    assert [option.name for option in options() if not option.meaning] == []


def test_all_problems_are_told_with_where_they_come_from() -> None:
    with pytest.raises(UsageError) as error:
        configure({"epochs": 0, "learning_rat": 1}, {"batch_size": -1, "schedule": "bumpy"})
    assert str(error.value).splitlines() == [
        "recipe.yaml: train.epochs: 0 should be greater than 0",
        "--batch-size: -1 should be greater than or equal to 1",
        "--schedule: 'bumpy' should be 'cosine', 'linear' or 'constant'",
        "recipe.yaml: train.learning_rat: there is no such option. Did you mean learning_rate?",
    ]


def test_the_recipe_of_a_version_is_heeded(
    command, new_version, base, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = f"name: facts\ntrain: {{base: {base}, max_steps: 2, batch_size: 1}}\n"
    version = new_version(tmp_path / "x/1.0.0", [("One?", "", "1"), ("Two?", "", "2")], (), recipe)
    monkeypatch.chdir(tmp_path)
    done = command(version, "--batch-size", 2)
    assert done.code == 0, done.err
    assert "Steps      2 in" in done.out
    assert "2 epochs" in done.out
