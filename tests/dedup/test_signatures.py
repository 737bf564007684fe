"""Bands miss few pairs at the threshold, and signatures are the same each time."""

from __future__ import annotations

import pytest

from curate.dedup.signatures import MISSED, KeptRows, bands, signatures


@pytest.mark.parametrize("num_perm", [16, 64, 128, 256])
@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7, 0.8, 0.9, 0.97, 1.0])
def test_bands(threshold, num_perm):
    cut = bands(threshold, num_perm)
    assert cut.count >= 2
    assert cut.count * cut.size <= num_perm
    assert cut.missed(threshold) <= MISSED or cut.size == 1


def test_wider_bands_would_miss_more():
    cut = bands(0.8, 128)
    assert (cut.count, cut.size) == (21, 6)
    assert cut.missed(0.9) < 1e-6
    assert cut.missed(0.3) > 0.98


def test_candidates_are_what_is_alike():
    sets = [frozenset(map(str, range(start, start + 100))) for start in (0, 3, 500)]
    first, near, far = signatures(sets, 128)
    kept = KeptRows(0.8, 128)
    kept.add(7, first)
    assert kept.candidates(near) == [7]
    assert kept.candidates(far) == []
    assert (next(signatures(sets, 128)).hashvalues == first.hashvalues).all()
