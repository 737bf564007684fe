"""Standard errors against the textbook, clusters, paired differences, chance."""

from __future__ import annotations

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from train.evaluate.stats import at_chance, difference, mean, share_interval, sign_test

values = st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=40)


@given(values)
def test_without_weights_it_is_the_error_of_the_textbook(numbers: list[float]) -> None:
    found = mean(numbers)
    assert found.value == pytest.approx(statistics.fmean(numbers), abs=1e-9)
    textbook = statistics.stdev(numbers) / math.sqrt(len(numbers))
    assert found.error == pytest.approx(textbook, abs=1e-9)
    assert found.items == len(numbers)


@given(values)
def test_rows_that_come_twice_in_one_document_tell_no_more_than_once(numbers: list[float]) -> None:
    numbers = [*numbers, *range(10)]  # enough documents
    once = mean(numbers)
    documents = [str(place) for place in range(len(numbers))]
    twice = mean(numbers * 2, clusters=documents * 2)
    assert twice.error == pytest.approx(once.error)
    assert mean(numbers * 2).error < once.error or once.error == 0


def test_few_documents_are_not_counted_as_clusters() -> None:
    numbers = [0.0, 1.0, 0.0, 1.0]
    assert mean(numbers, clusters=["a", "a", "b", "b"]).error == mean(numbers).error


def test_a_mean_by_tokens_is_the_sum_over_the_tokens() -> None:
    found = mean([2.0, 1.0], weights=[30, 10])
    assert found.value == (2.0 * 30 + 1.0 * 10) / 40


def test_one_item_has_a_mean_but_no_error() -> None:
    found = mean([0.7])
    assert (found.value, found.error, found.margin) == (0.7, None, math.inf)
    with pytest.raises(ValueError, match="no values"):
        mean([])


def test_a_steady_gain_is_shown_though_the_items_differ_widely() -> None:
    base = [float(10 * number) for number in range(20)]
    tuned = [number + 1 + 0.1 * (place % 3) for place, number in enumerate(base)]
    paired = difference(base, tuned)
    assert paired.shown
    assert (paired.up, paired.down) == (20, 0)
    assert paired.p < 1e-5
    apart = math.hypot(mean(base).error, mean(tuned).error)
    assert paired.mean.value < apart  # the two means alone would not have shown it


def test_two_items_do_not_show_what_ten_do() -> None:
    assert not difference([0.0] * 2, [0.1, 0.3]).shown
    assert difference([0.0] * 10, [0.1, 0.3] * 5).shown


def test_the_sign_test_is_the_exact_binomial_of_mcnemar() -> None:
    # 7 of 8 discordant items one way: 2 · (C(8,7) + C(8,8)) / 2⁸
    assert sign_test(7, 1) == pytest.approx(2 * (8 + 1) / 256)
    assert sign_test(0, 0) == 1.0


def test_an_interval_of_clopper_and_pearson() -> None:
    low, high = share_interval(0, 10)
    assert (low, high) == (0.0, pytest.approx(1 - 0.025 ** (1 / 10)))
    assert share_interval(0, 0) == (0.0, 1.0)


def test_at_chance_until_surely_above() -> None:
    assert at_chance(mean([1.0] * 30 + [0.0] * 70), 0.25)
    assert not at_chance(mean([1.0] * 40 + [0.0] * 60), 0.25)
    assert at_chance(mean([0.0] * 50), 0.25)
