"""Signatures are those of datasketch; bands miss few pairs at the threshold."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from datasketch import MinHash

from curate.dedup.bands import MISSED, band_keys, bands
from curate.dedup.minhash import SEED, permutations, signatures
from curate.runs import offsets


@pytest.mark.parametrize("num_perm", [16, 100, 128])
def test_signatures_are_bit_for_bit_those_of_datasketch(num_perm):
    chance = np.random.default_rng(0)
    counts = np.array([3, 0, 1, 200, 0])
    hashes = chance.integers(0, 1 << 64, counts.sum(), dtype=np.uint64)
    begins = offsets(counts)
    found = signatures(hashes, begins, permutations(num_perm, num_perm))
    low = [int(each) & 0xFFFFFFFF for each in hashes]
    sets = [low[start:end] for start, end in pairwise(begins)]
    expected = MinHash.bulk(
        sets, num_perm=num_perm, seed=SEED, scheme="affine32", hashfunc=lambda each: each
    )
    assert found.dtype == np.uint32
    assert np.array_equal(found.T, [each.hashvalues for each in expected])
    fewer = signatures(hashes, begins, permutations(num_perm, num_perm - 5))
    assert np.array_equal(fewer, found[: num_perm - 5])


@pytest.mark.parametrize("num_perm", [16, 64, 128, 256])
@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7, 0.8, 0.9, 0.97, 1.0])
def test_bands(threshold, num_perm):
    cut = bands(threshold, num_perm)
    assert cut.count >= 2
    assert cut.used <= num_perm
    assert cut.missed(threshold) <= MISSED or cut.size == 1


def test_wider_bands_would_miss_more():
    cut = bands(0.8, 128)
    assert (cut.count, cut.size) == (21, 6)
    assert cut.missed(0.9) < 1e-6
    assert cut.missed(0.3) > 0.98


def test_keys_are_equal_where_bands_are():
    cut = bands(0.8, 128)
    made = np.random.default_rng(0).integers(0, 1 << 32, (128, 3), dtype=np.uint32)
    made[:, 1] = made[:, 0]
    made[6:12, 1] += 1
    keys = band_keys(made, cut)
    assert keys.shape == (21, 3)
    same = (keys[:, 0] == keys[:, 1]).tolist()
    assert same == [True, False] + [True] * 19
    assert not (keys[:, 0] == keys[:, 2]).any()
