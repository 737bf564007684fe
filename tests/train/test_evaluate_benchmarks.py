"""Benchmarks from local files: what the command `lm_eval` scores, item by item; chance; damage."""

from __future__ import annotations

import bz2
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from train.errors import TrainError, UsageError
from train.evaluate import tasks
from train.evaluate.benchmarks import Harness, Item

QUERIES = [
    {"query": "Question: What is ice?", "choices": ["Water.", "A stone.", "Air."], "gold": 0},
    {"query": "Question: What flies?\n", "choices": ["A bird", "A pond"], "gold": 0},
    {"query": "Question: What burns?", "choices": ["Stone", "Wood", "Rain", "Sand"], "gold": 1},
]
HELLASWAG = "A cook: He cuts bread. he\n1\nsings.\neats it.\nsleeps.\nflies.\n"
TRUTHFUL = [
    {
        "question": "Is the moon made of cheese?",
        "mc1_targets": {"Yes.": 0, "No, of rock.": 1},
        "mc2_targets": {"Yes.": 0, "No, of rock.": 1, "It is rock.": 1, "Of milk.": 0},
    }
]
LAMBADA = [{"context": "He took the key and opened the", "continuation": "door"}]
MMLU = 'question,choice0,choice1,choice2,choice3,answer\n"What is 1, plus 1?",1,2,3,4,1\nIs 2 odd?,y,n,a,b,1\n'

# `lm_eval` itself, spared the index of thousands of tasks of its own, which takes longer than all else
COMMAND = """
from lm_eval.tasks import TaskManager
index = TaskManager.__init__
def alone(self, *args, **kwargs):
    index(self, *args, **{**kwargs, "include_defaults": False})
TaskManager.__init__ = alone
from lm_eval.__main__ import cli_evaluate
cli_evaluate()
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("eval")
    rows = "".join(json.dumps(row) + "\n" for row in QUERIES)
    for name in ("arc_easy", "arc_challenge", "piqa"):
        (folder / f"{name}.jsonl").write_text(rows)
    (folder / "hellaswag_val_full.txt.bz2").write_bytes(bz2.compress(HELLASWAG.encode() * 2))
    (folder / "truthfulqa_mc_task.json").write_text(json.dumps(TRUTHFUL))
    (folder / "lambada_openai.jsonl").write_text(json.dumps(LAMBADA[0]) + "\n")
    (folder / "mmlu").mkdir()
    for subject in ("logic", "us_history"):
        (folder / f"mmlu/{subject}_test.csv").write_text(MMLU)
    return folder


@pytest.fixture(scope="module")
def files(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tasks")
    tasks.write(list(tasks.DEFAULT), data, folder)
    return folder


@pytest.fixture(scope="module")
def scored(base: Path, files: Path) -> dict[str, list[Item]]:
    from train import bases

    return Harness(tasks.DEFAULT, files, None, batch_size=4).run(bases.load(base, place=True))


def test_scores_are_those_of_the_command_lm_eval_item_by_item(
    base: Path, files: Path, scored: dict[str, list[Item]], tmp_path: Path
) -> None:
    subprocess.run(
        [
            *(sys.executable, "-c", COMMAND, "run", "--model", "hf"),
            *("--model_args", f"pretrained={base},dtype=float32", "--device", "cpu"),
            *("--include_path", files, "--tasks", ",".join(tasks.DEFAULT), "--batch_size", "1"),
            *("--log_samples", "--output_path", tmp_path),
        ],
        check=True,
        capture_output=True,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"},
    )
    theirs: dict[tuple[str, str], dict[str, float]] = {}
    for path in tmp_path.rglob("samples_*.jsonl"):
        task = path.stem.removeprefix("samples_").rpartition("_")[0]
        for line in path.read_text().splitlines():
            sample = json.loads(line)
            scores = {metric: float(sample[metric]) for metric in sample["metrics"]}
            theirs[task, str(sample["doc_id"])] = scores
    ours = {(item.task, item.item): item.scores for items in scored.values() for item in items}
    assert len(ours) == 3 * 3 + 2 + 2 * 2 + 2 + 1
    assert ours.keys() == theirs.keys()
    for key, scores in ours.items():
        wanted = theirs[key]
        if "perplexity" in wanted:
            wanted["log_likelihood"] = wanted.pop("perplexity")
        assert scores == pytest.approx(wanted, abs=1e-4), key


def test_a_model_scores_the_same_again_and_another_scores_on_its_own(
    base: Path, learned, files: Path
) -> None:
    from train import bases

    harness = Harness(["arc_easy", "lambada_openai"], files, None, batch_size=4)
    harness.check()
    first = harness.run(bases.load(base, place=True))
    other = harness.run(bases.load(learned.folder, place=True))
    assert harness.run(bases.load(base, place=True)) == first
    assert other["lambada_openai"][0].scores != first["lambada_openai"][0].scores


def test_data_that_cannot_be_had_is_told_before_a_model_is_asked(
    base: Path, files: Path, tmp_path: Path
) -> None:
    settings = yaml.safe_load((files / "arc_easy.yaml").read_text())
    settings |= {"dataset_path": "json", "dataset_kwargs": {"data_files": {"test": "gone.jsonl"}}}
    (tmp_path / "arc_easy.yaml").write_text(yaml.safe_dump(settings))
    with pytest.raises(TrainError, match=r"data of arc_easy cannot be had.*gone.*--data-dir"):
        Harness(["arc_easy"], tmp_path, None, 4).check()


def test_chance_is_what_guessing_scores(scored: dict[str, list[Item]]) -> None:
    chances = {name: [item.chance for item in items] for name, items in scored.items()}
    assert chances["arc_easy"] == pytest.approx([1 / 3, 1 / 2, 1 / 4])
    assert chances["hellaswag"] == [1 / 4, 1 / 4]
    assert chances["mmlu"] == [1 / 4] * 4
    assert chances["truthfulqa_mc1"] == [1 / 2]
    assert chances["truthfulqa_mc2"] == [2 / 4]  # two of four answers are true
    assert chances["lambada_openai"] == [None]


def test_prompts_are_those_of_the_tasks_of_lm_eval(files: Path) -> None:
    import lm_eval
    from jinja2 import Environment

    class Loader(yaml.SafeLoader):
        """Reads a task file, without the functions it names."""

    Loader.add_multi_constructor("!function", lambda loader, suffix, node: node.value)
    stock = Path(lm_eval.__file__).parent / "tasks"
    theirs = {
        "arc_easy": ("arc/arc_easy.yaml", {"question": "What is ice?"}),
        "piqa": ("piqa/piqa.yaml", {"goal": "What is ice?"}),
        "truthfulqa_mc1": ("truthfulqa/truthfulqa_mc1.yaml", {"question": "What is ice?"}),
        "mmlu_us_history": (
            "mmlu/default/_default_template_yaml",
            {"question": " What is ice? ", "choices": ["a", "b", "c", "d"]},
        ),
        "lambada_openai": ("lambada/lambada_openai.yaml", {"text": "He took the key"}),
    }
    doc = {"query": "Question: What is ice?", "question": "What is ice?", "context": "He took the"}
    doc |= {"options": ["a", "b", "c", "d"], "word": "key"}
    render = lambda text, doc: Environment().from_string(str(text)).render(**doc)  # noqa: E731
    for name, (path, their_doc) in theirs.items():
        wanted = yaml.load((stock / path).read_text(), Loader)
        ours = yaml.load((files / f"{name}.yaml").read_text(), Loader)
        prompt = render(ours["doc_to_text"], doc)
        assert prompt == render(wanted["doc_to_text"], their_doc).lstrip(), name
        metrics = [each["metric"] for each in wanted["metric_list"]]
        assert [each["metric"] for each in ours["metric_list"]] == metrics
        if name == "lambada_openai":
            assert render(ours["doc_to_target"], doc) == render(wanted["doc_to_target"], their_doc)
    stock_mmlu = yaml.load((stock / "mmlu/default/mmlu_anatomy.yaml").read_text(), Loader)
    about = yaml.load((files / "mmlu_us_history.yaml").read_text(), Loader)["description"]
    assert about.replace("us history", "anatomy") == stock_mmlu["description"]


def test_an_unknown_task_is_named(files: Path) -> None:
    with pytest.raises(UsageError, match="--tasks arc_esay: lm-eval has no such task"):
        Harness(["arc_easy", "arc_esay"], files, None, 4).check()


@pytest.mark.parametrize(
    ("file", "content", "task"),
    [
        ("arc_easy.jsonl", b"{not json}\n", "arc_easy"),
        ("arc_easy.jsonl", b'{"query": "Q"}\n', "arc_easy"),
        ("arc_easy.jsonl", b"[1, 2]\n", "arc_easy"),
        ("arc_easy.jsonl", b"\xff\xfe\n", "arc_easy"),
        ("arc_easy.jsonl", b"", "arc_easy"),
        ("hellaswag_val_full.txt.bz2", b"not bz2", "hellaswag"),
        ("hellaswag_val_full.txt.bz2", bz2.compress(b"context\n1\nending\n"), "hellaswag"),
        ("truthfulqa_mc_task.json", b'{"question": 1}', "truthfulqa_mc1"),
        ("mmlu/logic_test.csv", b"question,answer\nWhat?,9\n", "mmlu"),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, file: str, content: bytes, task: str) -> None:
    (tmp_path / "mmlu").mkdir()
    (tmp_path / file).write_bytes(content)
    with pytest.raises(UsageError, match=f"--tasks {task}.*{Path(file).name}"):
        tasks.write([task], tmp_path, tmp_path / "out")


def test_the_files_of_this_project_are_read_whole(tmp_path: Path) -> None:
    data = os.environ.get("CURATE_TEST_DATA")
    if not data:
        pytest.skip("CURATE_TEST_DATA is not set: no eval/")
    tasks.write(list(tasks.DEFAULT), Path(data) / "eval", tmp_path)
    counts = {path.stem: path.read_bytes().count(b"\n") for path in tmp_path.glob("*.jsonl")}
    mmlu = {name: count for name, count in counts.items() if name.startswith("mmlu_")}
    assert counts["arc_easy"] == 2376
    assert counts["arc_challenge"] == 1172
    assert counts["hellaswag"] == 10042
    assert counts["truthfulqa_mc1"] == counts["truthfulqa_mc2"] == 817
    assert counts["piqa"] == 1838
    assert counts["lambada_openai"] == 5153
    assert len(mmlu) == 57
    assert sum(mmlu.values()) == 14042
