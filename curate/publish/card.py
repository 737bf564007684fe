"""The dataset card: README.md of a version, from its manifest alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from curate.calibrate.show import markdown
from curate.publish.changelog import entry
from curate.publish.front_matter import front_matter
from curate.publish.histograms import PICTURE, bounds
from curate.publish.limits import limits
from curate.publish.markup import code, escape, plain

_SOURCES = 20  # documents that are listed


def card(facts: dict[str, Any]) -> str:
    """Hugging Face metadata and Markdown. Texts that came from outside are shown and do nothing."""
    parts = (
        _summary, _use, _funnel, _measures, _calibration, _making, _changes, _sources, limits,
        _again, _citation,
    )  # fmt: skip
    body = "\n\n".join(filter(None, (part(facts).strip() for part in parts)))
    return f"---\n{front_matter(facts)}\n---\n\n{body}\n"


def _summary(facts: dict[str, Any]) -> str:
    recipe, counts = facts["recipe"], facts["counts"]
    return f"""# {escape(facts["name"])} {facts["version"]}

{counts["live"]} instruction pairs about {escape(recipe["topic"])}. A language model
({_models(facts)}) wrote them from {counts["documents"]} documents; curate measured each, dropped
the poor, the near-duplicates and the unfit, and kept the reason. {counts["train"]} rows are for
training and {counts["test"]} for testing; no document is on both sides."""


def _use(facts: dict[str, Any]) -> str:
    name, version = plain(facts["name"]), facts["version"]
    rejected = (
        f'\nrejected = load_dataset("ORG/{name}", "rejected", revision="v{version}")["train"]'
        if facts["counts"]["rejected"]
        else ""
    )
    return f"""## Load it

```python
from datasets import load_dataset

data = load_dataset("ORG/{name}", revision="v{version}")  # from the Hub, this very version
data = load_dataset("datasets/{name}/{version}")  # from disk: the path of this folder{rejected}
print(data["train"][0]["instruction"])
```

`instruction`, `input` and `output` are Alpaca's; `document`, `start` and `end` say which passage a
row was made from; {code(_first_measure(facts))} and its like are the measures that it was kept by.
For other trainers: `curate export {name}@{version} --format messages -o train.jsonl`."""


def _first_measure(facts: dict[str, Any]) -> str:
    return next(iter(bounds(facts["recipe"])), "length")


def _funnel(facts: dict[str, Any]) -> str:
    counts, covered = facts["counts"], facts["coverage"]
    drops = [
        f"| dropped by {escape(row['rule'] or 'no rule')}, as in "
        f"{escape(row['example'], 80)} | −{row['dropped']} |"
        for row in facts["funnel"]
    ]
    table = "\n".join(drops or ["| dropped | 0 |"])
    return f"""## From documents to rows

| step | count |
|---|---:|
| documents asked about | {counts["documents"]} |
| passages asked about | {counts["passages"]} |
| candidates that the model wrote | {counts["candidates"]} |
{table}
| refusals added, of questions that the documents do not answer | {counts["refusals"]} |
| **live rows** | **{counts["live"]}** |

Every dropped row is in `rejected/` with its reason, and `curate show` tells a row's whole life.
Passages that gave fewer pairs than asked for are in `losses.jsonl`.
{covered["passages_covered"]} of {covered["passages"]} passages and {covered["documents_covered"]}
of {covered["documents"]} documents have a live row; the others are in `uncovered.jsonl`."""


def _measures(facts: dict[str, Any]) -> str:
    """The picture, and what its panels mean. Nothing where the recipe measures nothing."""
    limits = bounds(facts["recipe"])
    if not limits:
        return ""
    known = _meanings()
    lines = [
        f"| {escape(name)} | {_kept(*ends)} | {escape(known.get(name, ''))} |"
        for name, ends in limits.items()
    ]
    table = "\n".join(lines)
    return f"""## Measures

![A histogram of each measure, live rows and dropped ones, with its bounds]({PICTURE})

| measure | kept | what it tells |
|---|---|---|
{table}"""


def _kept(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return "all"
    return " and ".join(
        f"{word} {limit:g}" for word, limit in (("≥", low), ("≤", high)) if limit is not None
    )


def _meanings() -> dict[str, str]:
    """The first sentence of what each measure's class says of itself."""
    from curate.filters.base import Filter
    from curate.moderation.base import Moderation
    from curate.registry import members

    known = {**members(Filter), **members(Moderation)}
    lines = {name: (cls.__doc__ or "").strip().partition("\n")[0] for name, cls in known.items()}
    return {name: line.replace("`", "") for name, line in lines.items()}


def _calibration(facts: dict[str, Any]) -> str:
    found = facts["calibration"]
    if not found:
        return ""
    named = {key: escape(found[key]) for key in ("origin", "share_origin")}  # may be a file's name
    return markdown({**found, **named})


def _making(facts: dict[str, Any]) -> str:
    recipe, usage = facts["recipe"], facts["usage"]
    generate, source = recipe["generate"], next(iter(recipe["source"]), "")
    return f"""## How it was made

- documents: source {code(source)}, cut into passages of at most {generate["passage_tokens"]} tokens
- teacher: {_models(facts)}, by {code(next(iter(recipe["teacher"]), ""))}
- prompt: {code(facts["prompt"])}; {generate["pairs"]} pairs asked for a passage
- tokens: {usage["prompt_tokens"]} read, {usage["completion_tokens"]} written
- near-duplicates: from a similarity of {recipe["dedup"]["threshold"]:g}, the better row stays
- seed: {facts["seed"]}; made {escape(facts["created"][:10])}; content digest
  {code(facts["content_digest"])}"""


def _models(facts: dict[str, Any]) -> str:
    return ", ".join(map(code, facts["models"]))


def _changes(facts: dict[str, Any]) -> str:
    """What changed since the parent. Nothing where the manifest knows of none."""
    if not (facts.get("changes") or {}).get("parent"):
        return ""
    return f"## Changes\n\n#{entry(facts).strip()}\n\nAll versions: `CHANGELOG.md`."


def _sources(facts: dict[str, Any]) -> str:
    return "## Sources\n\n" + "\n".join(_documents(facts["documents"]))


def _documents(documents: list[dict[str, Any]]) -> Iterator[str]:
    for licence, count in Counter(each["licence"] for each in documents).most_common(_SOURCES):
        same = [each["path"] for each in documents if each["licence"] == licence]
        told = code(licence) if licence else "a licence not told"
        shown = ", ".join(code(path) for path in same[:_SOURCES])
        more = len(same) - _SOURCES
        rest = f" and {more} more in `manifest.json`" if more > 0 else ""
        yield f"- {count} documents under {told}: {shown}{rest}"


def _again(facts: dict[str, Any]) -> str:
    return f"""## Make it again

```sh
curate run recipe.yaml     # with the documents at hand; needs the teacher for what is not journaled
curate verify {plain(facts["name"])}@{facts["version"]}
```

`recipe.yaml` is the whole recipe, `manifest.json` says what it ran on: digests, versions of
packages, counts, seconds, tokens. The same replies give the same rows, however many workers."""


def _citation(facts: dict[str, Any]) -> str:
    name, version = plain(facts["name"]), facts["version"]
    return f"""## Cite it

```bibtex
@misc{{{name}-{version},
  title  = {{{{{name}: instruction pairs made from documents, version {version}}}}},
  year   = {{{facts["created"][:4]}}},
  note   = {{Content digest {facts["content_digest"]}; curated with curate}}
}}
```"""
