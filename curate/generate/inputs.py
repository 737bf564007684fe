"""Which rows carry an `input`, and which part of the passage it holds."""

from __future__ import annotations

import math
import re

from curate.text import digest, words

_PARAGRAPH = re.compile(r"\n[ \t]*\n")
_SHORT = 4


def carries_input(passage: str, ordinal: int, share: float) -> bool:
    """Whether the pair `ordinal` (from 0) of a passage (its id) carries an input.

    Over many passages the share comes out exactly, within one it is as even as can be, and the
    choice depends on nothing but the passage: other limits and orders don't change it.
    """
    phase = int(digest("input", passage), 16) / 16**16
    return math.floor(phase + (ordinal + 1) * share) > math.floor(phase + ordinal * share)


def relevant_part(passage: str, instruction: str, output: str) -> str:
    """The shortest run of paragraphs that has at least nine in ten of the pair's words in it.

    Counted are the distinct words of instruction and output (of four letters or more) that the
    passage has at all; a pair that shares none with its passage gets the whole passage.
    """
    paragraphs = [part for part in _PARAGRAPH.split(passage) if part.strip()]
    wanted = {word for word in words(f"{instruction} {output}") if len(word) >= _SHORT}
    found = [wanted & set(words(paragraph)) for paragraph in paragraphs]
    needed = 0.9 * len(set().union(*found))
    if not needed:
        return passage.strip()
    best = (0, len(paragraphs))
    for start in range(len(paragraphs)):
        have: set[str] = set()
        for end in range(start, len(paragraphs)):
            have |= found[end]
            if len(have) >= needed:
                best = min(best, (start, end + 1), key=lambda run: _length(paragraphs, run))
                break
    return "\n\n".join(part.strip("\n") for part in paragraphs[best[0] : best[1]]).strip()


def _length(paragraphs: list[str], run: tuple[int, int]) -> int:
    return sum(len(part) for part in paragraphs[run[0] : run[1]])
