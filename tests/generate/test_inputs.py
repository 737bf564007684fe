"""Which rows carry an input, and what it holds."""

from __future__ import annotations

import pytest

from curate.generate.inputs import carries_input, relevant_part


@pytest.mark.parametrize("share", [0.0, 0.25, 0.4, 0.5, 1.0])
@pytest.mark.parametrize("pairs", [1, 3, 5])
def test_the_share_comes_out_over_many_passages(share: float, pairs: int) -> None:
    flags = [carries_input(f"p{i}", k, share) for i in range(1000) for k in range(pairs)]
    assert sum(flags) / len(flags) == pytest.approx(share, abs=0.02)


def test_within_a_passage_the_share_is_even() -> None:
    for passage in map(str, range(50)):
        count = sum(carries_input(passage, ordinal, 0.4) for ordinal in range(10))
        assert count == 4


def test_the_input_is_the_paragraph_that_the_pair_is_about() -> None:
    passage = "Cats sleep sixteen hours.\n\nBees dance to show where food is.\n\nRivers carry sand."
    assert relevant_part(passage, "How do bees show food?", "Bees dance to show food.") == (
        "Bees dance to show where food is."
    )
    assert relevant_part(passage, "Cats and bees?", "Cats sleep; bees dance.") == (
        "Cats sleep sixteen hours.\n\nBees dance to show where food is."
    )


def test_a_pair_that_shares_no_word_gets_the_whole_passage() -> None:
    assert relevant_part("One.\n\nTwo.", "Quoi?", "Rien.") == "One.\n\nTwo."
