"""The area under the ROC curve and its error, against what they are by definition."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.calibrate.auc import auc, standard_error

NUMBERS = st.lists(
    st.sampled_from([0.0, 0.1, 0.5, 0.5, 0.9, 1.0]) | st.floats(0, 1), min_size=1, max_size=30
)


def series(values) -> pl.Series:
    return pl.Series(values, dtype=pl.Float64)


@given(NUMBERS, NUMBERS)
def test_the_area_is_the_share_of_pairs_in_order(high, low) -> None:
    pairs = [1.0 if a > b else 0.5 if a == b else 0.0 for a in high for b in low]
    assert auc(series(high), series(low)) == pytest.approx(sum(pairs) / len(pairs))
    assert auc(series(high), series(low)) == pytest.approx(1 - auc(series(low), series(high)))


def test_nulls_are_left_out() -> None:
    assert auc(series([0.9, None]), series([0.1, None, None])) == 1.0
    assert auc(series([None]), series([0.1])) is None
    assert auc(series([0.1]), series([])) is None


def test_the_error_is_that_of_hanley_and_mcneil() -> None:
    # Their example; from the ratings themselves, not from the area alone, it is 0.032.
    assert standard_error(0.893, 51, 58) == pytest.approx(0.032, abs=0.001)


@given(st.floats(0, 1), st.integers(1, 99), st.integers(1, 99))
def test_the_error_is_a_number(area, high, low) -> None:
    assert 0 <= standard_error(area, high, low) <= 0.5
