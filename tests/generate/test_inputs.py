"""Which rows carry an input, and what it holds."""

from __future__ import annotations

import pytest

from curate.generate.inputs import relevant_part, with_input


@pytest.mark.parametrize("share", [0.0, 0.25, 0.4, 0.5, 1.0])
@pytest.mark.parametrize("pairs", [1, 3, 10, 137])
def test_the_share_comes_out_to_the_nearest_pair(share: float, pairs: int) -> None:
    chosen = with_input([f"p{i}" for i in range(pairs)], share)
    assert abs(len(chosen) - share * pairs) <= 0.5


def test_a_pair_keeps_its_side_as_others_come() -> None:
    few = [f"p{i}" for i in range(200)]
    before, after = with_input(few, 0.4), with_input([f"p{i}" for i in range(1000)], 0.4)
    moved = sum((name in before) != (name in after) for name in few)
    assert moved < 15


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
