"""The model card, README.md of a run folder: from which data, how, and what came of it.

Names come from folders and recipes of strangers, so all but numbers is escaped.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from train.escape import markdown
from train.run import Record
from train.version import Version

CARD = "README.md"


def write(folder: Path, record: Record, version: Version) -> None:
    """Write the card of a run."""
    (folder / CARD).write_text(render(record, version), encoding="utf-8")


def render(record: Record, version: Version) -> str:
    """The card, with the header that the Hub reads."""
    return "\n".join([*_header(record), *_lead(record), *_data(record, version), *_how(record), ""])


def _header(record: Record) -> list[str]:
    """YAML as the Hub wants it; JSON strings are YAML, so no name can break out."""
    data = {"library_name": "transformers", "pipeline_tag": "text-generation"}
    lines = [f"{name}: {json.dumps(value)}" for name, value in data.items()]
    if "/" in record.base and not record.base.startswith("/"):
        lines.append(f"base_model: {json.dumps(record.base.partition('@')[0])}")
    return ["---", *lines, 'tags: ["curate", "instruction-tuning"]', "---", ""]


def _lead(record: Record) -> list[str]:
    data = record.dataset
    return [
        f"# {markdown(Path(record.base).name)}, tuned on "
        f"{markdown(data.name)} {markdown(data.version)}",
        "",
        f"A causal language model, {markdown(Path(record.base).name)}, fine-tuned on instruction "
        "pairs. Ask it in Alpaca's template, as in training:",
        "",
        "```python",
        "from train import Model",
        'Model("this folder")("your question")',
        "```",
        "",
    ]


def _data(record: Record, version: Version) -> list[str]:
    data = record.dataset
    return [
        "## Data",
        "",
        *_table(
            {
                "dataset": f"{markdown(data.name)} {markdown(data.version)}",
                "content digest": f"`{_word(data.digest)}`",
                "rows trained on": f"{record.rows['train']:,}",
                "rows tested on": f"{record.rows['test']:,}",
                "rows held out to stop early": f"{record.rows.get('validation', 0):,}",
                "rows left out": f"{len(record.left_out):,}",
                "refusals among the rows": f"{version.refusals:,}",
                "rows with an input": f"{sum(bool(row.input) for row in version.train):,}",
                "tokens of the rows": f"{record.tokens['total']:,}",
                "of them learned": f"{record.tokens['learned']:,}",
            }
        ),
    ]


def _how(record: Record) -> list[str]:
    options = {name: value for name, value in record.options.items() if value is not None}
    chosen = ", ".join(f"{name} {value}" for name, value in options.items() if name != "base")
    before, after = record.test_loss.before, record.test_loss.after
    return [
        "## Results",
        "",
        *_table(
            {
                "loss on the test rows before": _number(before),
                "loss on the test rows after": _number(after),
                "training loss, first and last step": f"{record.loss.first:.4f}, "
                f"{record.loss.last:.4f}",
            }
        ),
        "The loss is the mean over the tokens of the responses and their ends. The test rows come "
        "from documents that were not trained on.",
        "",
        "## Training",
        "",
        *_table(
            {
                "base": markdown(record.base if not record.base.startswith("/") else "a folder"),
                "options": markdown(chosen),
                "steps, epochs": f"{record.steps}, {record.epochs:g}",
                "time": f"{record.seconds:.0f} s on {markdown(record.device)}",
                "operations": f"{record.flops:.3g} FLOPs",
                "packages": markdown(", ".join(f"{k} {v}" for k, v in record.packages.items())),
            }
        ),
        "## Limits",
        "",
        "It knows what its base knew and what these rows say, and may be wrong about both.",
    ]


def _table(rows: dict[str, Any]) -> list[str]:
    return ["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows.items()), ""]


def _number(loss: float | None) -> str:
    return "–" if loss is None else f"{loss:.4f}"


def _word(text: str) -> str:
    return "".join(char for char in text if char.isalnum()) or "–"
