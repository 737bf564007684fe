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
FOLDERS = (PART, "additional_chat_templates")
FILES = (
    *(run.RECORD, run.LOG, "training_args.bin"),
    *("config.json", "generation_config.json"),
    *("model.safetensors", "model-*-of-*.safetensors", "model.safetensors.index.json"),
    *("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"),
    *("vocab.json", "vocab.txt", "merges.txt", "tokenizer.model", "spiece.model", "spm.model"),
    *("sentencepiece.model", "sentencepiece.bpe.model", "*.jinja"),
)
"All that Transformers and a run write."


def check_free(folder: Path, overwrite: bool) -> None:
    """Raise UsageError if `folder` holds something that must not be written over."""
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
    if not overwrite:
        raise UsageError(
            f"{folder} holds {held}: choose another with --out, or replace it: --overwrite"
        )


def check_apart(folder: Path, base: Path) -> None:
    """Raise UsageError if the base is in `folder`, so that the run would replace it."""
    if base.resolve().is_relative_to(folder.resolve()):
        raise UsageError(
            f"The base {base} lies in the run folder {folder}: choose another with --out"
        )


def prepare(folder: Path) -> None:
    """Make the empty folder that a run is written to, in a folder that `check_free` let go."""
    part = folder / PART
    if part.exists():
        shutil.rmtree(part)
    part.mkdir(parents=True)


def finish(folder: Path) -> None:
    """Put the run that was written in the place of an older one.

    The old record goes first and the new one comes last, so that a folder that has a record holds
    a whole run, even if this is interrupted.
    """
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


def _record_last(entry: Path) -> bool:
    return entry.name == run.RECORD


def _held(folder: Path) -> str:
    """Which sort of run a folder holds, or ""."""
    try:
        run.read(folder)
    except UsageError:
        part = folder / PART
        stopped = not (folder / run.RECORD).exists() and part.is_dir()
        return "a run already that was stopped or still goes on" if stopped else ""
    return "a run already"


def _is_ours(entry: Path) -> bool:
    """Whether a run writes an entry of that name, and nothing else is in it."""
    if entry.is_dir():
        known = entry.name in FOLDERS and not entry.is_symlink()
        return known and all(map(_is_ours, entry.iterdir()))
    return any(fnmatchcase(entry.name, name) for name in FILES)
