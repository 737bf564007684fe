"""Rows of equal bands, compared exactly: near where their shingles are, a bundle of them at a time.

Rows that are joined by candidates, one with the next, are looked at together; none of them has a
say in what becomes of others. So they are dealt into bundles, which may be anywhere, and each is
given to one function: `decided` for what stays, or `alike.paired` for all pairs. On one machine
there is one bundle, as it lies.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from curate.dedup import sets
from curate.dedup.corpus import Corpus
from curate.dedup.greedy import Matches, decide
from curate.dedup.groups import Built, Groups, thinned
from curate.dedup.hashing import I64, U64
from curate.dedup.options import Dedup
from curate.dedup.scan import Scan
from curate.dedup.sets import Least, Sets
from curate.engines.base import Handle
from curate.progress import Progress
from curate.runs import offsets, ragged

_MOST = 1 << 24  # elements in a bundle, but for one that cannot be parted
_LEAST = 1 << 16
_BUNDLES = 4  # a core, so that none waits long for the last

Share = tuple[I64, U64, sets.Sizes]
"""Of some rows: numbers, elements end to end, and how many of each field."""


@dataclass(frozen=True)
class Bundle:
    """Rows that may be compared, and none that is a candidate of another one elsewhere."""

    numbers: I64
    """(rows) The number of each among all rows, rising."""

    groups: Groups
    """Candidates, by place in `numbers`."""

    sets: Sets
    """The set of each, by place in `numbers`."""


Look = Callable[..., Any]
"""Of a bundle, the threshold and further arguments, what is found in it."""


def compared(
    rows: Corpus, scan: Scan, groups: Groups, given: int, options: Dedup, progress: Progress
) -> Matches:
    """The duplicates among rows of these groups. The first `given` rows stay anyhow."""
    matches = Matches(np.full(len(rows), -1, np.int64), np.zeros(len(rows)))
    for row, kept, similarity in bundled(decided, rows, scan, groups, options, progress, given):
        matches.kept[row], matches.similarity[row] = kept, similarity
    return matches


def bundled(
    look: Look,
    rows: Corpus,
    scan: Scan,
    groups: Groups,
    options: Dedup,
    progress: Progress,
    *given: Any,
) -> list[Any]:
    """What is found in each bundle of the rows of these groups. `given`: or handles of it."""
    least = min(options.instruction, options.threshold), min(options.output, options.threshold)
    if not len(groups.members):
        return []
    built, engine = _built(rows, scan, groups, least, progress), rows.engine
    groups = thinned(groups, built, options.threshold)
    if len(built.parts) == 1:
        calls = [(look, *built.parts, groups, options.threshold, *given)]
        return engine.get(engine.run(_whole, calls))
    bundle, count = _bundles(groups, scan.sizes, engine.cores)
    dealt = _dealt(built, bundle, count)
    del built  # the sets are dealt: no need to hold them twice
    calls = [
        (look, own, options.threshold, least, len(given), *given, *(parts[at] for parts in dealt))
        for at, own in enumerate(_parted(groups, bundle, count))
    ]
    return engine.get(engine.run(_joined, calls))


def decided(bundle: Bundle, threshold: float, given: int) -> tuple[I64, I64, sets.F64]:
    """The duplicates among the rows of a bundle: their numbers, those of the rows that stay, and
    how alike they are.
    """
    numbers = bundle.numbers
    found = decide(bundle.groups, numbers < given, bundle.sets.similarity, threshold)
    gone = np.flatnonzero(found.kept >= 0)
    return numbers[gone], numbers[found.kept[gone]], found.similarity[gone]


def _built(rows: Corpus, scan: Scan, groups: Groups, least: Least, progress: Progress) -> Built:
    """The sets of the rows that are in groups: in one, where all the work is in this process, so
    that they need not be dealt; else of each part.
    """
    chosen = np.zeros(len(rows), np.bool_)
    chosen[groups.members] = True
    places, engine = rows.within(chosen), rows.engine
    common, threads = engine.keep(scan.boilerplate), engine.threads
    amounts = [len(at) for at in places]
    each = [*zip(rows.parts, places, rows.numbers, strict=True)]
    with progress.bar("candidates", sum(amounts)) as advance:
        if engine.rows is None:
            whole = sets.room(np.flatnonzero(chosen), scan.sizes, least, threads)
            filled = [(whole, part, at, own[at], common, threads) for part, at, own in each]
            engine.run(sets.fill, filled, advance=advance, amounts=amounts)
            return Built([whole], [np.arange(len(rows))], engine)
        calls = [(part, at, scan.sizes[own], common, least, threads) for part, at, own in each]
        made = engine.run(sets.build, calls, advance=advance, amounts=amounts)
        return Built(made, rows.numbers, engine)


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


def _dealt(built: Built, bundle: I64, count: int) -> list[list[Handle]]:
    """Of each part a handle of its share in each bundle."""
    calls = []
    for made, own in zip(built.parts, built.numbers, strict=True):
        at = np.flatnonzero(bundle[own] >= 0)
        at = at[np.argsort(bundle[own[at]], kind="stable")]
        cuts = np.searchsorted(bundle[own[at]], np.arange(1, count))
        calls.append((made, at, own[at], cuts))
    dealt = built.engine.run(shares, calls, results=count)
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


def _whole(look: Look, whole: Sets, groups: Groups, threshold: float, *given: Any) -> Any:
    """What is found in the one bundle of all rows."""
    return look(Bundle(np.arange(len(whole.place)), groups, whole), threshold, *given)


def _joined(
    look: Look, groups: Groups, threshold: float, least: Least, further: int, *given: Any
) -> Any:
    """What is found in a bundle; after so many further arguments come the shares of its parts."""
    parts: tuple[Share, ...] = given[further:]
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
    return look(Bundle(numbers, own, whole), threshold, *given[:further])
