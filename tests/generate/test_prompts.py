"""Prompt files: what is filled in, and what is wrong with one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from curate import assets
from curate.errors import InputError
from curate.generate.options import Generate
from curate.generate.prompts import load_prompt, load_prompts, named
from curate.generate.seeds import Seed

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

TOLD = """\
task: extraction
input: excerpt
two-step:
  instructions: [List the keywords., "Name what $topic is about, in $$: $heading"]
  answer: "$focus $question"
  examples:
    - {focus: Tides rise., question: List the keywords., answer: tides}
json:
  system: You know about $topic, in $words words.
  user: "$pairs pairs: $passage"
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


def test_instructions_stand_in_place_of_questions(here: Path) -> None:
    prompt = load_prompt(write(TOLD), "two-step")
    assert (prompt.task, prompt.input) == ("extraction", "excerpt")
    values = {"topic": "cats", "heading": "Food"}
    told = [prompt.instruction(number, values) for number in range(3)]
    assert told == ["List the keywords.", "Name what cats is about, in $: Food", told[0]]
    assert set(prompt.texts) == {"answer"}
    assert prompt.lesson("answer", "answer") == [
        {"role": "user", "content": "Tides rise. List the keywords."},
        {"role": "assistant", "content": "tides"},
    ]


def test_a_file_says_which_rows_carry_an_input(here: Path) -> None:
    assert load_prompt(write(GOOD), "two-step").input == "share"
    assert load_prompt(write(f"input: share\n{GOOD}"), "json").input == "share"
    assert load_prompt(write(f"input: excerpt\n{GOOD}"), "json").input == "excerpt"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("List the keywords.,", "Name the keywords.,"),
        ("[List the keywords., ", "["),
        ("task: extraction", "task: keywords"),
    ],
)
def test_input_and_instructions_are_part_of_the_identity(here: Path, old: str, new: str) -> None:
    first = load_prompt(write(TOLD), "two-step").identity
    assert load_prompt(write(TOLD.replace(old, new)), "two-step").identity != first
    assert load_prompt(write(TOLD), "two-step").identity == first


def test_seeds_are_part_of_the_identity(here: Path) -> None:
    write(GOOD)
    first, second = (load_prompt("p.yaml", "json", (Seed("Why?", text),)) for text in "ab")
    assert len({first.identity, second.identity, load_prompt("p.yaml", "json").identity}) == 3


def test_seeds_come_last_in_a_lesson(here: Path) -> None:
    seed = Seed("What is a tide, in brief?", "The sea\nrises.")
    prompt = load_prompt(write(GOOD), "two-step", (seed,))
    assert [turn["content"] for turn in prompt.lesson("ask", "question")[-2:]] == [
        "Fact: The sea rises.. Begin with: What is a",
        "What is a tide, in brief?",
    ]


def test_seeds_do_nothing_beside_instructions_and_that_is_told(here: Path) -> None:
    write(TOLD)
    Path("s.jsonl").write_text('{"instruction": "Why?", "output": "So."}\n')
    options = Generate(prompt="p.yaml", seeds="s.jsonl")
    with pytest.raises(InputError, match="a prompt that lists its own instructions takes none"):
        load_prompts(options)
    (both,) = load_prompts(replace(options, protocol="json"))
    assert both.seeds == (Seed("Why?", "So."),)
    first, second = load_prompts(replace(options, prompt=["p.yaml", "question-answer"]))
    assert (first.seeds, len(second.seeds)) == ((), 1)


def test_a_task_on_an_excerpt_prefers_seeds_that_have_one(here: Path) -> None:
    seeds = (Seed("Why?", "So."), Seed("List.", "[]", "Cats sleep."))
    assert load_prompt(write(f"input: excerpt\n{GOOD}"), "json", seeds).seeds == seeds[1:]
    assert load_prompt(write(GOOD), "json", seeds).seeds == seeds[:1]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("input: excerpt", "input: exerpt", "input is 'exerpt'; expected share or excerpt"),
        ("input: excerpt", "input: []", "input is []; expected share or excerpt"),
        ("  instructions:", "  instuctions:", "unknown two-step.instuctions. Did you mean"),
        ("  examples:", "  exampels:", 'unknown two-step.exampels. Did you mean "examples"?'),
        ("  answer:", "  ask: $focus\n  answer:", "unknown two-step.ask."),
        ("[List the keywords., ", "[3, ", "instruction 1 is missing or not text"),
        ("[List the keywords., ", '["", ', "instruction 1 is missing or not text"),
        ("in $$", "in $", "instruction 2 has a lone $"),
        ("$heading", "$passage", "instruction 2 has $passage, which is not filled in there"),
        ("[List the keywords., ", "List [", "not valid YAML"),
        ("$question", "", "two-step.answer does not hold $question"),
        ("focus: Tides rise.,", "focus: Tides rise., starter: x,", "example 1 must have exactly"),
        ("question: List the keywords.,", "question: 3,", "example 1 must have exactly"),
    ],
)
def test_what_is_wrong_with_instructions_is_named(
    here: Path, old: str, new: str, told: str
) -> None:
    assert old in TOLD
    with pytest.raises(InputError) as caught:
        load_prompt(write(TOLD.replace(old, new)), "two-step")
    assert told in str(caught.value)


def test_instructions_must_be_a_list(here: Path) -> None:
    text = TOLD.replace("[List the keywords., ", '"').replace(': $heading"]', '"')
    text = text.replace('"Name', "Name", 1)
    with pytest.raises(InputError, match="instructions must be a list"):
        load_prompt(write(text), "two-step")


def test_instructions_are_unknown_to_json(here: Path) -> None:
    text = TOLD.replace("  system:", "  instructions: [x]\n  system:")
    with pytest.raises(InputError, match=r"unknown json\.instructions"):
        load_prompt(write(text), "json")


def test_a_recipe_may_name_several_prompts(here: Path) -> None:
    write(TOLD)
    prompts = load_prompts(Generate(prompt=["question-answer", "p.yaml"], protocol="json"))
    assert [prompt.name for prompt in prompts] == ["question-answer", "p"]
    assert named(prompts) == ", ".join(prompt.identity for prompt in prompts)


@pytest.mark.parametrize("names", [[], ["extraction", "extraction"]])
def test_a_list_of_prompts_names_each_once(names: list[str]) -> None:
    with pytest.raises(InputError, match="not a list of different prompts"):
        load_prompts(Generate(prompt=names))


def test_a_name_that_is_nearly_a_bundled_one_is_told() -> None:
    with pytest.raises(InputError, match='Did you mean "extraction"'):
        load_prompt("extracton", "json")


def test_one_prompt_under_two_names_is_refused_before_it_is_paid_twice(here: Path) -> None:
    text = (assets.folder("prompts") / "question-answer.yaml").read_text(encoding="utf-8")
    Path("mine.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="are the same"):
        load_prompts(Generate(prompt=["question-answer", "mine.yaml"]))
