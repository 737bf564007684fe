"""Which rows are about their input, and are compared only with rows on the same one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from curate.dedup.hashing import U64
from curate.dedup.tokens import Tokens, plain_hashes
from curate.text import content_units, points_at_text

_QUESTION = ("?", "？", "؟")
_SUBJECT = 3  # content words from which on a question says what it is about
_SENTENCE = 8  # words from which on an answer says what it is about


def scopes(instructions: Sequence[str], inputs: Sequence[str], tokens: Tokens) -> U64:
    """A hash of the input of each row that says too little without it; 0 of all others.

    `tokens` are of instruction and output by turns. A row says enough where its instruction is a
    question about something, that points at no text, and its output a sentence.
    """
    found = np.zeros(len(inputs), np.uint64)
    given = [row for row, text in enumerate(inputs) if text and not text.isspace()]
    if given:
        said = tokens.words[1::2] >= _SENTENCE
        about = [row for row in given if not (said[row] and _stands_alone(instructions[row]))]
        found[about] = plain_hashes([inputs[row] for row in about])
    return found


def _stands_alone(instruction: str) -> bool:
    return (
        instruction.rstrip().endswith(_QUESTION)
        and not points_at_text(instruction)
        and len(content_units(instruction)) >= _SUBJECT
    )
