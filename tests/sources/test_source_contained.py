"""The child process that parses files: one for many, bounded, and replaced when it ends."""

from __future__ import annotations

import io
import os
import signal
import time
from pathlib import Path

import docx
import pytest

from curate.errors import CurateError
from curate.sources.contained import Parser
from curate.sources.files import Files
from curate.sources.load import Unreadable

MOST = 1_000_000


def document(text: str) -> bytes:
    made = docx.Document()
    made.add_paragraph(text)
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def child(parser: Parser) -> int:
    assert parser._child
    return parser._child.pid


def test_many_files_are_read_by_one_process(tmp_path: Path) -> None:
    with Parser(60) as parser:
        assert parser._child is None  # nothing is started before there is something to read
        pids = set()
        for n in range(5):
            assert parser.parse("docx", document(f"Text {n}"), MOST).text == f"Text {n}"
            pids.add(child(parser))
        with pytest.raises(Unreadable):
            parser.parse("docx", b"nothing", MOST)
        pids.add(child(parser))
    assert len(pids) == 1
    assert not Path(f"/proc/{pids.pop()}").exists()


def test_a_process_that_is_gone_costs_one_file() -> None:
    with Parser(60) as parser:
        parser.parse("docx", document("one"), MOST)
        os.kill(child(parser), signal.SIGSEGV)
        time.sleep(0.1)
        with pytest.raises(Unreadable, match="its parser broke down"):
            parser.parse("docx", document("two"), MOST)
        assert parser.parse("docx", document("three"), MOST).text == "three"


def test_a_process_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("curate.sources.contained._WALL", 1)
    with Parser(1) as parser:
        parser.parse("docx", document("one"), MOST)
        os.kill(child(parser), signal.SIGSTOP)  # stopped: it takes no time of the processor
        with pytest.raises(Unreadable, match="not read within 1 seconds"):
            parser.parse("docx", document("two"), MOST)
        assert parser.parse("docx", document("three"), MOST).text == "three"


def test_the_process_can_write_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "import sys; sys.path[:] = {!r}; from curate.sources import parser_process, word\n"
        "from curate.sources.parsed import Parsed\n"
        f"word.read = lambda *_: Parsed('', open('{tmp_path}/x', 'w', 1).write('x\\n') * 'x')\n"
        "parser_process.main({})"
    )
    monkeypatch.setattr("curate.sources.contained._MAIN", code)
    with Parser(60) as parser, pytest.raises(Unreadable, match="File too large"):
        parser.parse("docx", b"x", MOST)
    assert (tmp_path / "x").read_bytes() == b""


def test_a_parser_that_takes_all_memory_costs_one_file(monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "import sys; sys.path[:] = {!r}; from curate.sources import parser_process, word\n"
        "real = word.read\n"
        "word.read = lambda data, most: real(data, most) if data != b'x' else [0] * 10**12\n"
        "parser_process.main({})"
    )
    monkeypatch.setattr("curate.sources.contained._MAIN", code)
    with Parser(60) as parser:
        with pytest.raises(Unreadable, match="needs over 2 GiB to be read; split it"):
            parser.parse("docx", b"x", MOST)
        assert parser.parse("docx", document("next"), MOST).text == "next"


def test_what_a_parser_prints_is_no_reply(monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "import sys, os; sys.path[:] = {!r}; from curate.sources import parser_process, word\n"
        "real = word.read\n"
        "def read(data, most):\n"
        "    print('noise', flush=True); os.write(1, b'noise'); return real(data, most)\n"
        "word.read = read\n"
        "parser_process.main({})"
    )
    monkeypatch.setattr("curate.sources.contained._MAIN", code)
    with Parser(60) as parser:
        assert parser.parse("docx", document("text"), MOST).text == "text"


def test_a_process_that_does_not_start_is_no_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("curate.sources.contained._MAIN", "raise SystemExit({!r:.0}{})")
    with Parser(60) as parser, pytest.raises(CurateError, match="does not start"):
        parser.parse("docx", document("text"), MOST)


def test_modules_in_the_current_folder_are_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("mammoth", "lxml", "json", "resource"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('hijacked')")
    (tmp_path / "a.docx").write_bytes(document("Bees dance."))
    monkeypatch.chdir(tmp_path)
    assert Files(path=".", include=["*.docx"]).read().rows["text"].to_list() == ["Bees dance."]


def test_reading_twice_gives_the_same_and_links_lead_nowhere(tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    for n in (10, 9, 1):
        (folder / f"{n}.docx").write_bytes(document(f"Text {n}"))
    (tmp_path / "secret.docx").write_bytes(document("Secret"))
    (folder / "2.docx").symlink_to(tmp_path / "secret.docx")
    first, second = (Files(path=str(folder)).read() for _ in range(2))
    assert first.rows["path"].to_list() == ["1.docx", "9.docx", "10.docx"]
    assert first.rows.equals(second.rows)
    assert first.losses["reason"][0].startswith("a link out of the folder")
