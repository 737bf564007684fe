"""The dataset card: README.md of a version, from its manifest alone."""

from __future__ import annotations

import html
import re
from typing import Any

from curate.calibrate.show import markdown
from curate.text import printable

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_MARKDOWN = re.compile(r"([\\`*_{}\[\]#|~$!])")


def card(facts: dict[str, Any]) -> str:
    """Hugging Face front matter and Markdown. Texts that came from outside are escaped."""
    return f"---\n{_front_matter(facts)}\n---\n\n{_body(facts)}"


def escape(text: str) -> str:
    """`text` as one line of plain Markdown that holds no markup and no HTML, also in a table."""
    return html.escape(_MARKDOWN.sub(r"\\\1", printable(" ".join(text.split()))), quote=False)


def _front_matter(facts: dict[str, Any]) -> str:
    from huggingface_hub import DatasetCardData

    publish, live = facts["recipe"]["publish"], facts["counts"]["live"]
    size = next((name for bound, name in _SIZES if live < bound), "n>1M")
    # `load_dataset` fails as a whole on a split without rows, so an empty one is not named.
    sides = [side for side in ("train", "test") if facts["counts"][side]]
    splits = [{"split": side, "path": f"data/{side}-*.parquet"} for side in sides]
    # The cache of `datasets` tells local folders apart by name and configs alone, not by files:
    # without the digest, 0.1.0 of one dataset would be loaded as 0.1.0 of another.
    mark = {"description": f"content {facts['content_digest']}"}
    configs = [{"config_name": "default", "data_files": splits, "default": True, **mark}]
    if facts["counts"]["rejected"]:
        rejected = [{"split": "train", "path": "rejected/rejected-*.parquet"}]
        configs.append({"config_name": "rejected", "data_files": rejected, **mark})
    data = DatasetCardData(
        language=[publish["language"]],
        license=publish["licence"] or "unknown",
        pretty_name=f"{facts['name']} {facts['version']}",
        size_categories=[size],
        task_categories=["text-generation", "question-answering"],
        tags=["synthetic", "instruction-tuning", "curate"],
        configs=configs,
    )
    return str(data.to_yaml()).strip()


def _body(facts: dict[str, Any]) -> str:
    recipe, counts, covered = facts["recipe"], facts["counts"], facts["coverage"]
    name, version = facts["name"], facts["version"]
    models = ", ".join(escape(model) for model in facts["models"])
    return f"""# {escape(name)} {version}

{counts["live"]} instruction pairs about {escape(recipe["topic"])}, made from {counts["documents"]}
documents by {models} and curated with curate.
{counts["train"]} are for training, {counts["test"]} for testing; no document is on both sides.

## Use

```python
from datasets import load_dataset

data = load_dataset("{name}")  # from the Hub, or the path of this folder
print(data["train"][0]["instruction"])
```

The columns `instruction`, `input` and `output` are Alpaca's; `document`, `start` and `end` say
which passage a row was made from; `length`, `language`, … are the measures that it was kept by.

## From documents to rows

| step | rows |
|---|---|
| documents asked about | {counts["documents"]} |
| passages asked about | {counts["passages"]} |
| candidates | {counts["candidates"]} |
{_funnel(facts)}
| refusals added, of questions that the documents do not answer | {counts["refusals"]} |
| **live** | **{counts["live"]}** |

Every dropped row is in `rejected/` with its reason; passages that gave fewer pairs than asked for
are in `losses.jsonl`. {covered["passages_covered"]} of {covered["passages"]} passages and
{covered["documents_covered"]} of {covered["documents"]} documents have a live row; the others are
in `uncovered.jsonl`.

{_calibration(facts)}## Made by

- teacher: {models}; prompt: {escape(facts["prompt"])}; seed {facts["seed"]}
- tokens: {facts["usage"]["prompt_tokens"]} read, {facts["usage"]["completion_tokens"]} written
- recipe: `recipe.yaml`; all else: `manifest.json`
- content digest: `{facts["content_digest"]}`

To make it again: `curate run recipe.yaml`.

## Sources

{_sources(facts)}

## Limits

The pairs were written by a language model and checked by measures, not by people: expect errors of
fact. Each is grounded in one passage, so questions that span documents are missing. The rows may
fall under the licences of the sources above and under the terms of the model that wrote them.
"""


def _calibration(facts: dict[str, Any]) -> str:
    found = facts["calibration"]
    return f"{markdown(found)}\n" if found else ""


def _funnel(facts: dict[str, Any]) -> str:
    lines = [
        f"| dropped by {escape(row['rule'])}, as in {escape(row['example'][:80])} "
        f"| −{row['dropped']} |"
        for row in facts["funnel"]
    ]
    return "\n".join(lines) or "| dropped | 0 |"


def _sources(facts: dict[str, Any], most: int = 20) -> str:
    documents = facts["documents"]
    lines = [
        f"- {escape(document['path'])}"
        + (f" ({escape(document['licence'])})" if document["licence"] else "")
        for document in documents[:most]
    ]
    if len(documents) > most:
        lines.append(f"- and {len(documents) - most} more, see `manifest.json`")
    return "\n".join(lines)
