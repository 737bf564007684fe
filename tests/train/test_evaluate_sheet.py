"""The experts' sheet: blind, harmless, and read back to who was preferred."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from train.errors import UsageError
from train.evaluate import sheet


def answers(count: int, base: str = "the base", tuned: str = "the tuned"):
    return [
        {
            "id": f"row-{number}",
            "question": "What?",
            "input": "",
            "reference": "That.",
            "base": {"answer": base},
            "tuned": {"answer": tuned},
        }
        for number in range(count)
    ]


def read(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))


def judge(path: Path, choose) -> None:
    rows = read(path)
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, rows[0])
        out.writeheader()
        out.writerows({**row, "preferred": choose(row)} for row in rows)


def prefer(answer: str):
    return lambda row: "1" if row["answer_1"] == answer else "2"


@pytest.fixture
def made(tmp_path: Path) -> Path:
    path = tmp_path / "sheet.csv"
    assert sheet.write(path, tmp_path / "evaluation", answers(40)) == 40
    return path


def test_the_one_who_was_preferred_is_found_again(made: Path) -> None:
    judge(made, prefer("the tuned"))
    found = sheet.score(made, made.parent / "evaluation")
    assert (found.tuned, found.base, found.ties, found.unjudged) == (40, 0, 0, 0)
    assert found.as_dict()["p"] < 1e-9
    assert "100.0% of 40" in found.text
    judge(made, prefer("the base"))
    assert sheet.score(made, made.parent / "evaluation").base == 40


def test_neither_column_nor_order_tells_the_model(made: Path) -> None:
    first = [row["answer_1"] for row in read(made)]
    assert 8 <= first.count("the tuned") <= 32  # of 40; outside: once in 10,000
    assert [row["row"] for row in read(made)] != [f"row-{number}" for number in range(40)]
    assert "base" not in " ".join(sheet.COLUMNS)
    other = made.parent / "other.csv"
    sheet.write(other, made.parent / "another run", answers(40))
    assert [row["answer_1"] for row in read(other)] != first  # a key of its own


def test_ties_and_blanks_are_counted_apart(made: Path) -> None:
    said = iter(["=", "", "1", "2", "tie"] + [""] * 35)
    judge(made, lambda row: next(said))
    found = sheet.score(made, made.parent / "evaluation")
    assert (found.ties, found.unjudged, found.decided) == (2, 36, 2)


def test_a_spreadsheet_may_save_with_semicolons_and_reordered(made: Path) -> None:
    rows = list(reversed(read(made)))
    with made.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.DictWriter(file, rows[0], delimiter=";")
        out.writeheader()
        out.writerows({**row, "preferred": prefer("the tuned")(row)} for row in rows)
    assert sheet.score(made, made.parent / "evaluation").tuned == 40


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: [{**rows[0], "preferred": "left"}], "row 2: preferred is 'left'"),
        (lambda rows: [{**rows[0], "row": "row-x"}], "'row-x' is not from a sheet of this run"),
        (lambda rows: [rows[0], rows[0]], "is there twice"),
        (lambda rows: [{"a": "b"}], "is no sheet"),
    ],
)
def test_what_is_not_understood_is_not_counted(made: Path, change, message: str) -> None:
    rows = change(read(made))
    with made.open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, rows[0])
        out.writeheader()
        out.writerows(rows)
    with pytest.raises(UsageError, match=message):
        sheet.score(made, made.parent / "evaluation")


def test_a_sheet_of_another_run_is_refused(made: Path, tmp_path: Path) -> None:
    sheet.write(tmp_path / "b.csv", tmp_path / "b", answers(3))
    with pytest.raises(UsageError, match="not from a sheet of this run"):
        sheet.score(made, tmp_path / "b")
    with pytest.raises(UsageError, match="sheet.key is not there"):
        sheet.score(made, tmp_path / "c")


def test_a_sheet_is_never_written_over(made: Path) -> None:
    with pytest.raises(UsageError, match="is there already"):
        sheet.write(made, made.parent / "evaluation", answers(2))


@given(st.text(st.sampled_from("=+-@\t\r\n ;,\"'|%＝xy"), min_size=1), st.text())
def test_no_cell_is_a_formula_and_texts_survive(nasty: str, text: str) -> None:
    for each in (nasty, text):
        cell = sheet.harmless(each)
        assert not cell.lstrip(" \n").startswith(("=", "+", "-", "@", "\t", "\r"))
        assert cell.endswith(each.encode("utf-8", "replace").decode())


def test_hostile_answers_and_ids_go_through_a_sheet(tmp_path: Path) -> None:
    path, rows = tmp_path / "sheet.csv", answers(8, "=cmd|' /C calc'!A0", '@SUM(1;2),"x"\r\n-1')
    for row in rows:
        row["id"] = f"={row['id']}"
    sheet.write(path, tmp_path / "evaluation", rows)
    cells = [cell for row in read(path) for cell in row.values()]
    assert not [cell for cell in cells if cell[:1] in "=+-@" and cell]
    judge(path, lambda row: "1" if "SUM" in row["answer_1"] else "2")
    assert sheet.score(path, tmp_path / "evaluation").tuned == 8
