"""Write a first recipe for a folder of documents: what `curate new` does."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import yaml

from curate.errors import InputError, UsageError
from curate.recipe import NAME, from_text

_RECIPE = """\
# curate run {file}
name: {name}
topic: {topic}
source:     {{files: {{path: {path}}}}}
teacher:    {teacher}
generate:   {generate}
dedup:      {{threshold: 0.8}}
filters:                                # in this order; each with min and/or max
  - injection: {{max: 0.5}}
  - length: {{min: 3, max: 400}}
  - language: {{code: {detected}, min: 0.8}}
  - repetition: {{max: 0.2}}
  - grounding: {{min: 0.5}}
  - quality: {{min: 0.6}}
moderation: {{unsafe: {{max: 0.5}}, private: {{max: 0.5}}, off_topic: {{max: 0.5}}, refusals: 0.05}}
publish:    {{test: 0.1, language: {language}}}
train:      {{base: EleutherAI/pythia-70m, epochs: 3}}
"""
_EMBEDDED = (
    "{embedded: {}}",
    "{protocol: two-step, pairs: 3, begun_only: true, limit: 120, max_tokens: 80, temperature: 0}",
)
_OPENAI = (
    "{openai: {model: gpt-5-mini, reasoning_effort: minimal}}",
    "{protocol: json, pairs: 5, passage_tokens: 700, max_tokens: 300}",
)


@dataclass(frozen=True)
class Started:
    """A recipe that was written, and what it was written from."""

    file: Path
    documents: int
    lost: int
    teacher: str
    limit: int | None

    def lines(self) -> list[str]:
        """What to tell the user."""
        lost = f" ({self.lost} files cannot be read; the run's loss ledger says why)" * bool(
            self.lost
        )
        lines = [f"Wrote {self.file}: {self.documents} documents{lost}, teacher {self.teacher}."]
        if self.limit:
            lines.append(
                f"It asks about {self.limit} passages, so that a first run takes minutes; raise "
                "generate.limit for more."
            )
        return [*lines, f"Next: curate check {self.file} · curate run {self.file}"]


def write(name: str, docs: tuple[str, ...], topic: str = "", force: bool = False) -> Started:
    """Write `recipes/NAME.yaml` for documents in files or folders.

    Raises UsageError where the name is no folder name or the recipe exists, InputError where
    nothing can be read.
    """
    from curate.sources.files import Files

    file = Path("recipes") / f"{name}.yaml"
    if not NAME.fullmatch(name):
        raise UsageError(f"NAME {name!r}: expected letters, digits, '-', '_' and '.' only")
    if file.exists() and not force:
        raise UsageError(f"{file} exists. Choose another name, or overwrite it with --force.")
    read = Files(path=list(docs)).read()
    if read.rows.is_empty():
        raise InputError(f"There is nothing to read in {', '.join(docs)}.")
    teacher, generate = _OPENAI if os.environ.get("OPENAI_API_KEY") else _EMBEDDED
    detected = _language(read.rows["text"].to_list())
    text = _RECIPE.format(
        file=file,
        name=_scalar(name),
        topic=_scalar(topic or f"what {', '.join(docs)} is about"),
        path=_scalar(docs[0]) if len(docs) == 1 else _scalar(list(docs)),
        teacher=teacher,
        generate=generate,
        detected=detected,
        language=detected[:2],
    )
    recipe = from_text(text, str(file))
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return Started(
        file, read.rows.height, read.losses.height, recipe.teacher.model_name, recipe.generate.limit
    )


def _scalar(value: object) -> str:
    """A value as YAML on one line."""
    return (
        yaml.safe_dump(
            value, default_flow_style=True, allow_unicode=True, width=10**6, default_style='"'
        )
        .removesuffix("...\n")
        .strip()
    )


def _language(texts: list[str], sample: int = 20) -> str:
    """The language that most of a sample of texts are in; `en` where none can be told."""
    from langdetect import DetectorFactory, LangDetectException, detect

    DetectorFactory.seed = 0
    found: Counter[str] = Counter()
    for text in texts[:: max(1, len(texts) // sample)]:
        try:
            found[detect(text[:5000])] += 1
        except LangDetectException:
            continue
    return found.most_common(1)[0][0] if found else "en"
