"""Each planted fault does what it says, and depends on the row and the seed alone."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.calibrate.faults import FAULTS, plant
from curate.schema import PAIR

COLUMNS = pl.Schema([*PAIR.items(), ("passage", pl.String)])
CATS = (
    "A cat sleeps for about sixteen hours a day. Most of that sleep is light, so that the cat wakes "
    "at once. `LightSleeper` reads 12 sensors."
)
BEES = "A honey bee visits 50 flowers on one flight. It carries the nectar home."


def rows(*pairs: tuple[str, str, str, str]) -> pl.DataFrame:
    """Good rows of (document, passage, instruction, output)."""
    fixed = {**dict.fromkeys(PAIR, ""), "kind": "answer", "dropped": None, "split": None}
    return pl.DataFrame(
        [
            {
                **fixed, "id": f"row{number}", "document": document, "passage": passage,
                "start": len(passage), "end": 2 * len(passage), "instruction": asked, "output": said,
            }
            for number, (document, passage, asked, said) in enumerate(pairs)
        ],
        schema=COLUMNS,
    )  # fmt: skip


def one(asked: str, said: str, fault: str, passage: str = CATS, seed: int = 0) -> dict | None:
    """The row with this question and answer, with the fault; None where it has no place for it."""
    found = plant(rows(("animals", passage, asked, said)), seed).filter(fault=fault)
    return found.to_dicts()[0] if found.height else None


HOURS = ("How long does a cat sleep?", "A cat sleeps for about sixteen hours a day.")
SENSORS = ("What does LightSleeper read?", "`LightSleeper` reads 12 sensors.")
LIGHT = ("Why does a cat wake at once?", "Most of its sleep is light.")


@pytest.mark.parametrize(
    ("row", "fault", "sure"),
    [
        (HOURS, "number", lambda s: s.startswith("A cat sleeps for about") and "sixteen" not in s),
        (SENSORS, "number", lambda s: "LightSleeper" in s and "12" not in s),
        (HOURS, "negated", lambda s: s == "A cat does not sleep for about sixteen hours a day."),
        (LIGHT, "negated", lambda s: s == "Most of its sleep is not light."),
        (SENSORS, "invented", lambda s: "LightSleeper" not in s and s.endswith("reads 12 sensors.")),
        (HOURS, "truncated", lambda s: HOURS[1].startswith(s) and not s.endswith(".")),
        (HOURS, "repeated", lambda s: max(map(s.split().count, s.split())) >= 3),
        (HOURS, "language", lambda s: "cat" not in s and len(s) > 10),
        (HOURS, "echo", lambda s: s.rstrip("?.") == HOURS[0].rstrip("?")),
        (HOURS, "mojibake", lambda s: "Â" in s or "â" in s or "\ufffd" in s),
        (HOURS, "empty", lambda s: not any(map(str.isalnum, s))),
        (HOURS, "short", lambda s: s in ("A", "A cat")),
    ],
)  # fmt: skip
def test_a_fault_changes_the_answer(row, fault, sure) -> None:
    for seed in range(20):
        bad = one(*row, fault, seed=seed)
        assert bad is not None
        assert bad["instruction"] == row[0]
        assert bad["output"] != row[1]
        assert sure(bad["output"]), bad["output"]


def test_a_denial_is_taken_out() -> None:
    assert one("Does it?", "It cannot fly.", "negated")["output"] == "It can fly."
    assert one("Is it?", "No, it isn't red.", "negated")["output"] == "Yes, it is red."
    assert one("Is it?", "Yes, it is red.", "negated")["output"] == "No, it is not red."


def test_an_answer_without_a_place_for_a_fault_gets_none() -> None:
    asked, said = "Where does it live?", "In trees"
    planted = set(plant(rows(("a", "In trees", asked, said)), 0)["fault"])
    assert planted & {"number", "negated", "invented", "truncated", "short"} == set()
    assert planted & {"swapped_passage", "swapped_document", "swapped_other"} == set()


def test_a_number_that_the_passage_lacks_is_no_place_for_another() -> None:
    assert one("How many?", "There are 77 of them in all.", "number") is None


def test_leaks_and_chatter_keep_the_row_and_add_the_words_of_a_model() -> None:
    marks = (
        "Answer:",
        "Question:",
        "Q:",
        "Response",
        "Instruction",
        "INST",
        "<",
        "Assistant",
        "Reply",
    )
    for seed in range(30):
        leaked = one(*HOURS, "leak", seed=seed)
        assert any(mark in leaked["instruction"] + leaked["output"] for mark in marks)
        assert one(*HOURS, "chatter", seed=seed)["output"] not in ("", HOURS[1])


def test_a_dangling_question_points_to_a_text_or_names_nothing() -> None:
    for seed in range(30):
        bad = one(*HOURS, "dangling", seed=seed)
        assert bad["output"] == HOURS[1]
        points = bad["instruction"].endswith("how long does a cat sleep?")
        assert points or "cat" not in bad["instruction"]


def test_a_question_about_its_input_does_not_dangle() -> None:
    about = rows(("animals", CATS, *HOURS)).with_columns(input=pl.lit("A cat sleeps."))
    assert "dangling" not in plant(about, 0)["fault"]


def test_answers_are_swapped_by_where_the_other_row_is_from() -> None:
    good = rows(
        ("animals", CATS, *HOURS),
        ("animals", CATS, "What reads the sensors?", "`LightSleeper` reads 12 sensors."),
        ("animals", BEES, "What does a honey bee visit?", "It visits 50 flowers on one flight."),
        ("rivers", "Gravel sinks.", "What sinks first in water?", "The heaviest gravel does."),
    )
    bad = plant(good, 0)
    swapped = {
        row["fault"]: row["output"]
        for row in bad.iter_rows(named=True)
        if row["id"].startswith("row0-swapped")
    }
    assert swapped == {
        "swapped_passage": "`LightSleeper` reads 12 sensors.",
        "swapped_document": "It visits 50 flowers on one flight.",
        "swapped_other": "The heaviest gravel does.",
    }


def test_an_answer_that_says_the_same_is_not_swapped_in() -> None:
    again = ("animals", CATS, "How many hours does the cat sleep?", "Sixteen hours a day.")
    planted = plant(rows(("animals", CATS, *HOURS), again), 0)
    assert "swapped_passage" not in planted["fault"]


def test_rows_in_another_language_get_english_ones() -> None:
    said = {
        text
        for seed in range(200)
        for text in plant(rows(("a", "p", *HOURS)), seed, "de").filter(fault="language")["output"]
    }
    assert any("The function returns" in text for text in said)
    assert not any("Die Funktion" in text for text in said)
    assert len(said) > 15


def test_good_rows_stay_and_every_id_is_its_own() -> None:
    good = rows(("animals", CATS, *HOURS), ("animals", CATS, *SENSORS))
    planted = plant(good, 0)
    assert planted.columns == [*COLUMNS, "fault"]
    assert planted.filter(fault="").drop("fault").equals(good)
    assert planted["id"].is_unique().all()
    assert set(planted["fault"]) <= {"", *FAULTS}
    assert all(fault.meaning for fault in FAULTS.values())


def test_the_order_of_rows_changes_nothing() -> None:
    good = rows(
        *(
            ("animals", CATS, f"What is item {n} of {n}?", f"Thing{n} has {n} parts.")
            for n in range(9)
        )
    )
    one_way, other_way = plant(good, 3), plant(good.reverse(), 3)
    assert one_way.sort("id").equals(other_way.sort("id"))
    assert not one_way.equals(plant(good, 4))


@given(st.lists(st.tuples(st.text(), st.text(), st.text()), max_size=4), st.integers(0, 9))
def test_any_text_can_be_planted_in(texts, seed) -> None:
    good = rows(
        *(
            (f"d{n % 2}", *(part.encode("utf-8", "ignore").decode() for part in text))
            for n, text in enumerate(texts)
        )
    )
    planted = plant(good, seed)
    assert planted.equals(plant(good, seed))
    for bad in planted.filter(pl.col("fault") != "").iter_rows(named=True):
        source = good.filter(id=bad["id"].rsplit("-", 1)[0]).to_dicts()[0]
        assert (bad["instruction"], bad["output"]) != (source["instruction"], source["output"])
