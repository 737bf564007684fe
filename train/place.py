"""Where a run is written, and how it takes the place of an older one.

A run is written to `.part` inside its folder and moved up when it is finished, so that a run that
fails or is stopped leaves an older one as it was. Only what a run writes is ever removed, known by
its name; a folder that holds anything else is refused before the training starts.
"""

from __future__ import annotations

import shutil
from fnmatch import fnmatchcase
from pathlib import Path

from train import run
from train.errors import UsageError

PART = ".part"
STOPPED = "a run already that was stopped or still goes on"
FOLDERS = (PART, "additional_chat_templates", "documents", "checkpoint-*", "evaluation")
FILES = (
    *(run.RECORD, run.LOG, "README.md", "training_args.bin"),
    *("optimizer.pt", "scheduler.pt", "rng_state*.pth", "trainer_state.json", "whole.json"),
    *("adapter_model.safetensors", "adapter_config.json"),
    *("config.json", "generation_config.json"),
    *("model.safetensors", "model-*-of-*.safetensors", "model.safetensors.index.json"),
    *("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"),
    *("vocab.json", "vocab.txt", "merges.txt", "tokenizer.model", "spiece.model", "spm.model"),
    *("sentencepiece.model", "sentencepiece.bpe.model", "*.jinja"),
    # Of an evaluation; not sheet.key, without which what people judged is lost
    *("evaluation.json", "answers.jsonl", "items.jsonl", "report.html"),
)
"All that Transformers and a run write."


def check_free(folder: Path, overwrite: bool, resume: bool = False) -> None:
    """Raise UsageError if `folder` holds something that must not be written over.

    `resume` goes on where a run was stopped; one that is finished is not gone on with.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    held = _held(folder)
    if not held:
        raise UsageError(f"{folder} is there already and is no run: choose another with --out")
    if strange := sorted(entry.name for entry in folder.iterdir() if not _is_ours(entry)):
        raise UsageError(
            f"{folder} holds what no run writes ({', '.join(strange[:5])}): "
            "choose another with --out, or move that away"
        )
    if resume and (folder / PART).is_dir():
        return
    if not overwrite:
        go_on = ", go on with it: --resume" if held == STOPPED else ""
        raise UsageError(
            f"{folder} holds {held}: choose another with --out{go_on}, or replace it: --overwrite"
        )


def check_apart(folder: Path, base: Path) -> None:
    """Raise UsageError if the base is in `folder`, so that the run would replace it."""
    if base.resolve().is_relative_to(folder.resolve()):
        raise UsageError(
            f"The base {base} lies in the run folder {folder}: choose another with --out"
        )


def prepare(folder: Path, keep: bool = False) -> None:
    """Make the folder that a run is written to, in a folder that `check_free` let go.

    It is empty, unless `keep` asks for what a run that was stopped left there.
    """
    part = folder / PART
    if part.exists() and not keep:
        shutil.rmtree(part)
    part.mkdir(parents=True, exist_ok=True)


def finish(folder: Path) -> None:
    """Put the run that was written in the place of an older one.

    The old record goes first and the new one comes last, so that a folder that has a record holds
    a whole run, even if this is interrupted.
    """
    for entry in (folder / PART).iterdir():
        if entry.is_dir() and _is_working(entry):
            shutil.rmtree(entry)
    for entry in sorted(folder.iterdir(), key=_record_last, reverse=True):
        if entry.name == PART or not _is_ours(entry):
            continue
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    for entry in sorted((folder / PART).iterdir(), key=_record_last):
        entry.replace(folder / entry.name)
    (folder / PART).rmdir()


def _is_working(entry: Path) -> bool:
    return entry.name == "documents" or fnmatchcase(entry.name, "checkpoint-*")


def _record_last(entry: Path) -> bool:
    return entry.name == run.RECORD


def _held(folder: Path) -> str:
    """Which sort of run a folder holds, or ""."""
    try:
        run.read(folder)
    except UsageError:
        part = folder / PART
        stopped = not (folder / run.RECORD).exists() and part.is_dir()
        return STOPPED if stopped else ""
    return "a run already"


def _is_ours(entry: Path) -> bool:
    """Whether a run writes an entry of that name, and nothing else is in it."""
    if entry.is_dir():
        known = any(fnmatchcase(entry.name, name) for name in FOLDERS) and not entry.is_symlink()
        return known and all(map(_is_ours, entry.iterdir()))
    return any(fnmatchcase(entry.name, name) for name in FILES)
