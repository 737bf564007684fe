"""The batches of a working folder, on disk before they are submitted and after.

    batches.jsonl       what became of each, a line an event: begun, submitted under an id, ended
    batches/NAME.jsonl  the calls of one that has not ended

A batch's name is a digest of the keys of its calls, so that the same calls have the same name.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from curate.disk import flush, whole_lines
from curate.errors import CurateError
from curate.teachers.base import BatchCall, CallOptions
from curate.text import digest


@dataclass
class Stored:
    """A batch that has not ended: its calls by their keys, and the options they are sent without.

    `id` is the endpoint's, "" where it is not known whether the batch got there.
    """

    name: str
    calls: dict[str, BatchCall]
    left_out: tuple[str, ...]
    id: str = ""


class Store:
    """The batches of one endpoint. One process at a time: the folder's lock sees to that.

    `under_way` are those that have not ended, `ended` the ids of the others. Every method returns
    when the change is on the disk, and raises CurateError where it cannot be written.
    """

    def __init__(self, folder: Path, endpoint: str) -> None:
        self.path = folder / "batches.jsonl"
        self.endpoint = endpoint
        self.ended: set[str] = set()
        self.under_way: list[Stored] = []
        self._calls = folder / "batches"
        self._load()

    def begin(self, calls: dict[str, BatchCall], left_out: Collection[str]) -> Stored:
        """Note a batch that is about to be submitted."""
        stored = Stored(digest(sorted(calls), size=64), calls, tuple(sorted(left_out)))
        lines = [json.dumps({"key": key, **asdict(call)}) for key, call in calls.items()]
        path = self._file(stored.name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = path.with_suffix(".partial")
            partial.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
            flush(partial)
            os.replace(partial, path)
            flush(path.parent)
        except OSError as error:
            raise self._full(error) from error
        self._append(stored.name, "begun", left_out=stored.left_out, requests=len(calls))
        self.under_way.append(stored)
        return stored

    def submitted(self, stored: Stored, batch: str) -> None:
        """Note the id under which the endpoint knows a batch."""
        stored.id = batch
        self._append(stored.name, "submitted", id=batch)

    def end(self, stored: Stored, status: str) -> None:
        """Note that a batch is over, and its replies kept."""
        self._append(stored.name, "ended", id=stored.id, status=status)
        self.under_way.remove(stored)
        self.ended.add(stored.id)
        self._file(stored.name).unlink(missing_ok=True)

    def _load(self) -> None:
        left: dict[str, dict[str, Any]] = {}
        for number, line in whole_lines(self.path):
            try:
                self._event(left, json.loads(line))
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                raise self._damaged(f"{self.path}:{number}", error) from error
        self.under_way = [self._stored(name, told) for name, told in left.items()]

    def _event(self, left: dict[str, dict[str, Any]], event: dict[str, Any]) -> None:
        if event["endpoint"] != self.endpoint:
            return
        name, what = event["batch"], event["event"]
        if what == "begun":
            left[name] = {"left_out": tuple(event["left_out"])}
        elif what == "submitted":
            left[name]["id"] = event["id"]
        else:
            left.pop(name)
            self.ended.add(event["id"])

    def _stored(self, name: str, told: dict[str, Any]) -> Stored:
        path, calls = self._file(name), {}
        try:
            for line in path.read_bytes().splitlines():
                entry = json.loads(line)
                call = BatchCall(entry["messages"], CallOptions(**entry["options"]))
                calls[entry["key"]] = call
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise self._damaged(str(path), error) from error
        return Stored(name, calls, **told)

    def _append(self, name: str, event: str, **more: Any) -> None:
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        entry = {"batch": name, "event": event, "endpoint": self.endpoint, "at": at, **more}
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry) + "\n")
            flush(self.path)
        except OSError as error:
            raise self._full(error) from error

    def _file(self, name: str) -> Path:
        return self._calls / f"{name}.jsonl"

    def _full(self, error: OSError) -> CurateError:
        return CurateError(
            f"could not write {self.path}: {error.strerror}. What was submitted goes on at the "
            "endpoint; make room and run the same command again."
        )

    def _damaged(self, where: str, error: Exception) -> CurateError:
        return CurateError(
            f"{where} is damaged ({error}). It tells of calls that are paid for, so nothing was "
            f"changed: repair it, or give up the batches under way by removing {self.path}."
        )
