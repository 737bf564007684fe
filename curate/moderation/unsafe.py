"""Whether a row asks for harm, does it, or helps with it: by rules here, or by an endpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import polars as pl
from pydantic import Field

from curate.filters.base import numbers, texts
from curate.moderation.base import Moderation
from curate.moderation.disguise import DISGUISED
from curate.moderation.harm import harm
from curate.moderation.harm_words import CATEGORIES, rules
from curate.moderation.judges import Judge, LlamaGuard, OpenAIModeration
from curate.options import options
from curate.progress import Progress, Silent
from curate.teachers.openai_api import OPENAI_URL

COLUMNS = (*CATEGORIES, "other")
_FOLDED = {  # hazards of Llama Guard 3 and 4, in OpenAI's words
    **dict.fromkeys(("S1",), "violence"),
    **dict.fromkeys(("S2", "S9", "S14"), "illicit"),
    **dict.fromkeys(("S3", "S4", "S12"), "sexual"),
    **dict.fromkeys(("S5",), "harassment"),
    **dict.fromkeys(("S10",), "hate"),
    **dict.fromkeys(("S11",), "self_harm"),
}
_MODELS = {"openai": "omni-moderation-latest", "llama-guard": "llama-guard3"}


@options
class Unsafe(Moderation, name="unsafe"):
    """How harmful a row is, 0 to 1: the highest of six categories. A refusal of harm is not."""

    max: Annotated[float | None, Field(allow_inf_nan=False)] = 0.5
    """Highest value that is kept; null to keep all."""

    by: Literal["local", "openai", "llama-guard"] = "local"
    """Who judges: rules on this machine, OpenAI's `/moderations`, or a Llama Guard chat model."""

    model: str = ""
    """The endpoint's model; "" for `omni-moderation-latest` or `llama-guard3`."""

    base_url: str = OPENAI_URL
    """Address of the endpoint, up to and including `/v1`. A local one keeps the rows here."""

    key_variable: str = "OPENAI_API_KEY"
    """Environment variable that holds the key. An endpoint other than OpenAI's may need none."""

    concurrency: Annotated[int, Field(ge=1)] = 8
    """Calls under way at once."""

    timeout: Annotated[float, Field(gt=0)] = 60.0
    """Seconds until an attempt counts as failed."""

    tries: Annotated[int, Field(ge=1)] = 6
    """Attempts at a call whose failure may pass."""

    def __post_init__(self) -> None:
        if self.by == "local":
            if self.model or self.base_url != OPENAI_URL:
                raise ValueError("by: local takes no model and no base_url; give by: openai")
            return
        if self.by == "llama-guard" and self.base_url == OPENAI_URL:
            raise ValueError("by: llama-guard needs base_url, the address that serves the model")
        self._judge().teacher()  # which checks address and variable

    def measure(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The highest category (`unsafe`), and each of them (`unsafe_CATEGORY`).

        Null where an endpoint gave no answer that can be used. Raises UsageError without a key,
        TeacherError where the endpoint refuses every call.
        """
        return self.told(rows, Silent())

    def told(
        self, rows: pl.DataFrame, progress: Progress, cache: Path | None = None
    ) -> pl.DataFrame:
        """`measure`, telling how far it is; answers in `cache` are asked for once."""
        found = _local(rows) if self.by == "local" else self._asked(rows, progress, cache)
        parts = {
            f"unsafe_{name}": [None if row is None else row[at] for row in found]
            for at, name in enumerate(COLUMNS)
        }
        return numbers(unsafe=[None if row is None else max(row) for row in found], **parts)

    def _asked(
        self, rows: pl.DataFrame, progress: Progress, cache: Path | None
    ) -> list[tuple[float, ...] | None]:
        fields = (texts(rows, name) for name in ("instruction", "input", "output"))
        pairs = [
            ("\n\n".join(filter(str.strip, (first, more))), said)
            for first, more, said in zip(*fields, strict=True)
        ]
        found = self._judge().verdicts(pairs, cache, progress)
        return [None if scores is None else folded(scores) for scores in found]

    def _judge(self) -> Judge:
        kind = OpenAIModeration if self.by == "openai" else LlamaGuard
        return kind(
            model=self.model or _MODELS[self.by],
            base_url=self.base_url,
            key_variable=self.key_variable,
            concurrency=self.concurrency,
            timeout=self.timeout,
            tries=self.tries,
        )


def folded(scores: dict[str, float]) -> tuple[float, ...]:
    """A judge's own scores as COLUMNS: the highest of those that belong to each.

    What belongs to none of the six (Llama Guard's advice, privacy, elections, …) is `other`.
    """
    best = dict.fromkeys(COLUMNS, 0.0)
    for name, score in scores.items():
        general = name.partition("/")[0].replace("-", "_")
        column = _FOLDED.get(name, general if general in CATEGORIES else "other")
        best[column] = max(best[column], score)
    return tuple(best.values())


def _local(rows: pl.DataFrame) -> list[tuple[float, ...] | None]:
    """The judgement of the rules."""
    asked = [
        f"{a}\n{b}" if b else a
        for a, b in zip(texts(rows, "instruction"), texts(rows, "input"), strict=True)
    ]
    said = texts(rows, "output")
    found: list[tuple[float, ...] | None] = [(0.0,) * len(COLUMNS)] * rows.height
    columns = [pl.Series(one, dtype=pl.String) for one in (asked, said)]
    first, second = (one.str.contains(DISGUISED) for one in columns)
    hidden = first | second
    first, second = (one.str.contains(rules().suspect) for one in columns)
    for place in (hidden | first | second).arg_true().to_list():
        found[place] = (*harm(asked[place], said[place], disguised=hidden[place]), 0.0)
    return found
