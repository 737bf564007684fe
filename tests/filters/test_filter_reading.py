"""Rows are read part by part, all texts of a part at once."""

from __future__ import annotations

from itertools import chain, pairwise
from unittest.mock import patch

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from curate.filters import repetition
from curate.filters.grounding import Grounding
from curate.filters.quality import Quality
from curate.filters.reading import part as parts
from curate.filters.reading import stretches, vocabulary
from curate.filters.reading.denials import Denials
from curate.filters.reading.hits import Hits
from curate.filters.reading.lazy import of_word
from curate.filters.reading.numbered import Words
from curate.filters.reading.part import part, slices
from curate.filters.reading.patterns import which
from curate.filters.reading.stretches import NEAR, STRETCHES, best_stretches
from curate.filters.reading.texts import Texts
from curate.filters.reading.vocabulary import Vocabulary

LETTERS = st.lists(st.sampled_from("abcdefghij"), min_size=1)
GAPS = st.tuples(st.sampled_from("abcdefghij"), st.sampled_from([0, 0, 1, 6, 7, 8, 9, 20]))
FILLED = st.lists(GAPS.map(lambda each: [each[0], *"z" * each[1]]), max_size=25)  # z: not asked for
PHRASES = st.lists(
    st.sampled_from(
        ["ab bc cd de ef", "f", "gh hi", "ij jk kl lm mn no op pq qr rs", "s. T", "u. U u", ". a"]
    )
)


def rows(*outputs: str, passage: str = "Sorting a list is stable.") -> pl.DataFrame:
    return pl.DataFrame({"instruction": "What is stable?", "output": outputs, "passage": passage})


def test_the_words_of_a_text_and_of_its_sentences():
    texts = Texts(
        ["It isn't `if`. A list grows!", "", "1. One\n- Two 3", "Zwei “Äpfel”…"], Vocabulary()
    )
    assert texts.counts.tolist() == [6, 0, 4, 2]
    assert texts[0].units == ["it", "isn't", "if", "a", "list", "grows"]
    assert [each.units for each in texts[0].sentences] == [
        ["it", "isn't", "if"],
        ["a", "list", "grows"],
    ]
    assert texts[0].content == ["if", "list", "grow"]  # in quotes a function word is a name
    assert texts[2].units == ["1", "one", "two", "3"]  # the mark is a word of the text, …
    assert [each.units for each in texts[2].sentences] == [
        ["one"],
        ["two", "3"],
    ]  # … of no sentence
    assert texts[3].units == ["zwei", "äpfel"]


def test_a_point_within_a_line_is_a_word_of_its_sentence_and_no_content():
    text = Texts(["Lists grow. 1) Sets shrink."], Vocabulary())[0]
    assert [each.units for each in text.sentences] == [["lists", "grow"], ["1", "sets", "shrink"]]
    assert text.content == ["list", "grow", "set", "shrink"]
    assert text.units == ["lists", "grow", "1", "sets", "shrink"]


@pytest.mark.parametrize(
    ("text", "denied"),
    [
        ("It is not the stable list.", ["stable"]),
        ("Is it new? No, it is old.", []),  # a "no" that answers
        ("Lists may change, or may not.", ["change"]),  # the clause ends with it
        ("Never. Lists can't be sorted; no", ["sorted"]),
        ("It is stable.", []),
    ],
)
def test_what_a_denial_denies(text, denied):
    words = Words(["Nothing else.", text, "Lists grow."], Vocabulary())
    found = Denials(words)
    begin, end = found.offsets[1:3]
    assert [words.between(at, at + 1)[0] for at in found.denied[begin:end].tolist()] == denied


def test_a_stop_ends_no_clause_of_the_next_text():
    odd = "no\u0331.no."  # a mark, after which the words that a stop ends are counted twice
    words = Words([odd, "Not stable."], Vocabulary())
    assert [words.between(at, at + 1) for at in Denials(words).denied.tolist()][-1:] == [["stable"]]


def test_a_part_is_read_once_and_anew_when_the_rows_differ():
    first = part(rows("It is stable."))
    assert part(rows("It is stable.")) is first
    assert part(rows("It is new.")) is not first
    assert part(rows("It is stable.", passage="None.")) is not first


def test_parts_have_so_many_rows_and_bytes_at_most(monkeypatch):
    monkeypatch.setattr(parts, "ROWS", 4)
    monkeypatch.setattr(parts, "SIZE", 300)
    many = rows(*("a" * size for size in [10, 20, 1000, 5, 5, 5, 5, 5, 90, 90, 90]), passage="p")
    cut = list(slices(many))
    assert pl.concat(cut).equals(many)
    assert [each.height for each in cut] == [2, 1, 4, 3, 1]
    assert [each.height for each in slices(many.head(0))] == [0]


@pytest.mark.parametrize("bound", ["MOST", "LETTERS"])
def test_words_are_forgotten_once_they_are_many_or_long(bound, monkeypatch):
    first = part(rows("It is stable.")).said.vocabulary
    assert part(rows("It is new.")).said.vocabulary is first
    monkeypatch.setattr(vocabulary, bound, 3)
    assert part(rows("It is old.")).said.vocabulary is not first


def test_what_is_asked_of_a_word_is_remembered_unless_it_is_data():
    asked = []
    size = of_word(lambda word: asked.append(word) or len(word))
    assert [size("list"), size("list"), size("f" * 5000), size("f" * 5000)] == [4, 4, 5000, 5000]
    assert asked == ["list", "f" * 5000, "f" * 5000]


@pytest.mark.parametrize("which_", [Grounding(), Quality()], ids=lambda each: each.name)
def test_numbers_depend_on_no_part_and_no_vocabulary(which_, monkeypatch):
    said = [f"List {at} keeps {at % 7} items, it isn't {'stable' * (at % 3)}." for at in range(50)]
    many = rows(*said, passage="A list keeps 3 items. Sorting is not stable.")
    whole = which_.measure(many)
    monkeypatch.setattr(parts, "ROWS", 3)
    monkeypatch.setattr(vocabulary, "MOST", 10)
    assert which_.measure(many).equals(whole)


@pytest.mark.parametrize("word", ["ai", "AI,", "é ai é", "列 ai", "main", "aï", "aié"])
def test_a_word_is_found_in_text_of_any_script(word):
    found = which([word, f"Ünï {word}", ""], r"(?i)\bai\b")
    assert found.tolist() == ([0, 1] if word not in ("main", "aï", "aié") else [])


@given(st.one_of(PHRASES, LETTERS).map(" ".join))
@example("ab bc cd de ef x ab bc cd de ef y z ab bc cd de ef")
@example("ij jk kl lm mn no op pq qr rs x ij jk kl lm mn no op pq qr rs")
@example("u v. T. u v. T.")
@settings(max_examples=300, deadline=None)
def test_texts_that_are_passed_over_repeat_nothing(text: str):
    read = Texts([text, "", text], Vocabulary())
    quick = repetition.repetition(read)
    with patch.object(repetition, "_may_repeat", lambda texts: np.arange(len(texts.texts))):
        assert quick.tolist() == repetition.repetition(read).tolist()


@given(sentences=st.lists(LETTERS, min_size=1, max_size=4), filled=FILLED)
@example([list("aibcdefgh")], [list("abcdefghi")])  # as far as near goes, with hits between
@example(
    [list("abc")], [list("a" + "z" * 19 + "b" + "z" * 7 + "a" + "z" * 31 + "a")]
)  # second best
@settings(max_examples=300, deadline=None)
def test_the_best_stretch_is_that_of_the_slow_way(
    sentences: list[list[str]], filled: list[list[str]]
):
    passage = list(chain.from_iterable(filled))
    words = Words([" ".join(each) for each in ([], passage, *sentences)], Vocabulary())
    stems, counts = words.stems[len(passage) :], words.counts[2:]
    found = best_stretches(stems, counts, np.ones(len(counts), np.int64), words.places)
    slow = [best_of(sentence, passage) for sentence in sentences]
    assert found.agreement.tolist() == pytest.approx([each[0] for each in slow], abs=1e-12)
    assert list(zip(found.first.tolist(), found.last.tolist(), strict=True)) == [e[1] for e in slow]


def test_hits_are_held_of_a_few_sentences_at_a_time(monkeypatch):
    passage = "a list keeps items and a list is stable in a list ".split() * 40  # noqa: SIM905
    words = Words(
        [" ".join(passage), *["list items stable list", "keeps items"] * 30], Vocabulary()
    )
    given = words.stems[len(passage) :], words.counts[1:], np.zeros(60, np.int64), words.places
    whole, most = best_stretches(*given), []

    class Counted(Hits):
        def __init__(self, *args) -> None:
            super().__init__(*args)
            most.append(len(self.word))

    monkeypatch.setattr(stretches, "Hits", Counted)
    for at_once in (1, 1000, 2 * len(passage)):
        monkeypatch.setattr(stretches, "_MOST", at_once)
        parts = best_stretches(*given)
        assert parts.agreement.tolist() == whole.agreement.tolist()
        assert parts.first.tolist() == whole.first.tolist()
        assert parts.last.tolist() == whole.last.tolist()
        assert max(most) <= max(at_once, len(passage))  # one sentence is never parted


def best_of(sentence: list[str], passage: list[str]) -> tuple[float, tuple[int, int]]:
    """Agreement and place of the best stretch, by trying each."""
    size = 2 * len(sentence) + 3 * NEAR
    hits = [at for at, word in enumerate(passage) if word in sentence]
    if not hits:
        return 0.0, (-1, -1)
    stretches = [hits]
    if hits[-1] - hits[0] >= size:
        ending = [[at for at in hits if last - size < at <= last] for last in hits]
        most = max(len({passage[at] for at in each}) for each in ending)
        stretches = []
        for each in ending:
            apart = not stretches or each[-1] > stretches[-1][-1] + size // 4
            if apart and len({passage[at] for at in each}) == most:
                stretches.append(each)
    agreed = [agreement(sentence, passage, each) for each in stretches[:STRETCHES]]
    best = stretches[agreed.index(max(agreed))]
    if not max(agreed):
        return 0.0, (-1, -1)
    wanted = {passage[at] for at in best}
    runs = [best[i : j + 1] for j in range(len(best)) for i in range(j + 1)]
    whole = [run for run in runs if {passage[at] for at in run} == wanted]
    shortest = min(whole, key=lambda run: run[-1] - run[0])
    return max(agreed), (shortest[0], shortest[-1] + 1)


def agreement(sentence: list[str], passage: list[str], stretch: list[int]) -> float:
    """Share of the words that a stretch has, times that of the neighbours that stay near."""
    known = len({passage[at] for at in stretch}) / len(set(sentence))
    pairs = [(one, other) for one, other in pairwise(sentence) if one != other]
    near = [
        any(
            passage[here] == one and passage[there] == other and abs(here - there) <= NEAR
            for here in stretch
            for there in stretch
        )
        for one, other in pairs
    ]
    return known * (sum(near) / len(pairs) if pairs else known)
