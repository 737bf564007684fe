"""Which files of a folder become documents, and what becomes of the others."""

from __future__ import annotations

import gzip
import os
import random
import resource
from pathlib import Path

import pytest
import zstandard

from curate.errors import InputError
from curate.schema import DOCUMENT, LOSS
from curate.sources.base import Documents
from curate.sources.files import Files
from curate.text import digest

TEXT = "Bees dance to show where food is."
NOISE = random.Random(0).randbytes(250_000).hex().encode()
ZST = zstandard.compress(NOISE[:999])
UNSIZED = zstandard.ZstdCompressor(write_content_size=False).compress(NOISE)


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    return folder


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        put(folder / name.replace("__", "/").replace("_", "."), text.encode())


def put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def read(folder: Path, **options) -> Documents:
    return Files(path=str(folder), **options).read()


def paths(documents: Documents) -> list[str]:
    return documents.rows["path"].to_list()


def reasons(documents: Documents) -> dict[str, str]:
    return dict(documents.losses.select("path", "reason").iter_rows())


def test_a_document_knows_its_path_title_text_and_licence(docs: Path) -> None:
    write(docs, guide__bees_md=f"# Bees\n\n{TEXT}\n")
    found = read(docs, licence="cc-by-4.0")
    assert found.rows.schema == DOCUMENT
    assert found.losses.schema == LOSS
    (row,) = found.rows.iter_rows(named=True)
    assert row == {
        "id": digest(f"# Bees\n\n{TEXT}\n"),
        "path": "guide/bees.md",
        "title": "Bees",
        "text": f"# Bees\n\n{TEXT}\n",
        "licence": "cc-by-4.0",
    }


def test_all_kinds_are_read_in_order_of_their_paths(docs: Path) -> None:
    write(docs, b_txt="b", a_md="a", c_rst="C\n=\n\nc", e_htm="<p>e", README="r", z__10_txt="10")
    write(docs, z__9_txt="9", f_markdown="f", g_text="g")
    put(docs / "README.Debian", b"d")
    assert paths(read(docs)) == [
        "README", "README.Debian", "a.md", "b.txt", "c.rst", "e.htm", "f.markdown", "g.text",
        "z/9.txt", "z/10.txt",
    ]  # fmt: skip


def test_packed_files_are_read(docs: Path) -> None:
    put(docs / "a.txt.gz", gzip.compress(b"first"))
    put(docs / "b.md.zst", zstandard.compress(b"# Second\n"))
    put(docs / "c.html.gz", gzip.compress(b"<h1>Third</h1><p>Text of it."))
    found = read(docs)
    assert paths(found) == ["a.txt.gz", "b.md.zst", "c.html.gz"]
    assert found.rows["title"].to_list() == ["", "Second", "Third"]


def test_the_front_matter_of_markdown_gives_the_title_and_is_no_text(docs: Path) -> None:
    write(
        docs,
        a_md='---\ntitle: "All about bees"\ndate: 2020\n---\n\n# Bees\n',
        b_md="---\n\nx\n\n---\n",
    )
    rows = read(docs).rows
    assert rows["title"].to_list() == ["All about bees", ""]
    assert rows["text"].to_list() == ["# Bees\n", "---\n\nx\n\n---\n"]


@pytest.mark.parametrize(
    ("line", "title"),
    [("title: 'It''s'", "It''s"), ('title = Say "hi"', 'Say "hi"'), ('title: ""', ""),
     (f"title: a{' ' * 1_000_000}b", f"a{' ' * 1_000_000}b")],
)  # fmt: skip
def test_titles_in_front_matter(docs: Path, line: str, title: str) -> None:
    write(docs, a_md=f"---\n{line}\n---\n\n{TEXT}\n")
    assert read(docs).rows["title"].to_list() == [title]


def test_one_file_and_a_list_of_places(docs: Path) -> None:
    write(docs, a_txt="a", sub__a_txt="b", other__a_txt="c")
    assert paths(read(docs / "a.txt")) == ["a.txt"]
    several = Files(path=[str(docs / "a.txt"), str(docs / "sub"), str(docs / "other")]).read()
    assert paths(several) == ["a.txt", "other/a.txt", "sub/a.txt"]


def test_no_file_of_several_places_takes_the_name_of_another(
    docs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(docs, c__b__x__f_txt="1", a__x__f_txt="2", b__x__f_txt="3")
    monkeypatch.chdir(docs)
    found = Files(path=["c/b", "a/x", "b/x"]).read()
    assert sorted(found.rows["text"]) == ["1", "2", "3"]


def test_include_and_exclude(docs: Path) -> None:
    write(docs, a_md="a", b_txt="b", drafts__c_md="c", guide__d_md="d")
    assert paths(read(docs, include=["*.md"])) == ["a.md", "drafts/c.md", "guide/d.md"]
    assert paths(read(docs, include=["*.md"], exclude=["drafts/*"])) == ["a.md", "guide/d.md"]
    assert paths(read(docs, include=["guide/*"])) == ["guide/d.md"]


def test_hidden_files_and_folders_are_passed_over(docs: Path) -> None:
    write(docs, a_txt="a", node_modules__x_txt="x", __pycache____y_txt="y")
    put(docs / ".git/config.txt", b"g")
    put(docs / ".env", b"KEY=secret")
    put(docs / "node_modules/p/README.md", b"n")
    put(docs / "__pycache__/z.txt", b"z")
    found = read(docs, exclude=["node.modules/*", "*y.txt"])
    assert paths(found) == ["a.txt"]
    assert reasons(found) == {}


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("x.png", b"\x89PNG", "not a kind of file that curate reads (.png)"),
        ("x.tar.gz", b"", "not a kind of file that curate reads (.tar.gz)"),
        ("x.txt", b"", "empty"),
        ("x.md", b" \n\t ", "empty"),
        ("x.txt", b"MZ\0\0", "binary, not text (it holds NUL bytes)"),
        ("x.txt", b"caf\xe9 au lait", "not UTF-8 text (byte 0xe9 at 3); convert it, "),
        ("x.txt", b"\xff\xfea", "not UTF-16-LE text (byte 0x61 at 0); convert it, "),
        ("x.txt.gz", b"not gzip", "cannot be unpacked, perhaps cut short or damaged: "),
        (
            "x.txt.gz",
            gzip.compress(b"x" * 999, mtime=0)[:-9],
            "cannot be unpacked, perhaps cut short",
        ),
        ("x.txt.zst", b"not zstd", "cannot be unpacked, perhaps cut short or damaged: "),
        ("x.txt.zst", ZST[:-99], "cut short; copy it again"),
        ("x.txt.zst", ZST[:3], "cut short; copy it again"),
        ("x.txt.zst", UNSIZED[: len(UNSIZED) // 2], "cut short; copy it again"),
        ("x.txt.zst", UNSIZED + ZST[:-1], "cut short; copy it again"),
        ("x.txt.zst", ZST + b"no frame", "cannot be unpacked, perhaps cut short or damaged: "),
        ("x.txt.zst", b"", "empty"),
        ("x.txt.zst", zstandard.compress(b""), "empty"),
        ("x.txt.gz", b"", "empty"),
        ("x.jsonl", b"", "empty"),
        ("x.jsonl", b"\n \n\r\n", "empty"),
        ("x.jsonl.zst", b"", "empty"),
        ("x.html", b"<script>1</script>", "no text in this page"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_reason(
    docs: Path, name: str, data: bytes, reason: str
) -> None:
    write(docs, good_txt=TEXT)
    put(docs / name, data)
    found = read(docs)
    assert paths(found) == ["good.txt"]
    assert list(reasons(found)) == [name]
    assert reasons(found)[name].startswith(reason)
    assert found.losses["stage"].to_list() == ["source"]


@pytest.mark.parametrize(
    "data", ["é".encode(), b"\xef\xbb\xbf" + "é".encode(), "é".encode("utf-16"), b"\xfe\xff\0\xe9"]
)
def test_utf_8_and_marked_utf_16_are_read(docs: Path, data: bytes) -> None:
    put(docs / "a.txt", data)
    assert read(docs).rows["text"].to_list() == ["é"]


def test_line_ends_are_made_one_kind(docs: Path) -> None:
    put(docs / "a.txt", b"one\r\ntwo\rthree\n")
    assert read(docs).rows["text"].to_list() == ["one\ntwo\nthree\n"]


def test_a_text_that_is_there_twice_is_read_once(docs: Path) -> None:
    write(docs, a_txt=TEXT, b_txt=TEXT)
    found = read(docs)
    assert paths(found) == ["a.txt"]
    assert reasons(found) == {"b.txt": "same text as another document: a.txt"}


def test_links_are_never_followed_out_of_the_folder(docs: Path, tmp_path: Path) -> None:
    write(docs, a_txt=TEXT)
    put(tmp_path / "secret.txt", b"password")
    (docs / "out.txt").symlink_to(tmp_path / "secret.txt")
    (docs / "up").symlink_to(tmp_path)
    (docs / "loop").symlink_to(docs)
    (docs / "self.txt").symlink_to("self.txt")
    (docs / "in.txt").symlink_to("a.txt")
    found = read(docs)
    assert paths(found) == ["a.txt"]
    assert reasons(found)["out.txt"].startswith("a link out of the folder, not followed; copy ")
    assert reasons(found)["up"].startswith("a link out of the folder")
    assert reasons(found)["self.txt"] == "a link that leads nowhere"
    assert sorted(reasons(found)) == ["out.txt", "self.txt", "up"]


def test_pipes_are_not_waited_for(docs: Path) -> None:
    write(docs, a_txt=TEXT)
    os.mkfifo(docs / "pipe.txt")
    assert reasons(read(docs)) == {"pipe.txt": "not a regular file"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_files_without_permission_are_losses(docs: Path) -> None:
    write(docs, a_txt=TEXT, b_txt="b", c__d_txt="d")
    (docs / "b.txt").chmod(0)
    (docs / "c").chmod(0)
    found = reasons(read(docs))
    (docs / "c").chmod(0o700)
    assert found["b.txt"] == "no permission to read it; change that with chmod"
    assert found["c"] == "cannot be listed: Permission denied"


def test_names_that_are_not_utf_8_stand_in_the_frame_and_stay_apart(docs: Path) -> None:
    names = [b"caf\xe9.txt", b"caf\xe8.txt", rb"caf\xe9.txt", "caf\ufffd.txt".encode()]
    try:
        for name in names:
            Path(os.fsdecode(os.fsencode(docs) + b"/" + name)).write_bytes(name.hex().encode())
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    found = read(docs)
    shown = dict(found.rows.select("path", "text").iter_rows())
    assert shown == {
        r"caf\xe9.txt": names[0].hex(),
        r"caf\xe8.txt": names[1].hex(),
        r"caf\\xe9.txt": names[2].hex(),
        "caf\ufffd.txt": names[3].hex(),
    }
    assert found.losses.is_empty()


def test_documents_over_max_bytes_are_losses_packed_or_not(docs: Path) -> None:
    write(docs, a_txt=TEXT, b_txt="x" * 101)
    put(docs / "bomb.txt.gz", gzip.compress(b"\n" * 50_000_000))
    put(docs / "bomb.txt.zst", zstandard.compress(b"x" * 50_000_000))
    found = read(docs, max_bytes=100)
    assert paths(found) == ["a.txt"]
    assert set(reasons(found).values()) == {"over 100 bytes; split it or raise max_bytes"}


def test_frames_of_zstandard_are_read_one_after_the_other(docs: Path) -> None:
    parts = [f"Part {n}. " * n for n in range(2_000)]
    skipped = b"\x50\x2a\x4d\x18\x03\0\0\0abc"
    packed = skipped.join(zstandard.compress(part.encode()) for part in parts)
    put(docs / "a.txt.zst", packed + skipped)
    assert read(docs).rows["text"].to_list() == ["".join(parts)]


def test_a_zstandard_bomb_does_not_fill_the_memory(docs: Path) -> None:
    # blocks of four bytes, each 128 KiB of the same letter: 100 KB for 3.2 GB
    block = (128 * 1024 << 3 | 1 << 1).to_bytes(3, "little") + b"x"
    bomb = b"\x28\xb5\x2f\xfd\x00\x38" + block * 25_000
    write(docs, a_txt=TEXT)
    put(docs / "bomb.txt.zst", bomb)
    put(docs / "bomb.jsonl.zst", bomb)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = [reasons(read(docs, max_bytes=1000, max_total=n)) for n in (2_000, 10_000_000_000)]
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 500_000  # KiB
    assert "the source is over max_total" in found[0]["bomb.jsonl.zst"]
    assert found[1] == {
        "bomb.jsonl.zst:1": "over 1,000 bytes; split it or raise max_bytes",
        "bomb.jsonl.zst": "read up to 0 lines: cut short; copy it again",
        "bomb.txt.zst": "over 1,000 bytes; split it or raise max_bytes",
    }


def test_reading_ends_at_max_total(docs: Path) -> None:
    write(docs, a_txt="a" * 60, b_txt="b" * 60, c_txt="c" * 60)
    found = read(docs, max_total=100)
    assert paths(found) == ["a.txt"]
    assert reasons(found) == dict.fromkeys(
        ("b.txt", "c.txt"), "not read: the source is over max_total; raise it or read less"
    )


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match='nowhere" is not there .* Give `files` the path'):
        read(tmp_path / "nowhere")
    with pytest.raises(InputError, match='"" is not there'):
        Files(path="").read()


@pytest.mark.parametrize("given", ["~nosuchuser/x", "x" * 5_000, "a\0b", "\ud800"])
@pytest.mark.parametrize("several", [False, True])
def test_a_path_that_cannot_be_is_named(given: str, several: bool) -> None:
    with pytest.raises(InputError) as caught:
        Files(path=[given] if several else given).read()
    assert str(caught.value).startswith(f'"{given}" ')
    assert "Give `files` the path of a folder" in str(caught.value)


def test_a_folder_where_nothing_can_be_read_says_why(docs: Path) -> None:
    with pytest.raises(InputError, match="docs holds no files"):
        read(docs)
    for n in range(7):
        put(docs / f"{n}.png", b"\x89PNG")
    with pytest.raises(InputError) as caught:
        read(docs)
    assert "  0.png: not a kind of file that curate reads (.png)\n" in str(caught.value)
    assert str(caught.value).endswith("\n  and 2 more")
    with pytest.raises(InputError, match=r"holds no files that match \['\*\.md'\]"):
        read(docs, include=["*.md"])
