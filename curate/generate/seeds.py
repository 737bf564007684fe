"""Seed pairs: a file of instructions and answers whose style the teacher follows.

Any file of rows that curate reads will do, as in self-instruct (Wang et al. 2022,
arXiv:2212.10560), which shows the teacher a few pairs written by hand beside each request.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from curate.errors import InputError
from curate.text import digest

MOST = 200  # pairs that are looked at
SHOWN = 4  # beside each request
_TAUGHT = 12  # as examples of a conversation, which every request carries
_BEGINNING = 3  # words of a question that count as its beginning


@dataclass(frozen=True)
class Seed:
    """One pair written by hand."""

    instruction: str
    output: str
    input: str = ""

    def example(self) -> dict[str, str]:
        """The pair as an example of `two-step`: the answer stands for the sentence asked about."""
        starter = " ".join(self.instruction.split()[:_BEGINNING]).rstrip("?.")
        answer = " ".join(self.output.split())
        return {
            "focus": answer,
            "starter": starter,
            "question": self.instruction,
            "answer": self.output,
        }


def load_seeds(path: str, protocol: str) -> tuple[Seed, ...]:
    """The pairs of a file: JSON, JSONL, Parquet or a saved dataset. Raises InputError."""
    from curate.tables import read

    if not Path(path).exists():
        raise InputError(f"there is no file of seed pairs {path!r} (looked in {Path.cwd()})")
    rows = read(Path(path)).rows.select("instruction", "input", "output").head(MOST)
    seeds = tuple(
        Seed(row["instruction"].strip(), row["output"].strip(), row["input"].strip())
        for row in rows.iter_rows(named=True)
        if row["instruction"].strip() and row["output"].strip()
    )
    if not seeds:
        raise InputError(f"{path} holds no pair with an instruction and an output")
    return seeds if protocol == "json" else seeds[:_TAUGHT]


def shown(seeds: tuple[Seed, ...], passage: str) -> str:
    """What is said of the seeds beside the request about a passage: some of them, by its id."""
    ranked = sorted(seeds, key=lambda seed: digest(passage, seed.instruction))
    pairs = [
        {
            key: getattr(seed, key)
            for key in ("instruction", "input", "output")
            if getattr(seed, key)
        }
        for seed in ranked[:SHOWN]
    ]
    lines = "\n".join(json.dumps(pair, ensure_ascii=False) for pair in pairs)
    return f"Write in the style of these examples; their content is not yours to use:\n{lines}"
