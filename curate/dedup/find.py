"""The duplicates among rows that stand best first, from texts to matches."""

from __future__ import annotations

from itertools import count

import numpy as np

from curate.dedup.bands import bands
from curate.dedup.boilerplate import Flags
from curate.dedup.compare import compared
from curate.dedup.corpus import Corpus
from curate.dedup.greedy import Matches
from curate.dedup.hashing import I64, U64
from curate.dedup.options import Dedup
from curate.dedup.sample import Sample
from curate.dedup.scan import Scan
from curate.progress import Progress

ROUNDS = 4
"""How often to decide anew until the boilerplate is that of the rows that stay.

After as many it may only become less, so that it comes to an end: where few rows have few phrases,
there may be none that fits.
"""


def find(rows: Corpus, fixed: Flags, options: Dedup, progress: Progress) -> Matches:
    """Of each row the one that stays and that it is a duplicate of. `fixed` rows come first.

    What is boilerplate depends on which rows stay, and the other way round. So both are found in
    turn, until they fit; two or three times, where there is any. Then a second run, over the rows
    that stay, begins with what this one ended with, and finds nothing.
    """
    scan, sample = looked_over(rows, options, progress)
    first = _first_of(scan.keys)
    distinct = first == np.arange(len(rows))
    given = int(fixed.sum())
    for done in count(1):
        groups = scan.groups(distinct & (scan.sizes > 0))
        matches = compared(rows, scan, groups, given, options, progress)
        common = sample.boilerplate(distinct & (matches.kept < 0))
        if done >= ROUNDS:
            common = scan.boilerplate.also_in(common)
        words = scan.boilerplate.words
        if not scan.leave_out(common) and np.array_equal(words, common.words):
            return _with_copies(matches, first, fixed)
    raise AssertionError("never reached: boilerplate becomes less, until it is the same")


def looked_over(
    rows: Corpus, options: Dedup, progress: Progress, title: str = "signatures"
) -> tuple[Scan, Sample]:
    """The bands and keys of all rows, and the sample by which their boilerplate was found."""
    cut, sample = bands(options.threshold, options.num_perm), Sample(rows)
    suspects, common = sample.suspects(), sample.boilerplate(np.ones(len(rows), np.bool_))
    with progress.bar(title, len(rows)) as advance:
        return Scan(rows, cut, options.num_perm, suspects, common, advance), sample


def _first_of(keys: U64) -> I64:
    """For each row the first with the same key."""
    _, first, which = np.unique(keys, return_index=True, return_inverse=True)
    found: I64 = first[which]
    return found


def _with_copies(matches: Matches, first: I64, fixed: Flags) -> Matches:
    """Matches, and of each row that says the same as an earlier one, that one or its match."""
    copies = np.flatnonzero((first != np.arange(len(first))) & ~fixed)
    original = first[copies]
    stays = matches.kept[original] < 0
    matches.kept[copies] = np.where(stays, original, matches.kept[original])
    matches.similarity[copies] = np.where(stays, 1.0, matches.similarity[original])
    return matches
