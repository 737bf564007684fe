"""Rows as tokens: what the model sees, and what of it is learned."""

from __future__ import annotations

import pytest

from train.data import IGNORED, tokenise
from train.template import render
from train.version import Row


def test_pythias_token_ids(pythia) -> None:
    from train.data import encode

    texts = ["Hi, how are you?", "I'm good", "Yes"]
    assert encode(pythia, texts) == [[12764, 13, 849, 403, 368, 32], [42, 1353, 1175], [4374]]
    assert (pythia.eos_token_id, pythia.pad_token_id, len(pythia)) == (0, 1, 50_277)


def test_pythias_ids_padded_on_the_right_and_cut_on_the_left(pythia) -> None:
    import copy

    course = copy.deepcopy(pythia)
    course.pad_token, course.truncation_side = course.eos_token, "left"
    batch = course(
        ["Hi, how are you?", "I'm good", "Yes"], max_length=3, truncation=True, padding=True
    )
    assert batch["input_ids"] == [[403, 368, 32], [42, 1353, 1175], [4374, 0, 0]]


@pytest.mark.parametrize("which", ["tokenizer", "pythia"])
@pytest.mark.parametrize("output", ["Yes", "\n\n- a\n- b", " a", "\n"])
def test_a_response_never_changes_the_tokens_of_its_prompt(
    request: pytest.FixtureRequest, which: str, output: str
) -> None:
    tokenizer = request.getfixturevalue(which)
    (row,) = tokenise([Row("a", "List them.", "", output)], tokenizer, 2048).rows
    alone = tokenizer(render("List them."), add_special_tokens=False)["input_ids"]
    assert row.prompt == alone
    assert tokenizer.decode(row.input_ids) == render("List them.") + output + "<|endoftext|>"


def test_the_name_of_a_special_token_is_text(pythia) -> None:
    spelt = [66, 29, 93, 423, 1171, 1156, 49651, 67]
    (row,) = tokenise(
        [Row("a", "a<|endoftext|>b", "<|padding|>", "a<|endoftext|>b")], pythia, 2048
    ).rows
    assert row.response == [*spelt, 0]
    assert not {0, 1} & set(row.prompt)
    assert pythia.decode(row.prompt) == render("a<|endoftext|>b", "<|padding|>")


def test_tokenised_as_one_text_the_prompt_would_change(pythia) -> None:
    """Why prompt and response are tokenised apart: shows that the trap is real."""
    prompt = render("List them.")
    alone = pythia(prompt)["input_ids"]
    assert pythia(prompt + "\n\n- a")["input_ids"][: len(alone)] != alone


def test_labels_hide_exactly_the_prompt(pythia) -> None:
    (row,) = tokenise([Row("a", "Is it?", "rain", "Yes")], pythia, 2048).rows
    prompt = pythia(render("Is it?", "rain"))["input_ids"]
    assert row.input_ids == [*prompt, 4374, 0]
    assert row.labels == [IGNORED] * len(prompt) + [4374, 0]


def test_a_row_that_just_fits_stays_whole_and_a_longer_one_goes(tokenizer) -> None:
    rows = [Row("fits", "Why?", "", "abc"), Row("over", "Why?", "", "abcd")]
    length = len(tokenizer(render("Why?"))["input_ids"]) + 4
    tokens = tokenise(rows, tokenizer, length)
    assert [row.id for row in tokens.rows] == ["fits"]
    assert tokens.rows[0].response[-1] == tokenizer.eos_token_id
    assert [(row.id, row.reason) for row in tokens.left_out] == [
        ("over", f"{length + 1} tokens > context {length}")
    ]


def test_an_empty_output_teaches_nothing(tokenizer) -> None:
    tokens = tokenise([Row("a", "Why?", "", "")], tokenizer, 2048)
    assert len(tokens) == 0
    assert tokens.left_out[0].reason == "empty output"


def test_no_rows(tokenizer) -> None:
    assert len(tokenise([], tokenizer, 2048)) == 0
