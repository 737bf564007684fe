"""The section `moderation` of a recipe: measures by name, and the share of refusals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from curate.moderation.base import Moderation
from curate.options import to_dict


@dataclass(frozen=True)
class Moderated:
    """What rows are moderated by, in this order."""

    measures: tuple[Moderation, ...] = ()

    refusals: float = 0.0
    """Share of the live rows that are to be refusals, 0 to under 1."""

    def to_dict(self) -> dict[str, Any]:
        """As it would be written, defaults included."""
        return {
            **{measure.name: to_dict(measure) for measure in self.measures},
            "refusals": self.refusals,
        }
