"""Prompt files: what is filled in, and what is wrong with one."""

from __future__ import annotations

from pathlib import Path

import pytest

from curate import assets
from curate.errors import InputError
from curate.generate.prompts import load_prompt

GOOD = """\
task: question
two-step:
  ask: "Fact: $focus. Begin with: $starter"
  ask-freely: "Fact: $focus."
  answer: "$question Fact: $focus"
  examples:
    - {focus: Tides rise., starter: What do tides, question: "What do tides do?", answer: They rise.}
json:
  system: You know about $topic.
  user: "$pairs pairs: $passage for $$1"
"""


def write(text: str) -> str:
    Path("p.yaml").write_text(text, encoding="utf-8")
    return "p.yaml"


@pytest.mark.parametrize("name", assets.names("prompts"))
@pytest.mark.parametrize("protocol", ["two-step", "json"])
def test_bundled_prompts_have_both_protocols(name: str, protocol: str) -> None:
    assert load_prompt(name, protocol).identity.startswith(f"{name}@")


def test_texts_are_filled_in_and_braces_of_json_are_left_alone(here: Path) -> None:
    prompt = load_prompt(write(GOOD.replace("for $$1", "{'a': 1} $$1")), "json")
    values = {"topic": "cats", "heading": "", "passage": "Cats $sleep.", "pairs": "3"}
    assert prompt.fill("system", values) == "You know about cats."
    assert prompt.fill("user", values) == "3 pairs: Cats $sleep. {'a': 1} $1"


def test_examples_become_a_conversation_with_the_very_texts(here: Path) -> None:
    prompt = load_prompt(write(GOOD), "two-step")
    assert prompt.lesson("ask", "question") == [
        {"role": "user", "content": "Fact: Tides rise.. Begin with: What do tides"},
        {"role": "assistant", "content": "What do tides do?"},
    ]
    assert prompt.lesson("answer", "answer")[0]["content"] == "What do tides do? Fact: Tides rise."


def test_any_change_of_a_text_changes_the_identity(here: Path) -> None:
    first = load_prompt(write(GOOD), "two-step").identity
    assert load_prompt(write(GOOD.replace("They rise", "They fall")), "two-step").identity != first
    assert load_prompt(write(GOOD.replace("You know", "You")), "two-step").identity == first


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("$topic", "$subject", "has $subject, which is not filled in there. Known: $topic"),
        ("$passage", "it", "json.user does not hold $passage"),
        ("$$1", "$ 1", "lone $"),
        ("  system: You know about $topic.\n", "", "json.system is missing"),
        ("  system:", "  sytem: x\n  system:", 'unknown json.sytem. Did you mean "system"?'),
        ("task: question\n", "", "has no `task:`"),
        ("json:", "jsn:", "has no protocol 'json'; it has: two-step"),
        ("task:", "task: [", "not valid YAML"),
    ],
)
def test_what_is_wrong_is_named(here: Path, old: str, new: str, told: str) -> None:
    with pytest.raises(InputError) as caught:
        load_prompt(write(GOOD.replace(old, new)), "json")
    assert told in str(caught.value)


def test_an_example_must_be_whole(here: Path) -> None:
    with pytest.raises(InputError, match="example 1 must have exactly answer, focus"):
        load_prompt(write(GOOD.replace(", answer: They rise.", "")), "two-step")
