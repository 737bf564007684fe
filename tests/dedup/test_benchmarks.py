"""Benchmarks as items: each shape that they are published in, and what is none."""

from __future__ import annotations

import bz2
import gzip
import json
import os
from collections import Counter
from pathlib import Path

import datasets
import polars as pl
import pytest

from curate.dedup import items
from curate.dedup.contained import contaminated
from curate.dedup.tokens import tokenise
from curate.errors import InputError
from curate.sources import benchmark_files, benchmark_hub, benchmark_shapes
from curate.sources.benchmarks import ITEM, benchmark

DATA = os.environ.get("CURATE_TEST_DATA", "")
needs_data = pytest.mark.skipif(not DATA, reason="CURATE_TEST_DATA is not set")

LONG = "Which gas do green plants take from the air around them?"
SHORT = "Which gas do plants take?"
ANSWERED = f"{SHORT} Carbon dioxide"
WRONG, RIGHT = "Oxygen", "Carbon dioxide"
FOUR = [WRONG, RIGHT, "Helium", "Neon"]
LETTERED = [{"text": text, "label": label} for text, label in zip(FOUR, "ABCD", strict=True)]

SHAPES = {
    "llm-foundry": lambda q: {"query": f"Question: {q}\n", "choices": FOUR, "gold": 1},
    "LAMBADA": lambda q: {"context": q, "continuation": RIGHT},
    "ARC by AI2": lambda q: {"id": "x", "question": {"stem": q, "choices": LETTERED}, "answerKey": "B"},
    "ARC of the Hub": lambda q: {"id": "x", "question": q, "choices": {"text": FOUR, "label": list("ABCD")}, "answerKey": "B"},
    "MMLU of the Hub": lambda q: {"question": q, "subject": "botany", "choices": FOUR, "answer": 1},
    "HellaSwag of the Hub": lambda q: {"ctx_a": "", "ctx": q, "endings": FOUR, "label": "1"},
    "TruthfulQA by its authors": lambda q: {"question": q, "mc1_targets": {WRONG: 0, RIGHT: 1}, "mc2_targets": {RIGHT: 1}},
    "TruthfulQA of the Hub": lambda q: {"question": q, "mc1_targets": {"choices": FOUR, "labels": [0, 1, 0, 0]}},
    "TruthfulQA's answers": lambda q: {"question": q, "best_answer": RIGHT, "source": "x"},
    "PIQA": lambda q: {"goal": q, "sol1": WRONG, "sol2": RIGHT, "label": 1},
    "GSM8K": lambda q: {"question": q, "answer": RIGHT},
}  # fmt: skip


def lines(path: Path, *records: object) -> str:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return str(path)


def text(path: Path, content: str) -> str:
    path.write_text(content, encoding="utf-8")
    return str(path)


def found(path: str) -> dict[str, str]:
    frame = benchmark(path)
    assert frame is not None
    assert frame.schema == ITEM
    return dict(frame.iter_rows())


@pytest.mark.parametrize("shape", SHAPES)
def test_records(tmp_path, shape):
    records = [SHAPES[shape](question) for question in (LONG, SHORT)]
    expected = {"plants:1": LONG, "plants:2": ANSWERED}
    assert found(lines(tmp_path / "plants.jsonl", *records)) == expected
    assert found(text(tmp_path / "plants.json", json.dumps(records, indent=1))) == expected
    pl.DataFrame(records).write_parquet(tmp_path / "plants.parquet")
    assert found(str(tmp_path / "plants.parquet")) == expected


CSV = {
    "MMLU": f"question,choice0,choice1,choice2,choice3,answer\n{LONG},a,b,c,d,0\n{SHORT},{','.join(FOUR)},1\n",
    "MMLU by Hendrycks": f'"{LONG}",a,b,c,d,A\n{SHORT},{",".join(FOUR)},B\n',
    "TruthfulQA": f"Type,Category,Question,Best Answer,Source\nx,y,{LONG},z,w\nx,y,{SHORT},{RIGHT},w\n",
}


@pytest.mark.parametrize("shape", CSV)
def test_tables(tmp_path, shape):
    expected = {"plants_test:1": LONG, "plants_test:2": ANSWERED}
    assert found(text(tmp_path / "plants_test.csv", CSV[shape])) == expected
    (tmp_path / "plants_test.csv.gz").write_bytes(gzip.compress(CSV[shape].encode()))
    assert found(str(tmp_path / "plants_test.csv.gz")) == expected


def test_the_text_of_hellaswag(tmp_path):
    content = "\n".join([f"Botany: {LONG}", "3", *FOUR, f"Botany: {SHORT}", "1", *FOUR]) + "\n"
    (tmp_path / "plants.txt.bz2").write_bytes(bz2.compress(content.encode()))
    assert found(str(tmp_path / "plants.txt.bz2")) == {"plants:1": LONG, "plants:2": ANSWERED}


def test_a_question_without_a_known_answer_stands_alone(tmp_path):
    records = [
        {"ctx": SHORT, "endings": FOUR, "label": ""},
        {"ctx": SHORT, "endings": FOUR, "label": "7"},
        {"ctx": SHORT, "endings": "four", "label": -1},
    ]
    assert set(found(lines(tmp_path / "x.jsonl", *records)).values()) == {SHORT}
    assert found(lines(tmp_path / "y.jsonl", {"goal": SHORT, "sol1": "a", "sol2": "b"})) == {
        "y:1": SHORT
    }


ROWS = {
    "rows.jsonl": '{"instruction": "a", "input": "", "output": "b", "question": "c", "answer": "d"}\n',
    "chat.jsonl": '{"messages": [{"role": "user", "content": "a"}]}\n',
    "share.jsonl": '{"conversations": [{"from": "human", "value": "a"}]}\n',
    "pages.jsonl": '{"text": "a"}\n',
    "number.json": "[1, 2]",
    "object.json": '{"question": "a"}',
    "table.csv": "model,accuracy\nx,0.5\n",
    "notes.txt": "A text.\nOf some\nlines.\n1\n2\n3\n",
    "empty.jsonl": " \n",
    "none.csv": "",
    "readme.md": "# Title",
}


@pytest.mark.parametrize("name", ROWS)
def test_what_is_no_benchmark(tmp_path, name):
    assert benchmark(text(tmp_path / name, ROWS[name])) is None
    assert benchmark(str(tmp_path)) is None


def test_what_does_not_exist_is_no_benchmark(tmp_path):
    assert benchmark("stories@1.0.0") is None
    assert benchmark(str(tmp_path / "nothing.jsonl")) is None


def test_a_folder_holds_what_is_recognised_below_it(tmp_path):
    (tmp_path / "mmlu").mkdir()
    text(tmp_path / "mmlu" / "anatomy_test.csv", CSV["MMLU"])
    lines(tmp_path / "arc.jsonl", SHAPES["ARC by AI2"](LONG))
    text(tmp_path / "rows.jsonl", ROWS["rows.jsonl"])
    text(tmp_path / "README.md", "A benchmark.")
    text(tmp_path / "settings.json", json.dumps({"vocabulary": {"a": 1}}, indent=2))
    assert set(found(str(tmp_path))) == {"arc:1", "mmlu/anatomy_test:1", "mmlu/anatomy_test:2"}
    assert set(found(str(tmp_path / "mmlu"))) == {"anatomy_test:1", "anatomy_test:2"}


def test_a_file_that_is_there_comes_before_the_name_of_a_benchmark(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "arc").mkdir()
    lines(tmp_path / "arc" / "mine.jsonl", SHAPES["ARC by AI2"](LONG))
    assert found("arc") == {"mine:1": LONG}


GOOD = json.dumps(SHAPES["GSM8K"](LONG))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.jsonl", b'{"question": "caf\xe9", "answer": "b"}', "a.jsonl: not UTF-8 text"),
        ("a.csv", b"question,choice0,answer\n\xff,b,0", "a.csv: not UTF-8 text"),
        ("a.jsonl", f"{GOOD}\n{{".encode(), "a.jsonl:2: not JSON"),
        ("a.json", b"[" * 100_000, "a.json: not JSON"),
        ("a.jsonl", f'{GOOD}\n{{"question": 7, "answer": "b"}}'.encode(), "record 2: its question"),
        ("a.jsonl", f'{GOOD}\n{{"prompt": "a"}}'.encode(), "record 2: expected a question"),
        ("a.jsonl", f"{GOOD}\n7".encode(), "record 2: expected a question, found a int"),
        ("a.csv", b"question,choice0,answer\n" + b"x" * 200_000, "a.csv, line 2: not CSV"),
        ("a.parquet", b"PAR1 no more", "a.parquet: not Parquet"),
        ("a.txt.bz2", b"BZh9 no more", "a.txt.bz2: cannot be unpacked"),
        ("a.jsonl.gz", b"\x1f\x8b no more", "a.jsonl.gz: cannot be unpacked"),
        ("a.txt", b"a\0b", "a.txt: binary"),
    ],
)
def test_what_is_damaged_is_named(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    for path in (tmp_path / name, tmp_path):
        with pytest.raises(InputError, match=said):
            benchmark(str(path))


@pytest.mark.parametrize("name", ["a.jsonl", "a.txt.bz2", "a.jsonl.gz", "a.parquet"])
def test_no_file_fills_the_memory(tmp_path, monkeypatch, name):
    monkeypatch.setattr(benchmark_files, "_LARGEST", 10_000)
    path = tmp_path / name
    many = "x" * 20_000
    if name.endswith("parquet"):
        pl.DataFrame({"question": [many], "answer": ["a"]}).write_parquet(path)
    else:
        pack = {".bz2": bz2.compress, ".gz": gzip.compress}.get(path.suffix, bytes)
        path.write_bytes(pack(many.encode()))
    with pytest.raises(InputError, match=f"{name}: over 10,000 bytes"):
        benchmark(str(path))


def test_a_link_out_of_a_folder_is_not_passed_over(tmp_path):
    (tmp_path / "folder").mkdir()
    lines(tmp_path / "a.jsonl", SHAPES["GSM8K"](LONG))
    (tmp_path / "folder" / "b.jsonl").symlink_to(tmp_path / "a.jsonl")
    with pytest.raises(InputError, match=r"b\.jsonl: a link out of the folder"):
        benchmark(str(tmp_path / "folder"))


def test_a_link_is_read_by_its_own_name(tmp_path):
    lines(tmp_path / "1f0a", SHAPES["GSM8K"](LONG))  # as files lie in the Hub's cache
    (tmp_path / "b.jsonl").symlink_to(tmp_path / "1f0a")
    assert found(str(tmp_path / "b.jsonl")) == {"b:1": LONG}


@pytest.mark.parametrize("name", benchmark_hub.HUB)
def test_without_the_hub_the_benchmark_is_named_and_the_way_out(here, name):
    with pytest.raises(
        InputError, match=rf"The benchmark {name} \(.+/.+\) is not reachable.*file or folder"
    ):
        benchmark(name)


def saved(folder: Path, **splits: list[dict]) -> datasets.DatasetDict:
    """A dataset as the library gives it, from a folder that it saved."""
    made = {name: datasets.Dataset.from_list(rows) for name, rows in splits.items()}
    datasets.DatasetDict(made).save_to_disk(str(folder))
    return datasets.load_from_disk(str(folder))


def test_a_benchmark_of_the_hub_by_its_evaluation_splits(here, monkeypatch):
    record = SHAPES["ARC of the Hub"]
    parts = {
        "ARC-Easy": saved(here / "easy", train=[record("No.")], test=[record(LONG), record(SHORT)]),
        "ARC-Challenge": saved(here / "hard", validation=[record(LONG)], test=[record(LONG)]),
    }
    monkeypatch.setattr(benchmark_hub, "load", lambda path, config: parts[config])
    assert found("arc") == {
        "arc/ARC-Easy/test:1": LONG,
        "arc/ARC-Easy/test:2": ANSWERED,
        "arc/ARC-Challenge/validation:1": LONG,
        "arc/ARC-Challenge/test:1": LONG,
    }


def test_lambada_of_the_hub_is_its_text(here, monkeypatch):
    monkeypatch.setattr(benchmark_hub, "load", lambda *_: saved(here / "l", test=[{"text": LONG}]))
    assert found("lambada") == {"lambada/test:1": LONG}


def test_a_benchmark_without_evaluation_splits_is_refused(here, monkeypatch):
    monkeypatch.setattr(benchmark_hub, "load", lambda *_: {"train": []})
    with pytest.raises(InputError, match=r"gsm8k \(openai/gsm8k\) has none of: validation, test"):
        benchmark("gsm8k")


def test_a_question_that_stands_alone_is_found_in_part():
    assert benchmark_shapes.ENOUGH == items.LEAST


@needs_data
def test_the_real_sets():
    frame = benchmark(f"{DATA}/eval")
    counts = Counter(id_.rsplit(":", 1)[0] for id_ in frame["id"])
    subjects = {name for name in counts if name.startswith("mmlu/") and name.endswith("_test")}
    assert len(subjects) == 57
    assert sum(counts[name] for name in subjects) == 14_042
    rest = {name: count for name, count in counts.items() if not name.startswith("mmlu/")}
    assert rest == {
        "arc_easy": 2376,
        "arc_challenge": 1172,
        "hellaswag_val_full": 10_042,
        "truthfulqa_mc_task": 817,
        "piqa": 1838,
        "lambada_openai": 5153,
    }
    assert not frame.filter(pl.col("text").str.contains("^Question:")).height


@needs_data
def test_real_items_are_found_in_rows_around_them():
    frame = benchmark(f"{DATA}/eval").sample(300, seed=1)
    rows = frame.select(
        "id",
        instruction="Please read. " + pl.col("text").str.to_uppercase(),
        input=pl.lit(""),
        output=pl.lit("Done."),
    )
    long = tokenise(frame["text"].to_list()).counts >= items.LEAST
    found = set(contaminated(rows, frame, 0.8, 3)["id"])
    assert found == set(frame["id"].filter(pl.Series(long)))
