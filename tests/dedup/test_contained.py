"""Rows that hold a text: what counts, what does not, and that nothing is missed."""

from __future__ import annotations

import random
from itertools import chain

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.dedup import contained
from curate.dedup.contained import contaminated
from curate.dedup.duplicates import DUPLICATE
from curate.errors import InputError

QUESTION = "Which gas do plants take from the air when they make sugar?"
PHRASE = "According to this, which gas do plants take from the air?"


def rows(*fields: tuple[str | None, str | None, str | None]) -> pl.DataFrame:
    """Rows `r0`, `r1`, … of (instruction, input, output)."""
    full = [(f"r{number}", *texts) for number, texts in enumerate(fields)]
    return pl.DataFrame(
        full, dict.fromkeys(("id", "instruction", "input", "output"), pl.String), orient="row"
    )


def texts(*given: str | None, prefix: str = "quiz:") -> pl.DataFrame:
    """Items `quiz:1`, …"""
    full = [(f"{prefix}{number}", text) for number, text in enumerate(given, 1)]
    return pl.DataFrame(full, {"id": pl.String, "text": pl.String}, orient="row")


def found(frame: pl.DataFrame, given: pl.DataFrame, threshold=0.8, ngram=3) -> dict[str, tuple]:
    result = contaminated(frame, given, threshold, ngram)
    assert result.schema == DUPLICATE
    return {id_: rest for id_, *rest in result.iter_rows()}


def test_an_item_in_a_long_row_is_found_in_any_field():
    long = f"Some words before it. {QUESTION.upper().replace('?', ' …')} And {'many words ' * 90}"
    frame = rows(
        (long, "", "Air."), ("Answer.", long, ""), ("Tell.", "", long), ("Tell.", "", "Air.")
    )
    reason = "duplicate of quiz:1 1.00 ≥ 0.80"
    assert found(frame, texts(QUESTION)) == {f"r{n}": ["quiz:1", 1.0, reason] for n in range(3)}


def test_the_similarity_is_the_share_of_the_item_that_the_row_has():
    frame = rows((QUESTION.replace("sugar", "starch"), "", "Carbon dioxide."))
    name, share, reason = found(frame, texts(QUESTION))["r0"]
    assert (name, share) == ("quiz:1", 9 / 10)
    assert reason == "duplicate of quiz:1 0.90 ≥ 0.80"
    assert found(frame, texts(QUESTION), threshold=0.91) == {}


def test_a_phrase_in_common_is_not_enough():
    assert (
        found(rows(("What do plants take from the air?", "", "Carbon dioxide.")), texts(QUESTION))
        == {}
    )
    assert found(rows((PHRASE, "", "Carbon.")), texts(QUESTION)) == {}


@pytest.mark.parametrize("text", ["", "A text about plants, as long as anybody likes."])
def test_a_question_and_its_answer_are_found_in_two_fields(text):
    item = texts("Which gas do plants breathe? Carbon dioxide from the air")
    frame = rows(
        ("Which gas do plants breathe?", text, "Carbon dioxide, from the air."),
        ("Answer this.", "Which gas do plants breathe?", "Carbon dioxide, from the air."),
        ("Carbon dioxide, from the air.", text, "Which gas do plants breathe?"),
    )
    assert set(found(frame, item, ngram=5)) == {"r0", "r1"}


def test_a_short_item_counts_only_as_a_whole():
    capital = "What is the capital of France?"
    frame = rows(
        ("what is the capital of  france", "", "Paris."),
        (f"Dear all, {capital} Thank you.", "", "Paris."),
        ("Ask something.", "", capital),
        (capital, "A text.", "Paris."),
        ("Answer.", capital, "Paris."),
        ("What is the capital", "", "of France?"),
    )
    assert set(found(frame, texts(capital))) == {"r0", "r2", "r3", "r4", "r5"}
    answered = texts(f"{capital} Paris")
    assert set(found(frame, answered)) == {"r0", "r3", "r4"}


def test_an_item_of_fewer_pieces_than_a_shingle_counts_as_a_whole():
    inside = rows((f"{QUESTION} Why?", "", ""), (QUESTION, "", ""))
    assert set(found(inside, texts(QUESTION), ngram=13)) == {"r1"}
    assert set(found(inside, texts(QUESTION), ngram=12)) == {"r0", "r1"}


def test_the_best_item_is_named_then_the_lowest_id():
    near = QUESTION.replace("sugar", "starch")
    frame = rows((QUESTION, "", "."))
    assert found(frame, texts(near, QUESTION))["r0"][:2] == ["quiz:2", 1.0]
    assert found(frame, texts(near, QUESTION, QUESTION + "?"))["r0"][:2] == ["quiz:2", 1.0]
    assert found(frame, texts(near, near))["r0"][:2] == ["quiz:1", 0.9]
    assert found(frame, texts(QUESTION, QUESTION, prefix="z:").reverse())["r0"][0] == "z:1"


def test_nothing_to_find_and_nothing_to_look_for():
    frame = rows((QUESTION, None, None), (None, None, None))
    assert found(frame, texts()) == {}
    assert found(frame, texts("", None, " \n")) == {}
    assert found(rows(), texts(QUESTION, "short")) == {}
    assert set(found(frame, texts(QUESTION, None))) == {"r0"}


def test_two_rows_of_one_id_are_refused():
    frame = rows((QUESTION, "", ""), ("Other.", "", "")).with_columns(id=pl.lit("r"))
    with pytest.raises(InputError, match="Two rows have the id r"):
        contaminated(frame, texts(QUESTION), 0.8, 3)


def test_items_that_are_all_alike_are_compared_some_at_a_time(monkeypatch):
    given = texts(*(f"{QUESTION} Number {number}." for number in range(60)))
    frame = rows(*((f"{QUESTION} Number {number % 70}.", "", "") for number in range(140)))
    whole = contaminated(frame, given, 0.7, 3)
    assert whole.height == 140
    monkeypatch.setattr(contained, "_AT_ONCE", 50)
    assert contaminated(frame, given, 0.7, 3).equals(whole)


SENTENCE = "a list tuple is not changed += . 列 one two don't ! Ab"
WORDS = SENTENCE.split()
TEXT = st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join)


@st.composite
def cases(draw: st.DrawFn) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Items, and rows of which some hold parts of them."""
    given = draw(st.lists(TEXT, max_size=6))
    chance = random.Random(draw(st.integers(0, 999)))

    def field() -> str:
        words = draw(TEXT).split()
        if given and chance.random() < 0.6:
            part = chance.choice(given).split()
            if part and chance.random() < 0.5:
                part[chance.randrange(len(part))] = chance.choice(WORDS)
            at = chance.randrange(len(words) + 1)
            words[at:at] = part[chance.randrange(2) :]
            words = chance.choice([words, part])
        return " ".join(words)

    fields = [
        (field(), chance.choice(["", field()]), field()) for _ in range(draw(st.integers(0, 6)))
    ]
    return rows(*fields), texts(*given)


def expected(oracle, frame, given, threshold, ngram) -> dict[str, tuple[str, float]]:
    """By the rules, row by row and item by item."""
    result = {}
    for id_, *fields in frame.iter_rows():
        asked, text, said = map(oracle._pieces, fields)
        readings = [[asked, text, said], [asked, [], said]]
        runs = [
            list(chain.from_iterable(each[first:last]))
            for each in readings
            for first in range(3)
            for last in range(first + 1, 4)
        ]
        row = set().union(*(shingles(run, ngram) for run in runs))
        best = (0.0, "")
        for name, item in given.iter_rows():
            pieces = oracle._pieces(item)
            whole = shingles(pieces, ngram)
            if len(pieces) >= max(8, ngram):
                share = len(whole & row) / len(whole)
            else:
                share = float(bool(pieces) and pieces in runs)
            if share >= threshold and share > best[0]:
                best = (share, name)
        if best[1]:
            result[id_] = best
    return result


def shingles(pieces: list[str], ngram: int) -> set[tuple[str, ...]]:
    return {tuple(pieces[at : at + ngram]) for at in range(len(pieces) - ngram + 1)}


@given(
    case=cases(),
    threshold=st.sampled_from([0.1, 0.5, 0.7, 0.8, 1.0]),
    ngram=st.sampled_from([1, 2, 3, 5, 9]),
    seed=st.integers(0, 9),
    workers=st.sampled_from([1, 3]),
)
@settings(max_examples=300, deadline=None)
def test_as_if_every_item_was_looked_for_in_every_row(
    oracle, case, threshold, ngram, seed, workers
):
    frame, given = case
    shuffled = frame.sample(fraction=1.0, shuffle=True, seed=seed)
    result = contaminated(
        shuffled, given.sample(fraction=1.0, shuffle=True, seed=seed), threshold, ngram, workers
    )
    assert result["id"].is_sorted()
    assert {id_: (share, kept) for id_, kept, share, _ in result.iter_rows()} == expected(
        oracle, frame, given, threshold, ngram
    )


def test_many_rows_in_parts_by_any_number_of_workers():
    chance = np.random.default_rng(5)
    words = [f"w{number}" for number in range(2000)]
    pool = [" ".join(chance.choice(words, 20)) for _ in range(300)]
    frame = rows(
        *(
            (" ".join(chance.choice(words, 200)), "", pool[n] if n < 300 and n % 10 == 0 else ".")
            for n in range(2000)
        )
    )
    given = texts(*pool[:150])
    results = [contaminated(frame, given, 0.8, 3, workers) for workers in (1, 2, 5)]
    assert len(results[0]) == 15
    assert all(result.equals(results[0]) for result in results)
