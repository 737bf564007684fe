"""The prompt a model is trained on and asked with: the two Alpaca templates, as published.

From https://github.com/tatsu-lab/stanford_alpaca (Apache-2.0). The response follows the prompt
directly, so a model must be asked with exactly the text it was trained on: both use `render`.
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


def render(instruction: str, given: str = "") -> str:
    """The prompt for an instruction. `given` is Alpaca's `input`, "" where there is none."""
    if given:
        return WITH_INPUT.format(instruction=instruction, input=given)
    return WITHOUT_INPUT.format(instruction=instruction)
