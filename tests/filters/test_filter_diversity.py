"""`diversity` orders rows so that few stand for all, and tells how far each is from those before."""

from __future__ import annotations

import math
from functools import partial

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.embeddings.lexical import Lexical
from curate.engines.local import Local
from curate.filters.diversity import Diversity
from curate.filters.variety.topics import breadth
from curate.filters.variety.verbs import pair, pairs
from curate.progress import Silent

ANIMALS = ["cat dog horse", "dog cat cow", "cow horse sheep", "cat sheep dog", "horse dog cat"]
ODD = "quantum chromodynamics lattice"


def frame(answers: list[str], quality: list[float | None] | None = None) -> pl.DataFrame:
    count = len(answers)
    fields = {"id": [f"r{n}" for n in range(count)], "instruction": [""] * count, "output": answers}
    rows = pl.DataFrame(fields, schema=dict.fromkeys(fields, pl.String))
    if quality is None:
        return rows
    return rows.with_columns(quality=pl.Series(quality, dtype=pl.Float64))


def among(rows: pl.DataFrame, **options) -> pl.DataFrame:
    found = Diversity(**options).among(rows, Lexical(), Local(1), Silent())
    return rows.select("id").hstack(found)


def test_the_first_is_far_from_nothing_and_a_copy_is_at_0():
    found = among(frame(["a red fox", "a blue whale", "a red fox"]))
    by_rank = found.sort("diversity_rank")
    assert by_rank["diversity"][0] == 1
    assert by_rank["diversity_rank"].to_list() == [1, 2, 3]
    assert by_rank.row(2, named=True) == {"id": "r2", "diversity": 0, "diversity_rank": 3}


def test_what_stands_for_many_comes_before_an_outlier():
    assert among(frame([ODD, *ANIMALS])).sort("diversity_rank")["id"][0] != "r0"


def test_of_two_that_say_the_same_the_better_one_comes_first():
    found = among(frame(["a red fox", "a red fox", "a whale"], [0.6, 0.9, 0.7]))
    assert found["diversity_rank"][1] < found["diversity_rank"][0]
    assert found["diversity"][0] == 0


def test_unknown_quality_is_the_mean_of_the_others():
    found = among(frame(["same", "same", "same"], [0.6, None, 1.0])).sort("diversity_rank")
    assert found["id"].to_list() == ["r2", "r1", "r0"]


@pytest.mark.parametrize("quality", [[0.0] * 6, [None] * 6, [math.nan] * 6, [-1, 2, 0, 0, 0, 1]])
def test_any_quality_gives_numbers(quality):
    found = among(frame([ODD, *ANIMALS], quality), weight=4)
    assert sorted(found["diversity_rank"]) == [1, 2, 3, 4, 5, 6]
    assert found["diversity"].is_between(0, 1).all()


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_rows(count):
    found = among(frame(["one thing", "other words"][:count]))
    assert found.schema == {"id": pl.String, "diversity": pl.Float64, "diversity_rank": pl.Float64}
    assert found["diversity_rank"].to_list() == [1, 2][:count]


def test_texts_that_say_nothing_are_alike_and_like_nothing_else():
    found = among(frame(["", "a red fox", "  ", "?"]))
    assert not found["diversity"].is_nan().any()
    assert found["diversity"].null_count() == 0
    assert sorted(found["diversity"].head(3)) == [0, 1, 1]


WORDS = st.sampled_from(["fox", "whale", "list", "tree", "runs", "red", "blue", "the"])
TEXTS = st.lists(st.lists(WORDS, max_size=5).map(" ".join), min_size=1, max_size=25)


@settings(max_examples=50, deadline=None)
@given(TEXTS, st.data())
def test_the_order_of_the_rows_does_not_matter(answers, data):
    quality = data.draw(
        st.lists(st.sampled_from([0.6, 0.8, 1.0]), min_size=len(answers), max_size=len(answers))
    )
    rows = frame(answers, quality)
    shuffled = rows[data.draw(st.permutations(range(len(answers))))]
    assert among(shuffled).sort("id").equals(among(rows).sort("id"))


@settings(max_examples=50, deadline=None)
@given(TEXTS)
def test_each_distance_is_to_the_nearest_row_before(answers):
    import numpy as np

    rows = frame(answers)
    found = among(rows).sort("diversity_rank")
    texts = [answers[int(name[1:])] for name in found["id"]]
    vectors = Lexical().embed([answers[int(n[1:])] for n in found["id"]])
    for number in range(1, len(texts)):
        same = [float(vectors[number] @ other) for other in vectors[:number]]
        like = max(same) if np.any(vectors[number]) else float("" in texts[:number])
        assert found["diversity"][number] == pytest.approx(1 - min(max(like, 0), 1), abs=1e-4)


def test_bounds_do_not_show_in_the_numbers():
    rows = frame([ODD, *ANIMALS])
    assert among(rows, min=0.5, target=2).equals(among(rows))


def test_the_sum_over_rows_drawn_by_chance(monkeypatch):
    from curate.filters.variety import choice

    monkeypatch.setattr(choice, "SUMMED", 3)
    monkeypatch.setattr(choice, "CHOSEN", 2)
    found = among(frame([ODD, *ANIMALS, ODD]))
    assert sorted(found["diversity_rank"]) == [1, 2, 3, 4, 5, 6, 7]
    assert found["diversity"].min() == 0


def test_a_row_alone_is_not_measured():
    found = Diversity().measure(frame(["a", "b"]))
    assert found.to_dict(as_series=False) == {
        "diversity": [None, None],
        "diversity_rank": [None, None],
    }


@pytest.mark.parametrize(
    ("instruction", "verb_object"),
    [
        ("Write a short story about a dog.", ("write", "story")),
        ("Please give me three tips for staying healthy.", ("give", "tip")),
        ("Can you list the countries of Europe?", ("list", "country")),
        ("How do I convert a string to a number?", ("convert", "string")),
        ("How to clean dentures.", ("clean", "denture")),
        ("What causes earthquakes?", ("cause", "earthquake")),
        ("What is the capital of France?", ("be", "capital")),
        ("How does the sun heat the water? ", ("heat", "water")),
        ("What does os.getcwd return?", ("return", "")),
        ("Given a sentence, return the longest word.", ("return", "word")),
        ("Which browsers does the admin support?", ("support", "browser")),
        ("", None),
        ("?!", None),
    ],
)
def test_verb_and_object(instruction, verb_object):
    assert pair(instruction) == verb_object


@given(st.text())
def test_any_text_has_a_pair_or_none(text):
    found = pair(text)
    assert found is None or found[0]


def test_pairs_are_counted_once():
    assert len(pairs(["Write a poem.", "Please write poems.", "Write a list."])) == 2


def test_breadth_tells_topics_and_pairs_before_and_after():
    rows = frame(["red fox fur"] * 3 + ["blue whale sea"] * 2).with_columns(
        instruction=pl.Series(["Describe a fox."] * 3 + ["Describe a whale."] * 2)
    )
    found = breadth(rows, [True, False, False, False, False], Lexical(), Silent(), most=2)
    assert found.topics["rows"].to_list() == [3, 2]
    assert found.topics["kept"].to_list() == [1, 0]
    assert "fox" in found.topics["terms"][0]
    assert (found.verbs, found.verbs_kept) == (2, 1)


@pytest.mark.parametrize("answers", [[], [""], ["", "", "x"]])
def test_breadth_of_little(answers):
    told = partial(breadth, embedding=Lexical(), progress=Silent())
    found = told(frame(answers), [True] * len(answers))
    assert found.topics["rows"].sum() == len(answers)
