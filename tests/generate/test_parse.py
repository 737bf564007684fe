"""Replies → drafts: what is understood, and that nothing ever crashes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.generate import parse
from curate.generate.parse import Draft
from curate.teachers.base import Reply


def reply(text: str, finish: str = "stop") -> Reply:
    return Reply(text, 1, 1, finish)


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("What is a cat?", "What is a cat?"),
        ('"What is a cat?"', "What is a cat?"),
        ("Question: What is a cat?\nAnswer: An animal.", "What is a cat?"),
        ("\n\n1. What is a cat?\n2. What is a dog?", "What is a cat?"),
        ("**Question:** What is a cat?", "What is a cat?"),
        ("<|im_start|>What is a cat?<|im_end|>", "What is a cat?"),
        ("  \n ", ""),
    ],
)
def test_the_question_in_a_reply(text: str, question: str) -> None:
    assert parse.question(reply(text)) == question


def test_an_answer_that_breaks_off_is_kept_with_its_problem() -> None:
    assert parse.answer("Why?", reply("Because the", "length")) == Draft(
        "Why?", "Because the", parse.TRUNCATED
    )
    assert parse.answer("Why?", reply(" ")).problem == "empty answer"
    assert parse.answer("Why?", reply("Answer: So.")) == Draft("Why?", "So.")


PAIR = {"instruction": "Why?", "output": "So."}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"pairs": [PAIR]}),
        json.dumps([PAIR]),
        json.dumps(PAIR),
        f"Here you are:\n```json\n{json.dumps({'pairs': [PAIR]}, indent=2)}\n```\nEnjoy!",
        json.dumps({"pairs": [PAIR, PAIR]})[:-20],  # breaks off within the second pair
        '{"instruction": "Why?",\n "output": "So.",}' + json.dumps(PAIR),  # one broken, one whole
    ],
)
def test_pairs_are_found_in_json_of_many_shapes(text: str) -> None:
    assert parse.pairs(reply(text)) == [Draft("Why?", "So.")]


def test_pairs_that_lack_something_say_what() -> None:
    text = json.dumps({"pairs": [{"instruction": "Why?"}, {"output": "x"}, {"instruction": 3}]})
    problems = [draft.problem for draft in parse.pairs(reply(text))]
    assert problems == ["no output", "no instruction", "no instruction"]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"data": {"pairs": [PAIR]}}),
        json.dumps({"pairs": [[PAIR]]}),
        json.dumps({"output": [PAIR]}),
        json.dumps({"instruction": "Here you are", "pairs": [PAIR]}),
        json.dumps({"pairs": [{"Question": "Why?", "Answer": "So."}]}),
        '<think>{"instruction": "draft", "output": "draft"}</think>' + json.dumps([PAIR]),
    ],
)
def test_a_wrapper_of_another_shape_loses_no_pair(text: str) -> None:
    assert parse.pairs(reply(text)) == [Draft("Why?", "So.")]


def test_a_reply_without_pairs_gives_its_reason() -> None:
    assert (
        parse.problem(reply("Here is one: I am sorry."))
        == "reply not JSON: Here is one: I am sorry."
    )
    assert parse.problem(reply('{"pairs": [', "length")) == parse.TRUNCATED
    assert parse.problem(reply("")) == "empty reply"
    refused = [
        reply("I'm sorry, but I can't help with that."),
        reply("As an AI, I do not write pairs."),
        reply("", "content_filter"),
        reply("No.", "refusal"),
    ]
    assert all(parse.problem(one).startswith("refused by teacher: ") for one in refused)


def test_pairs_that_lack_something_are_named_by_number() -> None:
    text = json.dumps({"pairs": [PAIR, {"instruction": "Who?"}, {"output": "So."}]})
    assert parse.problem(reply(text)) == "pair 2: no output; pair 3: no instruction"
    assert parse.problem(reply(json.dumps({"pairs": [PAIR]}))) == ""


def test_an_input_must_stand_in_the_passage_but_for_white_space() -> None:
    pair = {"instruction": "List.", "input": "cats  and dogs", "output": ["cats", "dogs"]}
    drafts = parse.pairs(reply(json.dumps(pair)), source="Of cats and\ndogs.")
    assert drafts == [Draft("List.", '["cats", "dogs"]', "", "cats  and dogs")]
    told = parse.problem(reply(json.dumps({**pair, "input": "mice"})), source="Of cats.")
    assert told == "pair 1: input does not stand in the passage"


@given(st.text() | st.from_regex(r'[\[\]{}",:a-z\\ ]*', fullmatch=True))
def test_any_reply_is_drafts_or_a_reason(text: str) -> None:
    found = parse.pairs(reply(text))
    for draft in found:
        assert bool(draft.problem) != bool(draft.instruction and draft.output)
    faulty = not found or any(draft.problem for draft in found)
    assert bool(parse.problem(reply(text))) == faulty
    drafts = [parse.answer("Why?", reply(text))]
    assert all(bool(draft.problem) != bool(draft.output) for draft in drafts)
    assert "\n" not in parse.question(reply(text))


def test_a_reply_nested_without_end_does_not_crash() -> None:
    assert parse.pairs(reply('{"a":' * 20_000)) == []
    assert parse.pairs(reply("[{" * 20_000)) == []
    assert parse.pairs(reply("{" * 300_000)) == []  # the square of that would not end
