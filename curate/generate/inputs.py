"""Which rows carry an `input`, and which part of the passage it holds."""

from __future__ import annotations

import math
import re

from curate.text import digest, words

_PARAGRAPH = re.compile(r"\n[ \t]*\n")
_SHORT = 4


def with_input(ids: list[str], share: float) -> set[str]:
    """The ids of the pairs that carry an input: exactly the share, to the nearest pair.

    They are those with the lowest digests, so a pair keeps its side as others come and go, but for
    the few at the boundary.
    """
    ranked = sorted(ids, key=lambda name: digest("input", name))
    return set(ranked[: math.floor(share * len(ids) + 0.5)])


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
