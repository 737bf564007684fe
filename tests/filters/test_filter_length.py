"""`length` counts the words of an answer."""

from __future__ import annotations

import pytest

from curate.filters.length import Length


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("", 0),
        ("…!", 0),
        ("Paris", 1),
        ("It doesn't return.", 3),
        ("len() counts the items", 4),
        ("snake_case 3.11", 3),
        ("列表是可变的", 6),  # a character of a script without spaces counts as a word
        ("列表は list です", 6),
        ("हिन्दी में लिखा", 3),  # vowel signs do not cut a word
        ("ein Café\n\nzwei", 3),
    ],
)
def test_words(measure, output, words):
    assert measure(Length(), output=output) == {"length": words}


def test_default_bounds():
    assert (Length().min, Length().max) == (3, 400)


def test_bounds_that_nothing_could_pass():
    with pytest.raises(ValueError, match="min 5 is above max 4"):
        Length(min=5, max=4)
