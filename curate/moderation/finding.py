"""What a detector of private data gives: where in a text it stands, of what kind, how certain."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass

_BEFORE = 32  # characters in front of a finding in which a label counts
Pattern = re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Finding:
    """A stretch `text[start:end]` that is private with a certainty in (0, 1]."""

    kind: str
    start: int
    end: int
    certainty: float


def labelled(text: str, start: int, label: Pattern) -> bool:
    """Whether a label stands shortly before a place, on the same line."""
    return bool(label.search(text[max(0, start - _BEFORE) : start].rpartition("\n")[2]))


def apart(found: list[Finding], taken: list[tuple[int, int]]) -> list[Finding]:
    """Findings by place, without those over a more certain one, or an as certain and longer one.

    `taken`: stretches that no finding may touch, by place, none over another.
    """
    starts, ends = [start for start, _ in taken], [end for _, end in taken]
    kept: list[Finding] = []
    for one in sorted(found, key=lambda f: (-f.certainty, f.start - f.end, f.start, f.kind)):
        at = bisect_left(ends, one.start + 1)  # the first stretch that ends behind its start
        if at == len(starts) or one.end <= starts[at]:
            starts.insert(at, one.start)
            ends.insert(at, one.end)
            kept.append(one)
    return sorted(kept, key=lambda f: f.start)
