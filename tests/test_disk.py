"""Lines of files that are only appended to, after a kill."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from curate.disk import flush, whole_lines


@pytest.mark.parametrize(
    ("content", "kept"),
    [(b"", b""), (b"one\n", b"one\n"), (b"one\ntwo\nth", b"one\ntwo\n"), (b"o", b"")],
)
def test_a_torn_last_line_is_cut_off(tmp_path: Path, content: bytes, kept: bytes) -> None:
    path = tmp_path / "lines"
    path.write_bytes(content)
    assert b"".join(line for _, line in whole_lines(path)) == kept
    assert path.read_bytes() == kept


def test_nothing_is_cut_off_where_a_reader_stops_before_the_end(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b"one\ntwo\nth")
    assert list(islice(whole_lines(path), 1)) == [(1, b"one\n")]
    assert path.read_bytes() == b"one\ntwo\nth"


def test_files_and_folders_can_be_flushed_and_what_is_absent_has_no_lines(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    flush(tmp_path / "file")
    flush(tmp_path)
    assert list(whole_lines(tmp_path / "none")) == []
