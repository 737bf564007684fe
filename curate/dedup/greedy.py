"""Which rows stay. As if each, best first, were compared with all better ones that stay.

That takes one row at a time. Here it is done in rounds, for many rows at a time, to the same end:
a row whose better candidates are all decided, and which none of those that stay has dropped, stays.
It is compared with all its later candidates, and drops those that are alike enough. The best row
that is undecided always is such a row, so each round decides some.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from curate.dedup.groups import CROWD, Groups
from curate.dedup.hashing import I64
from curate.runs import ragged

_UNDECIDED, _STAYS, _DROPPED = range(3)

Flags = npt.NDArray[np.bool_]
F64 = npt.NDArray[np.float64]
Compare = Callable[[I64, I64], F64]


@dataclass(frozen=True)
class Matches:
    """For each row, by number, the row that stays and that it is a duplicate of; -1 for none."""

    kept: I64
    similarity: F64


class _Rounds:
    """What is decided so far, and what may still decide something."""

    def __init__(self, groups: Groups, fixed: Flags) -> None:
        total = len(fixed)
        self.fixed = fixed
        self.state = np.zeros(total, np.int8)
        self.matches = Matches(np.full(total, -1, np.int64), np.zeros(total))
        self.members = groups.members
        self.group = np.repeat(np.arange(len(groups.sizes)), groups.sizes)
        self._small = np.repeat(groups.sizes <= CROWD, groups.sizes)
        self._marked = np.zeros(total, np.bool_)
        self._open = np.zeros(len(groups.sizes), np.bool_)

    def leaders(self) -> I64:
        """Places in `members` of the rows that are the first undecided one of all their groups."""
        places = np.flatnonzero(self.state[self.members] == _UNDECIDED)
        group = self.group[places]
        first = np.ones(len(places), np.bool_)
        first[1:] = group[1:] != group[:-1]
        waiting = self.members[places[~first]]
        self._marked[waiting] = True
        places = places[first]
        found = places[~self._marked[self.members[places]]]
        self._marked[waiting] = False
        return found

    def pairs(self, leaders: I64) -> tuple[I64, I64]:
        """Each leader with the rows after it in its groups, each pair once."""
        after = np.searchsorted(self.group, self.group[leaders], side="right") - leaders - 1
        later = self.members[ragged(leaders + 1, after)]
        leader = np.repeat(self.members[leaders], after)
        free = ~self.fixed[later]
        total = len(self.fixed)
        both = np.unique(leader[free] * total + later[free])
        return both // total, both % total

    def drop(self, leader: I64, later: I64, similarity: F64) -> None:
        """Drop the later ones; of several leaders the most alike, then the best, counts."""
        order = np.lexsort((leader, -similarity, later))
        _, first = np.unique(later[order], return_index=True)
        best = order[first]
        kept, row, alike = leader[best], later[best], similarity[best]
        known = self.matches.similarity[row]
        better = (alike > known) | ((alike == known) & (kept < self.matches.kept[row]))
        self.matches.kept[row[better]] = kept[better]
        self.matches.similarity[row[better]] = alike[better]
        self.state[row] = _DROPPED

    def close(self) -> None:
        """Forget what decides nothing any more.

        In a small group rows that are dropped go on, for a later row may be more like them.
        """
        state = self.state[self.members]
        undecided = self.group[state == _UNDECIDED]
        self._open[undecided] = True
        on = self._open[self.group] & (state != _STAYS) & ((state == _UNDECIDED) | self._small)
        self._open[undecided] = False
        self.members, self.group, self._small = self.members[on], self.group[on], self._small[on]


def decide(groups: Groups, fixed: Flags, compare: Compare, threshold: float) -> Matches:
    """The duplicates among the rows. Rows that are `fixed` stay whatever they are like."""
    rounds = _Rounds(groups, fixed)
    while len(rounds.members):
        leaders = rounds.leaders()
        one, other = rounds.pairs(leaders)
        rounds.state[rounds.members[leaders]] = _STAYS
        similarity = compare(one, other)
        alike = similarity >= threshold
        rounds.drop(one[alike], other[alike], similarity[alike])
        rounds.close()
    return rounds.matches
