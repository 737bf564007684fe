"""Rounds decide as if each row, best first, were compared with all better ones that stay."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.dedup import greedy
from curate.dedup.groups import Groups, joined
from curate.runs import offsets

ROWS = 12
GROUPS = st.lists(
    st.lists(st.integers(0, ROWS - 1), min_size=2, max_size=6, unique=True).map(sorted), max_size=9
)


def groups_of(members: list[list[int]]) -> Groups:
    counts = np.array([len(each) for each in members], np.int64)
    return Groups(
        np.array([each for group in members for each in group], np.int64), offsets(counts)
    )


def one_by_one(members, fixed: int, similar, threshold: float) -> dict[int, list[int]]:
    """For each row that goes, all that stay and drop it."""
    pairs = {(a, b) for group in members for a in group for b in group if a < b}
    stays: list[int] = []
    found = {}
    for row in range(ROWS):
        like = [s for s in stays if (s, row) in pairs and similar[s, row] >= threshold]
        if row >= fixed and like:
            found[row] = like
        else:
            stays.append(row)
    return found


@given(members=GROUPS, seed=st.integers(0, 999), fixed=st.integers(0, 3), crowd=st.booleans())
@settings(max_examples=300, deadline=None)
def test_as_one_by_one(members, seed, fixed, crowd):
    similar = np.random.default_rng(seed).random((ROWS, ROWS)).round(1)
    similar = np.maximum(similar, similar.T)
    with_crowds = 2 if crowd else 64
    before, greedy.CROWD = greedy.CROWD, with_crowds
    try:
        found = greedy.decide(
            groups_of(members), np.arange(ROWS) < fixed, lambda a, b: similar[a, b], 0.6
        )
    finally:
        greedy.CROWD = before
    expected = one_by_one(members, fixed, similar, 0.6)
    assert set(np.flatnonzero(found.kept >= 0).tolist()) == set(expected)
    for row, like in expected.items():
        kept = int(found.kept[row])
        assert kept in like
        assert found.similarity[row] == similar[kept, row]
        if not crowd:
            assert kept == max(like, key=lambda each: (similar[each, row], -each))


def test_no_groups():
    assert not len(joined([]).members)
    found = greedy.decide(joined([]), np.zeros(3, np.bool_), lambda a, b: a * 0.0, 0.5)
    assert found.kept.tolist() == [-1, -1, -1]
