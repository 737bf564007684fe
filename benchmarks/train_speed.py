"""flock /tmp/bench.lock .venv/bin/python benchmarks/train_speed.py --trl /tmp/trl-peers/bin/python

Learned tokens a second, and the loss they bring: this trainer beside TRL's SFTTrainer, packed and
unpacked, with the architecture of Pythia-70m and random weights, on the same rows and machine, one
after the other. fp32 for all where the processor has no bf16. TRL's own defaults are kept (batches
of 8 rows, gradient checkpointing); `--no-checkpointing` rows show it without that.

Make TRL's environment, which borrows PyTorch from ours:
    python3.11 -m venv /tmp/trl-peers && /tmp/trl-peers/bin/pip install --no-deps trl
    cd /tmp/trl-peers/lib/python3.11/site-packages
    echo /work/main/.venv/lib/python3.11/site-packages > main.pth
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
TOKENIZER = (
    Path(os.environ.get("CURATE_TEST_DATA", ROOT.parent / "shared/data")) / "pythia-tokenizer.json"
)
RATE = 5e-4
SIDES = (
    "curate",
    "trl packed",
    "curate, steps of 8 rows",
    "trl unpacked",
    "trl packed, no checkpointing",
    "trl unpacked, no checkpointing",
)
PAIRS = {1: 0, 3: 2, 4: 0, 5: 2}  # which of ours takes steps of the same size


def rows(count: int) -> list[dict[str, str]]:
    """Short pairs out of the language reference, as long as those that curate publishes of it."""
    from pydoc_data.topics import topics

    draw = random.Random(0)
    found = []
    for topic, text in sorted(topics.items()):
        plain = " ".join(text.split())
        for sentence in re.split(r"(?<=[.!?]) (?=[A-Z])", plain):
            words = sentence.split()
            if 8 <= len(words) <= 60 and sentence.isascii():
                about = " ".join(words[: draw.randint(3, 9)])
                ask = draw.choice(["What is said of", "Explain", "What happens with", "Describe"])
                found.append(
                    {"instruction": f"{ask} {about} ({topic})?", "input": "", "output": sentence}
                )
    draw.shuffle(found)
    return found[:count]


def write_version(folder: Path, train: list[dict[str, str]], test: list[dict[str, str]]) -> None:
    import polars as pl

    (folder / "data").mkdir(parents=True)
    for split, part in (("train", train), ("test", test)):
        frame = pl.DataFrame([{"id": f"{split}-{i}", **row} for i, row in enumerate(part)])
        frame.write_parquet(folder / f"data/{split}-00000-of-00001.parquet")
    (folder / "manifest.json").write_text(json.dumps({"name": "speed", "version": "1.0.0"}))


def side_curate(work: Path, side: str, epochs: int) -> dict:
    from train import finetune

    steps = {"pack_length": 0, "batch_size": 8} if "8 rows" in side else {}
    finetune(
        work / "version",
        base=str(work / "base"),
        out=work / "ours",
        overwrite=True,
        epochs=epochs,
        learning_rate=RATE,
        schedule="constant",
        warmup=0.0,
        **steps,
    )
    lines = [json.loads(line) for line in (work / "ours/log.jsonl").read_text().splitlines()]
    return {
        "steps": [(line["tokens"], line["seconds"], line["loss"]) for line in lines],
        "model": str(work / "ours"),
    }


def side_trl(work: Path, side: str, epochs: int) -> dict:
    import torch
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
    from trl import SFTConfig, SFTTrainer

    from train.template import render

    texts = json.loads((work / "train.json").read_text())
    data = Dataset.from_list(
        [
            {"prompt": render(row["instruction"], row["input"]), "completion": row["output"]}
            for row in texts
        ]
    )
    tokenizer = AutoTokenizer.from_pretrained(work / "base")
    model = AutoModelForCausalLM.from_pretrained(work / "base", dtype=torch.float32)
    packed = "unpacked" not in side
    bare = {"gradient_checkpointing": False} if "no checkpointing" in side else {}
    config = SFTConfig(
        output_dir=str(work / "trl"),
        packing=packed,
        max_length=1024,
        bf16=False,
        use_cpu=not torch.cuda.is_available(),
        per_device_train_batch_size=1 if packed else 8,
        num_train_epochs=epochs,
        learning_rate=RATE,
        lr_scheduler_type="constant",
        warmup_steps=0,
        logging_steps=1,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=False,
        eos_token="<|endoftext|>",
        pad_token="<|padding|>",
        **bare,
    )

    class Clock(TrainerCallback):
        def __init__(self) -> None:
            self.seconds, self.losses, self.start = [], [], 0.0

        def on_step_begin(self, *_: Any, **__: Any) -> None:
            self.start = time.perf_counter()

        def on_step_end(self, *_: Any, **__: Any) -> None:
            self.seconds.append(time.perf_counter() - self.start)

        def on_log(self, *_: Any, logs: dict[str, float] | None = None, **__: Any) -> None:
            if logs and "loss" in logs:
                self.losses.append(logs["loss"])

    trainer = SFTTrainer(model=model, args=config, train_dataset=data, processing_class=tokenizer)
    learned: list[int] = []
    count = trainer.get_batch_samples

    def counted(*args: Any) -> Any:
        batches, items = count(*args)
        learned.append(int(items))
        return batches, items

    trainer.get_batch_samples = counted
    clock = Clock()
    trainer.add_callback(clock)
    trainer.train()
    model.save_pretrained(work / "trl-model")
    tokenizer.save_pretrained(work / "trl-model")
    return {
        "steps": list(zip(learned, clock.seconds, clock.losses, strict=False)),
        "model": str(work / "trl-model"),
    }


def held_out(work: Path, model: str) -> float:
    from train import bases
    from train.data import tokenise
    from train.losses import measure
    from train.version import read

    base = bases.load(Path(model))
    rows = tokenise(read(work / "version").test, base.tokenizer, 2048, "test").rows
    found = measure(base.model.eval(), rows)
    return sum(row.loss for row in found) / sum(row.tokens for row in found)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--trl", default="/tmp/trl-peers/bin/python")
    parser.add_argument("--rows", type=int, default=320)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--sides", default=",".join(map(str, range(len(SIDES)))))
    parser.add_argument("--side")
    parser.add_argument("--work", type=Path)
    given = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    if given.side:
        run = side_curate if given.side.startswith("curate") else side_trl
        result = run(given.work, given.side, given.epochs)
        (given.work / "result.json").write_text(json.dumps(result))
        return
    from train import hub

    work = Path(tempfile.mkdtemp(prefix="train-speed-"))
    found = rows(given.rows + 60)
    train, test = found[:-60], found[-60:]
    write_version(work / "version", train, test)
    (work / "train.json").write_text(json.dumps(train))
    (work / "base").symlink_to(hub.find("random:pythia-70m", str(TOKENIZER)))
    heads = f"{'tokens/s':>9}{'median s/step':>15}{'steps':>7}{'loss, last third':>18}"
    print(f"{'':34}{heads}{'held out':>10}", flush=True)
    rates, losses = {}, {}
    for index in map(int, given.sides.split(",")):
        side = SIDES[index]
        python = sys.executable if side.startswith("curate") else given.trl
        command = [
            python,
            __file__,
            "--side",
            side,
            "--work",
            str(work),
            "--epochs",
            str(given.epochs),
        ]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            print(side, "failed:", done.stderr[-3000:])
            continue
        result = json.loads((work / "result.json").read_text())
        steps = result["steps"]
        timed = steps[1:]  # the first step also warms up
        rates[side] = sum(tokens for tokens, _, _ in timed) / sum(
            seconds for _, seconds, _ in timed
        )
        last = steps[-(len(steps) // 3) :]
        mean = sum(t * loss for t, _, loss in last) / sum(t for t, _, _ in last)
        losses[side] = held_out(work, result["model"])
        middle = statistics.median(seconds for _, seconds, _ in steps)
        print(
            f"{side:34}{rates[side]:9.0f}{middle:15.2f}{len(steps):7}{mean:18.4f}{losses[side]:10.4f}",
            flush=True,
        )
    for index, side in enumerate(SIDES):
        for ours in {SIDES[0], SIDES[PAIRS.get(index, 0)]} - {side}:
            if side.startswith("trl") and {ours, side} <= set(rates):
                ratio, apart = rates[ours] / rates[side], losses[ours] / losses[side] - 1
                print(f"{ratio:5.2f} × the tokens/s of {side}: {ours}; held-out loss {apart:+.2%}")


if __name__ == "__main__":
    main()
