"""Which part of the version a change calls for: schema → major, rows → minor, card → patch."""

from __future__ import annotations

from typing import Any

from curate.publish.version import BUMPS

CARD = (
    "recipe", "prompt", "models", "seed", "counts", "coverage", "funnel", "calibration",
    "documents",
)  # fmt: skip
"""What a manifest says that belongs to the dataset, and not to when and where it was made."""


def needed(
    before: dict[str, Any], after: dict[str, Any], schema: dict[str, list[str]]
) -> str | None:
    """`major`, `minor`, `patch`, or None where two manifests tell of the same dataset.

    `schema` is what `diff.schema_changes` says of their rows.
    """
    if any(schema.values()):
        return "major"
    if before["content_digest"] != after["content_digest"]:
        return "minor"
    return "patch" if card_changes(before, after) else None


def card_changes(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """The parts of a manifest, other than its rows, that differ."""
    return [name for name in CARD if before.get(name) != after.get(name)]


def too_small(chosen: str, wanted: str | None) -> bool:
    """Whether a chosen bump promises less change than there is."""
    return wanted is not None and BUMPS.index(chosen) > BUMPS.index(wanted)
