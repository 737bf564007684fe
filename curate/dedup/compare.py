"""Rows of equal bands, compared exactly: near where their shingles are, a bundle of them at a time.

Rows that are joined by candidates, one with the next, are decided together; none of them has a say
in what becomes of others. So they are dealt into bundles, which may be anywhere, and each is
decided by the one `greedy.decide`. With all rows in one part there is one bundle, as it lies.
"""

from __future__ import annotations

import numpy as np

from curate.dedup import sets
from curate.dedup.corpus import Corpus
from curate.dedup.greedy import Matches, decide
from curate.dedup.groups import Groups, thinned
from curate.dedup.hashing import I64, U64, offsets, ragged
from curate.dedup.options import Dedup
from curate.dedup.scan import Scan
from curate.dedup.sets import Least, Sets
from curate.engines.base import Handle
from curate.progress import Progress

_MOST = 1 << 24  # elements in a bundle, but for one that cannot be parted
_LEAST = 1 << 16
_BUNDLES = 4  # a core, so that none waits long for the last

Share = tuple[I64, U64, sets.Sizes]
"""Of some rows: numbers, elements end to end, and how many of each field."""


def compared(
    rows: Corpus, scan: Scan, groups: Groups, given: int, options: Dedup, progress: Progress
) -> Matches:
    """The duplicates among rows of these groups. The first `given` rows stay anyhow."""
    least = min(options.instruction, options.threshold), min(options.output, options.threshold)
    chosen = np.zeros(len(rows), np.bool_)
    chosen[groups.members] = True
    places, engine = rows.within(chosen), rows.engine
    common = engine.keep(scan.boilerplate)
    with progress.bar("candidates", int(chosen.sum())) as advance:
        calls = [
            (part, at, scan.sizes[own], common, least, engine.threads)
            for part, at, own in zip(rows.parts, places, rows.numbers, strict=True)
        ]
        amounts = [len(at) for at in places]
        built = engine.run(sets.build, calls, advance=advance, amounts=amounts)
    groups = thinned(groups, rows, built, options.threshold)
    if len(built) == 1:
        (whole,) = engine.get(built)
        fixed = np.arange(len(rows)) < given
        return decide(groups, fixed, whole.similarity, options.threshold)
    bundle, count = _bundles(groups, scan.sizes, engine.cores)
    dealt = _dealt(rows, built, bundle, count)
    del built  # the sets are dealt: no need to hold them twice
    calls = [
        (own, given, options.threshold, least, *(parts[at] for parts in dealt))
        for at, own in enumerate(_parted(groups, bundle, count))
    ]
    matches = Matches(np.full(len(rows), -1, np.int64), np.zeros(len(rows)))
    for row, kept, similarity in engine.get(engine.run(decided, calls)):
        matches.kept[row], matches.similarity[row] = kept, similarity
    return matches


def _bundles(groups: Groups, sizes: sets.Counts, cores: int) -> tuple[I64, int]:
    """The bundle of each row, -1 for one without candidates; how many bundles there are."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    bundle = np.full(len(sizes), -1, np.int64)
    numbers, place = np.unique(groups.members, return_inverse=True)
    if not len(numbers):
        return bundle, 0
    same = np.ones(len(place), np.bool_)
    same[groups.begins[:-1]] = False  # each is joined to the one before, but for the first
    one, other = place[:-1][same[1:]], place[1:][same[1:]]
    edges = coo_array((np.ones(len(one), np.bool_), (one, other)), shape=(len(numbers),) * 2)
    _, label = connected_components(edges, directed=False)
    weight = np.bincount(label, weights=sizes[numbers])
    upto = np.cumsum(weight)
    wanted = min(max(upto[-1] / (_BUNDLES * cores), _LEAST), _MOST)
    of = ((upto - weight) // wanted).astype(np.int64)
    used, of = np.unique(of, return_inverse=True)
    bundle[numbers] = of[label]
    return bundle, len(used)


def _dealt(rows: Corpus, built: list[Handle], bundle: I64, count: int) -> list[list[Handle]]:
    """Of each part a handle of its share in each bundle."""
    calls = []
    for made, own in zip(built, rows.numbers, strict=True):
        at = np.flatnonzero(bundle[own] >= 0)
        at = at[np.argsort(bundle[own[at]], kind="stable")]
        cuts = np.searchsorted(bundle[own[at]], np.arange(1, count))
        calls.append((made, at, own[at], cuts))
    dealt = rows.engine.run(shares, calls, results=count)
    return [[each] for each in dealt] if count == 1 else dealt


def _parted(groups: Groups, bundle: I64, count: int) -> list[Groups]:
    """The groups of each bundle."""
    of = bundle[groups.members[groups.begins[:-1]]]
    return [groups.where(of == at) for at in range(count)]


def shares(sets: Sets, places: I64, numbers: I64, cuts: I64) -> Share | list[Share]:
    """The sets of these rows, cut before the rows at `cuts`: one where there is none."""
    found = []
    for at, own in zip(np.split(places, cuts), np.split(numbers, cuts), strict=True):
        held = sets.place[at]
        sizes = sets.sizes[held]
        gathered = ragged(sets.begins[held], sizes.sum(axis=1, dtype=np.int64))
        found.append((own, sets.elements[gathered], sizes))
    return found if len(cuts) else found[0]


def decided(
    groups: Groups, given: int, threshold: float, least: Least, *parts: Share
) -> tuple[I64, I64, sets.F64]:
    """The duplicates among the rows of a bundle: their numbers, those of the rows that stay, and
    how alike they are.
    """
    numbers = np.concatenate([own for own, _, _ in parts])
    sizes = np.concatenate([each for _, _, each in parts])
    place = np.argsort(numbers, kind="stable")
    numbers = numbers[place]
    whole = Sets(
        place,
        np.concatenate([elements for _, elements, _ in parts]),
        offsets(sizes.sum(axis=1, dtype=np.int64))[:-1],
        sizes,
        least,
    )
    own = Groups(np.searchsorted(numbers, groups.members), groups.begins)
    found = decide(own, numbers < given, whole.similarity, threshold)
    gone = np.flatnonzero(found.kept >= 0)
    return numbers[gone], numbers[found.kept[gone]], found.similarity[gone]
