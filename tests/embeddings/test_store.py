"""Vectors that were paid for outlive everything but the loss of their file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from curate.embeddings.store import FILE, Store
from curate.errors import CurateError

ENDLESS = """
import sys
from pathlib import Path
import numpy as np
from curate.embeddings.store import Store
with Store(Path(sys.argv[1])) as store:
    for batch in range(10**9):
        store.add({f"{batch}-{n}": np.full(64, batch, np.float32) for n in range(50)})
        print(batch, flush=True)
"""


def test_what_was_added_is_found_again(tmp_path: Path) -> None:
    vectors = {f"k{n}": np.array([n, 0.5], np.float32) for n in range(1200)}
    with Store(tmp_path / "new") as store:
        store.add(vectors)
    with Store(tmp_path / "new") as store:
        found = store.find([*vectors, "other"])
    assert set(found) == set(vectors)
    assert found["k7"].tolist() == [7, 0.5]


def test_without_a_folder_it_lasts_as_long_as_it_is_open() -> None:
    with Store(None) as store:
        store.add({"a": np.ones(2, np.float32)})
        assert set(store.find(["a"])) == {"a"}
    with Store(None) as store:
        assert store.find(["a"]) == {}


def test_a_kill_loses_at_most_the_batch_under_way(tmp_path: Path) -> None:
    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", ENDLESS, str(tmp_path)], stdout=subprocess.PIPE, text=True
        ) as process:
            told = [int(process.stdout.readline()) for _ in range(20)]
            os.kill(process.pid, signal.SIGKILL)
            told += [int(line) for line in process.stdout.read().split()]
        with Store(tmp_path) as store:
            for batch in told:
                found = store.find([f"{batch}-{n}" for n in range(50)])
                assert len(found) == 50
                assert all((vector == batch).all() for vector in found.values())


def test_a_damaged_file_is_named_and_left(tmp_path: Path) -> None:
    file = tmp_path / FILE
    file.write_bytes(b"no database at all, but long enough to be looked at" * 100)
    before = file.read_bytes()
    with pytest.raises(CurateError, match=rf"{FILE} cannot be read or written"), Store(tmp_path):
        pass
    assert file.read_bytes() == before
