"""The prompt is Alpaca's, to the letter."""

from __future__ import annotations

from train.template import render


def test_without_input() -> None:
    assert render("Name a prime.") == (
        "Below is an instruction that describes a task. Write a response that appropriately "
        "completes the request.\n\n### Instruction:\nName a prime.\n\n### Response:\n"
    )


def test_with_input() -> None:
    assert render("Double it.", "21") == (
        "Below is an instruction that describes a task, paired with an input that provides "
        "further context. Write a response that appropriately completes the request.\n\n"
        "### Instruction:\nDouble it.\n\n### Input:\n21\n\n### Response:\n"
    )


def test_braces_are_text() -> None:
    assert "\nWhat is {x}?\n\n### Input:\n{input}\n" in render("What is {x}?", "{input}")
