"""`python -m train evaluate RUN` from a run folder to its table, files and page."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import shutil
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import polars as pl
import pytest

TOPIC = "Python's built-in functions"
DOCUMENTS = {
    "with.md": "The with statement wraps a block. A manager closes the file when the block is left.",
    "len.md": "The function len counts the items of a list. It returns a whole number.",
    "<i>abs</i>.md": "The function abs drops the sign of a number. It returns a number.",
}
TRAIN = [
    ("with.md", "What does with wrap?", "It wraps a block"),
    ("with.md", "What closes the file?", "A manager closes it"),
    ("with.md", "When is it closed?", "When the block is left"),
    ("len.md", "What does len count?", "It counts the items of a list."),
    ("len.md", "What does len return?", "It returns a whole number."),
]
TEST = [
    ("<i>abs</i>.md", "What does abs drop?", "It drops the sign."),
    ("<i>abs</i>.md", "What does <script>alert(1)</script> abs return?", "It returns a number."),
]
REFUSED = [
    ("Who won the cup?", f"I can only help with {TOPIC}."),
    ("How do I boil an egg?", f"Sorry, let's stay with {TOPIC}."),
    ("What is the capital of Peru?", f"That is not about {TOPIC}, so I must pass."),
]


def frame(facts: list[tuple[str, str, str]], refused: list[tuple[str, str]], name: str):
    rows = [
        {
            "id": f"{name}-{number}",
            "instruction": question,
            "input": "",
            "output": output,
            "kind": "answer" if document else "refusal",
            "document": document,
            "start": 0,
            "end": len(DOCUMENTS.get(document, "")),
            "quality": 0.25 * (number % 4),
        }
        for number, (document, question, output) in enumerate(
            [*facts, *(("", *each) for each in refused)]
        )
    ]
    return pl.DataFrame(rows)


def make_version(folder: Path, test=TEST) -> Path:
    (folder / "data").mkdir(parents=True)
    (folder / "documents").mkdir()
    frame(TRAIN, REFUSED, "train").write_parquet(folder / "data/train-00000-of-00001.parquet")
    held_out = frame(test, [("Who sang it?", f"I can only help with {TOPIC}.")], "test")
    held_out.write_parquet(folder / "data/test-00000-of-00001.parquet")
    passages = [
        {"id": name, "document": name, "start": 0, "end": len(text), "text": text, "path": name}
        for name, text in DOCUMENTS.items()
    ]
    pl.DataFrame(passages).write_parquet(folder / "documents/passages-00000-of-00001.parquet")
    manifest = {"name": "facts", "version": "1.0.0", "content_digest": "abc123"}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


@dataclass(frozen=True)
class Evaluated:
    """A run with its evaluation: what the command said, and what it wrote."""

    run: Path
    version: Path
    sheet: Path
    out: str

    @property
    def result(self) -> dict[str, Any]:
        return json.loads((self.run / "evaluation/evaluation.json").read_text())

    @property
    def answers(self) -> list[dict[str, Any]]:
        text = (self.run / "evaluation/answers.jsonl").read_text()
        return [json.loads(line) for line in text.splitlines()]

    @property
    def page(self) -> str:
        return (self.run / "evaluation/report.html").read_text()


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory, base: Path, command) -> Evaluated:
    folder = tmp_path_factory.mktemp("evaluated")
    version, run, sheet = make_version(folder / "facts/1.0.0"), folder / "run", folder / "a.csv"
    trained = command(
        version, "--base", base, "--out", run, "--max-steps", 40, "--learning-rate", 0.01
    )
    assert trained.code == 0, trained.err
    options = ["--max-new-tokens", 40, "--batch-size", 2, "--sheet", sheet]
    done = command("evaluate", run, *options)
    assert done.code == 0, done.err
    return Evaluated(run, version, sheet, done.out)


def test_both_models_stand_side_by_side(evaluated: Evaluated) -> None:
    lines = {line["measure"]: line for line in evaluated.result["table"]}
    record = json.loads((evaluated.run / "run.json").read_text())
    # The loss per token is the test loss that training measured before and after
    loss = lines["loss per token"]
    assert loss["base"]["value"] == pytest.approx(record["test_loss"]["before"], abs=1e-3)
    assert loss["tuned"]["value"] == pytest.approx(record["test_loss"]["after"], abs=1e-3)
    assert loss["verdict"] == "better"
    assert loss["change"]["down"] == 3
    assert {"token F1", "ROUGE-L", "refuses on topic", "ends by itself"} <= lines.keys()
    assert lines["token F1"]["base"]["items"] == 2  # the refusal is not among them
    assert lines["refuses off topic"]["base"]["items"] == 1
    assert "loss per token (3)" in evaluated.out
    assert "±" in evaluated.out


def test_answers_are_those_that_the_models_give_alone(evaluated: Evaluated) -> None:
    from train import Model

    model = Model(evaluated.run)
    assert [record["id"] for record in evaluated.answers] == ["test-0", "test-1", "test-2"]
    for record in evaluated.answers:
        assert record["tuned"]["answer"] == model(record["question"], max_new_tokens=40)
        assert record["base"]["answer"] != record["tuned"]["answer"]
        assert record["reference"]


def test_a_faulty_answer_names_training_rows_their_documents_and_scores(
    evaluated: Evaluated,
) -> None:
    faulty = [each["tuned"] for each in evaluated.answers if each["tuned"]["faults"]]
    assert faulty
    near = [row for answer in faulty for row in answer["near"]]
    assert near
    assert all(row["id"].startswith("train-") for row in near)
    assert {row["document"] for row in near} <= {*DOCUMENTS, "no document"}
    assert all(0 <= row["scores"]["quality"] <= 1 for row in near)
    counts = {each["fault"]: each for each in evaluated.result["faults"]}
    assert counts["no end"]["of"] == 3
    assert counts["no end"]["base"] == sum(
        "no end" in each["base"]["faults"] for each in evaluated.answers
    )


class Page(HTMLParser):
    """Tags with their attributes, and the text of the style sheet."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.style = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] == "style" and not self.style:
            self.style = data


def test_the_page_asks_for_nothing_and_runs_nothing(evaluated: Evaluated) -> None:
    page = Page(evaluated.page)
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "link", "iframe", "object", "form", "a", "i"}
    sources = [value for _, attrs in page.tags for name, value in attrs.items() if name == "src"]
    assert len(sources) == 3  # losses, lengths, faults
    assert all(source.startswith("data:image/svg+xml;base64,") for source in sources)
    assert not [attrs for _, attrs in page.tags if any(name.startswith("on") for name in attrs)]
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in evaluated.page


def test_the_page_lets_in_its_own_style_sheet_alone(evaluated: Evaluated) -> None:
    page = Page(evaluated.page)
    policy = next(attrs["content"] for _, attrs in page.tags if "http-equiv" in attrs)
    digest = base64.b64encode(hashlib.sha256(page.style.encode()).digest()).decode()
    assert policy.startswith("default-src 'none'; img-src data:; ")
    assert f"style-src 'sha256-{digest}';" in policy


def test_a_sheet_is_written_and_scored(evaluated: Evaluated, command, tmp_path: Path) -> None:
    text = evaluated.sheet.read_bytes().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    tuned = {each["id"]: each["tuned"]["answer"] for each in evaluated.answers}
    judged = tmp_path / "judged.csv"
    with judged.open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, rows[0])
        out.writeheader()
        for row in rows:
            first = row["answer_1"].removeprefix("'") == tuned[row["row"]]
            out.writerow({**row, "preferred": "1" if first else "2"})
    done = command("evaluate", evaluated.run, "--score", judged)
    assert done.code == 0, done.err
    assert "Tuned preferred  3" in done.out


def test_a_second_evaluation_takes_the_place_of_the_first(
    evaluated: Evaluated, command, tmp_path: Path
) -> None:
    questions = tmp_path / "off.txt"
    questions.write_text("# more\nWho is the mayor?\n\nWhat is rain?\nWho is the mayor?\n")
    run = tmp_path / "run"
    shutil.copytree(evaluated.run, run)
    options = ["--rows", 1, "--off-topic", questions, "--max-new-tokens", 5, "--json"]
    done = command("evaluate", run, *options)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["questions"] == 3
    lines = {line["measure"]: line for line in found["table"]}
    off_topic = lines["refuses off topic"]["base"]["items"]
    assert off_topic in (2, 3)  # the one row drawn may be off topic too
    written = [json.loads(x) for x in (run / "evaluation/answers.jsonl").read_text().splitlines()]
    assert [each["id"] for each in written][-2:] == ["off.txt:1", "off.txt:2"]
    assert not list((run / "evaluation").glob("*.part"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--tasks", "gsm8k", "--data-dir", "{empty}"], "--data-dir has no form of it"),
        (["--tasks", "arc_easy", "--data-dir", "{empty}"], "arc_easy.jsonl is not there"),
        (["--dataset", "{empty}/x"], "is not there any more"),
        (["--base", "{empty}"], "lacks config.json"),
        (["--sheet", "{run}/run.json"], "is there already"),
        (["--score", "{run}/none.csv"], "--score"),
    ],
)
def test_what_cannot_work_is_told_before_anything_starts(
    evaluated: Evaluated, command, tmp_path: Path, options: list[str], message: str
) -> None:
    given = [each.format(empty=tmp_path, run=evaluated.run) for each in options]
    done = command("evaluate", evaluated.run, *given)
    assert done.code == 2, done.err
    assert message in done.err


def test_other_rows_than_the_run_learned_are_refused(
    evaluated: Evaluated, command, tmp_path: Path
) -> None:
    other = make_version(tmp_path / "1.1.0")
    manifest = {"name": "facts", "version": "1.1.0", "content_digest": "def456"}
    (other / "manifest.json").write_text(json.dumps(manifest))
    done = command("evaluate", evaluated.run, "--dataset", other)
    assert done.code == 2
    assert "other rows than the run was trained on" in done.err


def test_an_evaluated_run_can_be_overwritten(evaluated: Evaluated, base: Path, command) -> None:
    options = ["--base", base, "--out", evaluated.run, "--max-steps", 1, "--overwrite"]
    done = command(evaluated.version, *options)
    assert done.code == 2  # the sheet, which is out with somebody, could not be scored any more
    assert (evaluated.run / "evaluation/sheet.key").is_file()
    (evaluated.run / "evaluation/sheet.key").unlink()
    done = command(evaluated.version, *options)
    assert done.code == 0, done.err
    assert not (evaluated.run / "evaluation").exists()  # it was of the run before
