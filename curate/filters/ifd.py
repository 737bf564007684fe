"""How little an instruction helps a small model to foresee its answer.

    ifd = perplexity(answer after its instruction) / perplexity(answer alone)

Instruction-following difficulty (Cherry LLM, Li et al. 2023, arXiv:2308.12032), by a small model
and as a ratio of perplexities (Superfiltering, Li et al. 2024, arXiv:2402.00530). Above 1 the
instruction makes the answer less likely: the two do not belong together. Below 1, the nearer to 1,
the more there is to learn.

Both passes count the same tokens: all of the answer but the first, which has nothing before it when
the answer stands alone. Superfiltering's code counts it after the instruction only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import polars as pl
from pydantic import Field

from curate.filters.alpaca import prompt
from curate.filters.base import Filter, numbers, texts
from curate.filters.causal_lm import CausalLM, Precision, load_causal_lm
from curate.filters.likelihood import Continuation, losses
from curate.options import options
from curate.progress import Progress, Silent


@options
class Ifd(Filter, name="ifd"):
    """Perplexity of the output after its instruction, over that of the output alone, by a model."""

    max: Annotated[float | None, Field(allow_inf_nan=False)] = 1.0
    """Highest ratio that is kept; null for no upper bound."""

    model: str = "EleutherAI/pythia-160m"
    """The model that reads: a causal language model on the Hub, or a folder."""

    revision: str | None = None
    """Commit, tag or branch on the Hub; null for the one kept here, or else the newest."""

    context: Annotated[int, Field(ge=16)] = 2048
    """Most tokens of instruction and output together; rows with more are not measured."""

    precision: Precision = "float32"
    """`bfloat16` is faster on a GPU, and off by about a hundredth."""

    def measure(self, rows: pl.DataFrame) -> pl.DataFrame:
        """`ifd`, and its parts `ifd_after` and `ifd_alone`: mean loss in nats a token.

        Null for refusals, outputs of less than two tokens, and rows too long for the model.
        Raises MissingExtra without torch and transformers, InputError for a model that is none.
        """
        return self.told(rows, Silent())

    def told(
        self,
        rows: pl.DataFrame,
        progress: Progress,
        cache: Path | None = None,  # noqa: ARG002
    ) -> pl.DataFrame:
        """`measure`, telling how far it is."""
        if not rows.height:
            return numbers(ifd=[], ifd_after=[], ifd_alone=[])
        lm = load_causal_lm(self.model, self.revision, self.precision)
        pairs = _pairs(lm, rows, min(self.context, lm.context or self.context))
        passes = [each for pair in pairs if pair for each in (pair.after, pair.alone)]
        with progress.bar("ifd", len(set(passes))) as advance:
            found = losses(lm, passes, advance)
        after = [_finite(found[pair.after]) if pair else None for pair in pairs]
        alone = [_finite(found[pair.alone]) if pair else None for pair in pairs]
        return numbers(ifd=map(_ratio, after, alone), ifd_after=after, ifd_alone=alone)


@dataclass(frozen=True)
class _Pair:
    """The same tokens of an answer, after the instruction and alone."""

    after: Continuation
    alone: Continuation


def _pairs(lm: CausalLM, rows: pl.DataFrame, context: int) -> Sequence[_Pair | None]:
    """Both passes of each row; None for a row that cannot be measured."""
    columns = (texts(rows, name) for name in ("instruction", "input", "output", "kind"))
    fields = list(zip(*columns, strict=True))
    prompts = lm.tokens([prompt(instruction, given) for instruction, given, _, _ in fields])
    answers = lm.tokens([output for _, _, output, _ in fields])
    start = lm.start
    return [
        None if kind == "refusal" or not output.strip() else _pair(start, asked, answer, context)
        for (_, _, output, kind), asked, answer in zip(fields, prompts, answers, strict=True)
    ]


def _pair(start: list[int], asked: list[int], answer: list[int], context: int) -> _Pair | None:
    before = [*start, *asked]
    if len(answer) < 2 or len(before) + len(answer) > context:
        return None
    return _Pair(
        Continuation((*before, *answer), len(before) + 1),
        Continuation((*start, *answer), len(start) + 1),
    )


def _finite(loss: float) -> float | None:
    return loss if math.isfinite(loss) else None


def _ratio(after: float | None, alone: float | None) -> float | None:
    """The ratio of two perplexities, given as losses."""
    if after is None or alone is None or after - alone > 700:
        return None
    return math.exp(after - alone)
