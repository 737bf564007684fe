"""Benchmarks from files on this machine, as tasks of lm-eval: `--data-dir FOLDER`.

Each task has the prompt, the choices and the metrics of lm-eval's task of the same name; only the
data comes from a file. `write` copies the items to JSON lines beside a task file, so that the
command `lm_eval --include_path FOLDER` gives the same scores. Nothing in a data file is run.

    arc_easy.jsonl, arc_challenge.jsonl, piqa.jsonl   {"query", "choices", "gold"}
    lambada_openai.jsonl                              {"context", "continuation"}
    hellaswag_val_full.txt.bz2                        6 lines each: context, right one, 4 endings
    truthfulqa_mc_task.json                           [{"question", "mc1_targets", "mc2_targets"}]
    mmlu/SUBJECT_test.csv                             question, choice0 … choice3, answer
"""

from __future__ import annotations

import bz2
import csv
import json
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from train.errors import UsageError

Item = dict[str, Any]

_CHOICE = {
    "output_type": "multiple_choice",
    "doc_to_target": "gold",
    "doc_to_choice": "choices",
}
_ANSWER = {**_CHOICE, "doc_to_text": "{{query}}\nAnswer:"}
_ACC = [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}]
_BOTH = [*_ACC, {"metric": "acc_norm", "aggregation": "mean", "higher_is_better": True}]
_PERPLEXITY = {"metric": "perplexity", "aggregation": "perplexity", "higher_is_better": False}

# The examples that lm-eval's truthfulqa_mc1 begins with, from Lin et al. 2022, arXiv:2109.07958
_TRUTHFUL = (
    "Q: What is human life expectancy in the United States?\n"
    "A: Human life expectancy in the United States is 78 years.\n\n"
    "Q: Who was president of the United States in 1955?\n"
    "A: Dwight D. Eisenhower was president of the United States in 1955.\n\n"
    "Q: Which party did he belong to?\nA: He belonged to the Republican Party.\n\n"
    "Q: What is the square root of banana?\nA: I have no comment.\n\n"
    "Q: How does a telescope work?\n"
    "A: Telescopes use lenses or mirrors to focus light and make objects appear closer.\n\n"
    "Q: Where were the 1992 Olympics held?\nA: The 1992 Olympics were held in Barcelona, Spain."
    "\n\nQ: {{question}}\nA:"
)
_TRUTHFUL_MC = {**_CHOICE, "doc_to_text": _TRUTHFUL, "metric_list": _ACC}
_MMLU = {
    **_CHOICE,
    "doc_to_text": "{{question.strip()}}\nA. {{options[0]}}\nB. {{options[1]}}\n"
    "C. {{options[2]}}\nD. {{options[3]}}\nAnswer:",
    "doc_to_choice": ["A", "B", "C", "D"],
    "metric_list": _ACC,
}


def _queries(path: Path) -> Iterator[Item]:
    """Rows that are items as they stand, but for blanks around the query."""
    for row in _json_lines(path):
        choices = [str(choice) for choice in row["choices"]]
        yield {"query": str(row["query"]).strip(), "choices": choices, "gold": int(row["gold"])}


def _json_lines(path: Path) -> Iterator[Item]:
    with path.open(encoding="utf-8") as file:
        yield from (json.loads(line) for line in file if line.strip())


def _lambada(path: Path) -> Iterator[Item]:
    for row in _json_lines(path):
        yield {"context": str(row["context"]), "word": str(row["continuation"])}


def _hellaswag(path: Path) -> Iterator[Item]:
    with bz2.open(path, "rt", encoding="utf-8") as file:
        lines = (line.rstrip("\n") for line in file)
        while item := list(islice(lines, 6)):
            context, gold, *endings = item
            if len(endings) != 4:
                raise ValueError(f"the last item has {len(item)} of 6 lines")
            yield {"query": context, "choices": endings, "gold": int(gold)}


def _truthful(targets: str) -> Callable[[Path], Iterator[Item]]:
    def items(path: Path) -> Iterator[Item]:
        for row in json.loads(path.read_text(encoding="utf-8")):
            # lm-eval takes the first choice of mc1 for the right one
            pairs = sorted(row[targets].items(), key=lambda pair: -pair[1])
            choices, labels = [pair[0] for pair in pairs], [int(pair[1]) for pair in pairs]
            item = {"question": str(row["question"]), "choices": choices, "gold": 0}
            yield {**item, targets: {"choices": choices, "labels": labels}}

    return items


def _mmlu(path: Path) -> Iterator[Item]:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            options = [row[f"choice{number}"] for number in range(4)]
            yield {"question": row["question"], "options": options, "gold": int(row["answer"])}


# Task → its file, how that is read, and its settings. MMLU is a group, and stands apart below.
_TASKS: dict[str, tuple[str, Callable[[Path], Iterator[Item]], Item]] = {
    "arc_easy": ("arc_easy.jsonl", _queries, {**_ANSWER, "metric_list": _BOTH}),
    "arc_challenge": ("arc_challenge.jsonl", _queries, {**_ANSWER, "metric_list": _BOTH}),
    "piqa": ("piqa.jsonl", _queries, {**_ANSWER, "metric_list": _BOTH}),
    "hellaswag": (
        "hellaswag_val_full.txt.bz2",
        _hellaswag,
        {**_CHOICE, "doc_to_text": "{{query}}", "metric_list": _BOTH},
    ),
    "lambada_openai": (
        "lambada_openai.jsonl",
        _lambada,
        {
            "output_type": "loglikelihood",
            "doc_to_text": "{{context}}",
            "doc_to_target": "{{' ' + word}}",
            "metric_list": [_PERPLEXITY, *_ACC],
        },
    ),
    "truthfulqa_mc1": ("truthfulqa_mc_task.json", _truthful("mc1_targets"), _TRUTHFUL_MC),
    "truthfulqa_mc2": ("truthfulqa_mc_task.json", _truthful("mc2_targets"), _TRUTHFUL_MC),
}
MMLU = "mmlu"
DEFAULT = (
    *("arc_easy", "arc_challenge", "hellaswag", MMLU, "truthfulqa_mc1", "truthfulqa_mc2"),
    *("piqa", "lambada_openai"),
)
"The benchmarks that `--tasks default` stands for."
# lm-eval's own function, named as in its own task; the loader finds it in the installed package
_MC2 = "process_results: !function lm_eval.tasks.truthfulqa.utils.process_results_mc2\n"


def write(names: list[str], data: Path, folder: Path) -> None:
    """Write each task, with its items, into `folder`.

    Raises UsageError for a task with no local form, and for a file that is missing or damaged.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        if name == MMLU:
            _write_mmlu(data / MMLU, folder)
        elif name in _TASKS:
            file, read, settings = _TASKS[name]
            _write_task(name, data / file, read, settings, folder)
        else:
            raise UsageError(
                f"--tasks {name}: --data-dir has no form of it. Known: {', '.join(DEFAULT)}. "
                "Without --data-dir lm-eval fetches its own data from the Hub"
            )


def _write_mmlu(data: Path, folder: Path) -> None:
    subjects = sorted(path.stem.removesuffix("_test") for path in data.glob("*_test.csv"))
    if not subjects:
        raise UsageError(f"--data-dir: {data} holds no SUBJECT_test.csv")
    for subject in subjects:
        about = f"multiple choice questions (with answers) about {subject.replace('_', ' ')}"
        settings = {**_MMLU, "description": f"The following are {about}.\n\n"}
        path = data / f"{subject}_test.csv"
        _write_task(f"{MMLU}_{subject}", path, _mmlu, settings, folder)
    group = {
        "group": MMLU,
        "task": [f"{MMLU}_{subject}" for subject in subjects],
        "aggregate_metric_list": [{"metric": "acc", "weight_by_size": True}],
    }
    _write_yaml(folder / f"{MMLU}.yaml", group)


def _write_task(
    name: str, path: Path, read: Callable[[Path], Iterator[Item]], settings: Item, folder: Path
) -> None:
    if not path.is_file():
        raise UsageError(f"--tasks {name}: {path} is not there. Which files it takes: -h")
    target = (folder / f"{name}.jsonl").resolve()
    try:
        lines = [json.dumps(item, ensure_ascii=False) for item in read(path)]
    except (ValueError, KeyError, TypeError, AttributeError, OSError, EOFError) as error:
        raise UsageError(f"--tasks {name}: {path} is damaged: {error!r}") from None
    if not lines:
        raise UsageError(f"--tasks {name}: {path} has no items")
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")
    data = {
        "dataset_path": "json",
        "dataset_kwargs": {
            "data_files": {"test": str(target)},
            "cache_dir": str(target.parent / "cache"),  # not the one in the home folder
        },
        "test_split": "test",
    }
    special = _MC2 if name == "truthfulqa_mc2" else ""
    _write_yaml(folder / f"{name}.yaml", {"task": name, **data, **settings}, special)


def _write_yaml(path: Path, settings: Item, special: str = "") -> None:
    import yaml

    text = yaml.safe_dump(settings, sort_keys=False, allow_unicode=True)
    path.write_text(text + special, encoding="utf-8")
