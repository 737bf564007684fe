"""Whether a sentence denies what its stretch of the passage affirms, or the other way round.

A word that only one side denies ("is not stable") is a contradiction where it stands in the same
company on both sides: with the same word of meaning before or after it. Where it never does, the
other side must affirm it wherever it has the word.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from curate.filters.reading.passages import Source
from curate.filters.reading.texts import Reading
from curate.filters.reading.words import meaning, stem

_OPPOSITE = {"yes": "no", "no": "yes"}
_BEFORE = 4  # words before a stretch in which the passage's own "yes" or "no" may stand
_REACH = 8  # words from a "not" to what it denies, and from a word to its company
_MOST = 8  # denials of a sentence that are looked at,
_PLACES = 64  # and places that have the word


def contradicts(text: Reading, about: Source, stretch: range) -> bool:
    """Whether `text`, a sentence, and the stretch of the passage that it is from contradict."""
    near = range(stretch.start - _REACH, stretch.stop + _REACH)
    if not text.denied and not any(at in near for at in about.denials):
        return False
    for at in text.denied[:_MOST]:
        places = about.places.get(stem(text.units[at]), [])
        if _differs(text.units, at, about.units, places[:_PLACES], about.denied):
            return True
    for at in [at for at in about.denied if at in stretch][:_MOST]:
        word = stem(about.units[at])
        places = [place for place, other in enumerate(text.units) if stem(other) == word]
        if _differs(about.units, at, text.units, places[:_PLACES], text.denied):
            return True
    return False


def answers_otherwise(text: Reading, about: Source, start: int) -> bool:
    """Whether an answer opens with "Yes" where the passage has "No" before the words at `start`."""
    opposite = _OPPOSITE.get(text.units[0])
    if opposite is None:
        return False
    said = about.units[max(0, start - _BEFORE) : start + 1]
    return opposite in said and text.units[0] not in said


def _differs(
    here: list[str], at: int, there: list[str], places: Iterable[int], denied: Collection[int]
) -> bool:
    """Whether the word that `here[at]` denies is affirmed at the `places` `there`."""
    before, after = _neighbours(here, at)
    most, alike = 0, list[int]()
    for place in places:
        one, other = _neighbours(there, place)
        shared = (one == before != "") + (other == after != "")
        if shared > most:
            most, alike = shared, []
        if shared == most:
            alike.append(place)
    return bool(alike) and not any(place in denied for place in alike)


def _neighbours(words: list[str], at: int) -> tuple[str, str]:
    """The stems of the words of meaning before and after a place; "" where none is near."""
    before = next(filter(None, map(meaning, words[max(0, at - _REACH) : at][::-1])), "")
    after = next(filter(None, map(meaning, words[at + 1 : at + 1 + _REACH])), "")
    return before, after
