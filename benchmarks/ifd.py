"""python benchmarks/ifd.py [--rows 64] [--model FOLDER-OR-ID] [--precision float32|bfloat16]

Claim: the filter `ifd` measures rows no slower than the model run on one text after the other does;
its numbers are the same to 1e-4, and in another order of the rows to the last bit.

Without --model a random one of the shape of Pythia-160m is made, with Pythia's tokenizer from
$CURATE_TEST_DATA: its numbers mean nothing, its arithmetic is the real one. Rows: sentences of
Python's language reference. Both sides are timed on the same rows in one run, by the clock.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import sys
import tempfile
import time
from pathlib import Path
from pydoc_data.topics import topics

import polars as pl
import torch

from curate.filters.alpaca import prompt
from curate.filters.causal_lm import CausalLM, load_causal_lm
from curate.filters.ifd import Ifd

SHAPE = {
    "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12,
    "intermediate_size": 3072, "vocab_size": 50304, "max_position_embeddings": 2048,
}  # fmt: skip


def made(count: int) -> pl.DataFrame:
    chance = random.Random(0)
    text = "\n\n".join(topics.values())
    sentences = [each for each in re.split(r"(?<=[.:])\s+", text) if len(each) > 20]
    rows = []
    for _ in range(count):
        at = chance.randrange(len(sentences) - 4)
        asks = f"What does this mean: {chance.choice(sentences)[:80]}?"
        rows.append((asks, " ".join(sentences[at : at + chance.randint(1, 4)])))
    return pl.DataFrame(rows, schema=["instruction", "output"], orient="row")


def random_model(folder: Path) -> str:
    from transformers import GPTNeoXConfig, GPTNeoXForCausalLM, PreTrainedTokenizerFast

    torch.manual_seed(0)
    GPTNeoXForCausalLM(GPTNeoXConfig(**SHAPE)).save_pretrained(folder)
    file = Path(os.environ["CURATE_TEST_DATA"]) / "pythia-tokenizer.json"
    ends = {"eos_token": "<|endoftext|>", "bos_token": "<|endoftext|>"}
    PreTrainedTokenizerFast(tokenizer_file=str(file), **ends).save_pretrained(folder)
    return str(folder)


def one_by_one(lm: CausalLM, rows: pl.DataFrame) -> tuple[list[float], int]:
    """The ratio of each row, as transformers' own loss gives it, and the tokens that were read."""
    found, read = [], 0
    for asks, output in rows.iter_rows():
        (before, answer), losses = lm.tokens([prompt(asks, ""), output]), []
        for start in (before, []):
            ids = torch.tensor([start + answer], device=lm.device)
            labels = torch.tensor([[-100] * (len(start) + 1) + answer[1:]], device=lm.device)
            with torch.inference_mode():
                losses.append(lm.model(input_ids=ids, labels=labels).loss.float().item())
            read += ids.shape[1]
        found.append(float(torch.tensor(losses[0] - losses[1]).exp()))
    return found, read


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=64)
    parser.add_argument("--model")
    parser.add_argument("--precision", default="float32")
    chosen = parser.parse_args()
    rows = made(chosen.rows)
    with tempfile.TemporaryDirectory() as folder:
        model = chosen.model or random_model(Path(folder))
        which = Ifd(model=model, precision=chosen.precision)
        lm = load_causal_lm(model, None, chosen.precision)
        one_by_one(lm, rows[:2])
        began = time.monotonic()
        plain, tokens = one_by_one(lm, rows)
        theirs = rows.height / (time.monotonic() - began)
        began = time.monotonic()
        load_causal_lm(model, None, chosen.precision)
        loading = time.monotonic() - began
        began = time.monotonic()
        found = which.measure(rows)
        ours = rows.height / max(1e-9, time.monotonic() - began - loading)
        again = which.measure(rows[::-1])[::-1]
    error = max(abs(a / b - 1) for a, b in zip(found["ifd"], plain, strict=True))
    print(
        f"{rows.height} rows, {tokens / rows.height:.0f} tokens a row in both passes, {lm.device}"
    )
    print(f"ifd         {ours:7.2f} rows/s  ({ours / theirs:.2f} times), loading {loading:.1f} s")
    print(f"one by one  {theirs:7.2f} rows/s")
    print(f"largest difference {error:.1e}; other order the same: {found.equals(again)}")
    exact = 1e-4 if chosen.precision == "float32" else 0.1
    if error > exact or not found.equals(again) or ours < 0.8 * theirs:
        sys.exit(1)


if __name__ == "__main__":
    main()
