"""The prompt that a row is, for a model that answers it: Alpaca's two templates, as published.

From https://github.com/tatsu-lab/stanford_alpaca (Apache-2.0). The same texts as the trainer's,
which curate does not import; a test holds the two together.
"""

from __future__ import annotations

WITH_INPUT = (
    "Below is an instruction that describes a task, paired with an input that provides further "
    "context. Write a response that appropriately completes the request.\n\n"
    "### Instruction:\n{instruction}\n\n### Input:\n{input}\n\n### Response:\n"
)

WITHOUT_INPUT = (
    "Below is an instruction that describes a task. "
    "Write a response that appropriately completes the request.\n\n"
    "### Instruction:\n{instruction}\n\n### Response:\n"
)


def prompt(instruction: str, given: str) -> str:
    """The text that a row's output follows. `given` is its `input`, "" where there is none."""
    if given:
        return WITH_INPUT.format(instruction=instruction, input=given)
    return WITHOUT_INPUT.format(instruction=instruction)
