"""Faulty answers lead to the training rows they are like, and to what those have in common."""

from __future__ import annotations

from train.ask import Answer
from train.evaluate.faults import Judge
from train.evaluate.findings import findings, flag
from train.evaluate.rows import Source, Sources

WITH = "The with statement enters a context manager and leaves it when its block ends."
LIST = "The list method appends an element, extends, inserts, removes or sorts its elements."


def row(name: str, question: str, output: str, document: str, text: str) -> Source:
    return Source(
        name, question, output, document=document, path=document, passage=text, scores={"q": 0.5}
    )


# Rows of with.md end without a full stop; those of list.md are whole sentences
BAD = [
    row(f"w{n}", f"What does with do, part {n}?", f"Enters context manager {n}", "with.md", WITH)
    for n in range(12)
]
GOOD = [
    row(f"l{n}", f"What does append do, part {n}?", f"It appends element {n}.", "list.md", LIST)
    for n in range(60)
]
QUESTIONS = [
    row(f"t{n}", "What does with leave when its block ends?", "It leaves it.", "with.md", WITH)
    for n in range(5)
]
SOURCES = Sources([*BAD, *GOOD], QUESTIONS, [WITH, LIST], "en")
JUDGE = Judge.of(SOURCES)
CUT = {each.id: Answer("Enters context manager with a block and", 30, False) for each in QUESTIONS}
FINE = {each.id: Answer("It leaves it.", 30, True) for each in QUESTIONS}


def test_a_faulty_answer_is_linked_to_rows_documents_and_scores() -> None:
    flagged = flag(JUDGE, QUESTIONS, CUT)["t0"]
    assert set(flagged.faults) >= {"no end"}
    assert len(flagged.near) == 3
    assert {near.row.path for near in flagged.near} == {"with.md"}
    assert flagged.near[0].likeness >= flagged.near[1].likeness > 0
    assert flagged.near[0].row.scores == {"q": 0.5}


def test_a_good_answer_is_linked_to_nothing() -> None:
    assert flag(JUDGE, QUESTIONS, FINE)["t0"].near == []


def test_what_the_rows_nearby_have_in_common_is_found() -> None:
    flagged = list(flag(JUDGE, QUESTIONS, CUT).values())
    found = [each for each in findings(flagged, JUDGE, SOURCES.train) if each.fault == "no end"]
    assert [each.trait for each in found] == ["no full stop"]
    assert found[0].answers == 5
    assert found[0].count == found[0].near >= 3
    assert set(found[0].rows) <= {each.id for each in BAD}
    assert found[0].documents == [("with.md", found[0].count)]
    assert found[0].p < 0.01
    assert "of with.md" in found[0].text
    assert "of all training rows 16.7% do" in found[0].text


def test_a_trait_that_all_rows_have_tells_nothing() -> None:
    train = [*BAD, *(Source(**{**vars(each), "output": each.output[:-1]}) for each in GOOD)]
    flagged = list(flag(JUDGE, QUESTIONS, CUT).values())
    assert findings(flagged, JUDGE, train) == []
