"""Phrases of many rows weigh nothing; crowds are reported; many alike rows stay affordable."""

from __future__ import annotations

import random

import polars as pl
import pytest

from curate.dedup import groups, sample
from curate.dedup.alarm import Crowd, crowds
from curate.dedup.duplicates import near_duplicates
from curate.dedup.memory import need
from curate.dedup.options import Dedup
from curate.dedup.sets import SPILL

OPENING = (
    "Thank you for your question, I am happy to help you with that, let us look at it together. "
)
CLOSING = " I hope that this helps you, and please ask again if there is anything that is unclear."


def word(chance: random.Random) -> str:
    return "".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=6))


def sentence(chance: random.Random, length: int) -> str:
    return " ".join(word(chance) for _ in range(length))


def frame_of(rows: list[tuple[str, str]]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "id": [f"r{number:05}" for number in range(len(rows))],
            "instruction": [row[0] for row in rows],
            "input": "",
            "output": [row[1] for row in rows],
        }
    )


def templates(count: int, words: int = 4) -> list[tuple[str, str]]:
    chance = random.Random(0)
    return [
        (f"What is {word(chance)}?", f"{OPENING}It is {sentence(chance, words)}.{CLOSING}")
        for _ in range(count)
    ]


def test_rows_of_one_template_are_no_copies_of_each_other():
    rows = templates(80)
    # with the template they would be
    assert near_duplicates(frame_of(rows[:15]), Dedup(threshold=0.5)).height == 14
    assert near_duplicates(frame_of(rows), Dedup(threshold=0.5)).is_empty()


ORDINARY = 300


def ordinary() -> list[tuple[str, str]]:
    chance = random.Random(9)
    return [(sentence(chance, 8) + "?", sentence(chance, 60)) for _ in range(ORDINARY)]


@pytest.mark.parametrize("threshold", [0.5, 0.8])
def test_a_template_with_a_number_in_its_question_and_few_answers(threshold):
    rows = [
        (f"How many items are in box {n}?", f"{OPENING}There are {n % 7} items in it.{CLOSING}")
        for n in range(200)
    ]
    assert near_duplicates(frame_of(rows), Dedup(threshold=threshold)).is_empty()


def test_short_questions_of_one_form_with_one_answer():
    chance = random.Random(6)
    stock = "It is a thing that programs are made of, as the documents say in many places."
    rows = [(f"What is {word(chance)}?", stock) for _ in range(30)]
    assert near_duplicates(frame_of(rows), Dedup()).is_empty()
    again = [*rows, (rows[0][0], stock.replace("many", "some"))]
    assert near_duplicates(frame_of(again), Dedup(threshold=0.6))["kept"].to_list() == ["r00000"]


@pytest.mark.parametrize("threshold", [0.5, 0.8])
def test_a_template_whose_slots_are_filled_from_short_lists(threshold):
    names = sentence(random.Random(2), 30).split()
    rows = [
        (f"Explain {one} of {two}, please.", f"{OPENING}In {two} it is {one} that works.{CLOSING}")
        for one in names[:15]
        for two in names[15:]
    ]
    assert near_duplicates(frame_of(rows), Dedup(threshold=threshold)).is_empty()


def test_many_copies_of_a_row_with_a_word_changed_here_and_there_are_no_template():
    chance = random.Random(3)
    asked, said = "What does the len function return for a list?", sentence(chance, 60)
    rows = [*ordinary(), (asked, said)]
    for _ in range(60):
        words = said.split()
        words[chance.randrange(60)] = word(chance)
        rows.append((asked, " ".join(words)))
    found = near_duplicates(frame_of(rows), Dedup())
    assert found.height == 60
    assert found["kept"].n_unique() == 1


def test_large_data_is_sampled_and_copies_and_templates_are_told_apart_there_too(monkeypatch):
    monkeypatch.setattr(sample, "MOST", 128)
    rows = ordinary() + templates(300)
    copies = [(asked, said + " " + said[:9]) for asked, said in rows[: ORDINARY // 10]]
    frame = frame_of(rows + copies)
    found = near_duplicates(frame, Dedup(threshold=0.7))
    assert found["kept"].to_list() == frame["id"][: len(copies)].to_list()
    again = frame.sample(fraction=1.0, shuffle=True, seed=4)
    assert near_duplicates(again, Dedup(threshold=0.7)).equals(found)


def test_copies_within_a_template_are_found():
    rows = templates(80, words=30)
    asked, said = rows[3]
    rows += [(asked, said.replace("happy", "glad")), (asked, said.removeprefix(OPENING))]
    found = near_duplicates(frame_of(rows), Dedup(threshold=0.8))
    assert found.select("id", "kept").rows() == [("r00080", "r00003"), ("r00081", "r00003")]


def test_what_is_nothing_but_boilerplate_is_compared():
    chance = random.Random(0)
    stock = ["I can only help with questions about Python.", "I can not say anything about that."]
    rows = [(sentence(chance, 8), stock[number % 2]) for number in range(120)]
    rows += [(rows[0][0], stock[1]), (rows[0][0] + "?", stock[0])]
    found = near_duplicates(frame_of(rows), Dedup())
    assert found.select("id", "kept").rows() == [("r00121", "r00000")]


def test_the_same_row_many_times_is_no_template():
    row = templates(1)[0]
    near = (row[0], row[1].replace("happy", "glad"))
    assert near_duplicates(frame_of([row] * 99 + [near]), Dedup()).height == 99


@pytest.mark.parametrize("threshold", [0.5, 0.7, 0.9, 1.0])
def test_crowds_are_thinned_without_loss(monkeypatch, threshold):
    chance = random.Random(1)
    words = sentence(chance, 30).split()
    rows = []
    for _ in range(40):  # fewer than a template has
        said = [word(chance) if chance.random() < 0.06 else each for each in words]
        rows.append((" ".join(words[:4]), " ".join(said)))
    frame = frame_of(rows)
    expected = near_duplicates(frame, Dedup(threshold=threshold))
    monkeypatch.setattr(groups, "CROWD", 1)
    assert near_duplicates(frame, Dedup(threshold=threshold)).equals(expected)
    if threshold < 0.9:
        assert 0 < expected.height < 40


def test_alarm():
    rows = templates(19) + [(f"Why {number}?", str(number) * 9) for number in range(81)]
    found = near_duplicates(frame_of(rows), Dedup(threshold=0.5))
    alarm = crowds(found, 100, share=0.1)
    assert [(each.kept, each.size, each.share) for each in alarm] == [("r00000", 18, 0.18)]
    least = found.sort("similarity", "id")["id"].to_list()
    assert alarm[0].examples == tuple(least[:3])
    assert crowds(found, 100, share=0.3) == []
    assert isinstance(alarm[0], Crowd)


def test_memory_is_foreseen():
    small, large = need(1000, 10**6, Dedup()), need(10**7, 10**10, Dedup())
    assert small.disk == 0
    assert small.memory < large.memory
    assert large.disk > SPILL


def test_a_second_run_finds_nothing_though_phrases_are_no_boilerplate_any_more():
    # 25 rows have the phrases, of which 8 are copies: too few have them then
    rows = templates(17, words=12)
    rows += [(asked, said.replace(". I hope", " too. I hope")) for asked, said in rows[:8]]
    chance = random.Random(5)
    frame = frame_of([*rows, *((sentence(chance, 9), sentence(chance, 30)) for _ in range(50))])
    found = near_duplicates(frame, Dedup(threshold=0.5))
    assert found.height >= 8
    rest = frame.filter(~pl.col("id").is_in(found["id"].to_list()))
    assert near_duplicates(rest, Dedup(threshold=0.5)).is_empty()
