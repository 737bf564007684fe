"""DOCX: headings by their style, lists, tables and notes as simple Markdown."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import docx
import pytest

from curate.errors import InputError
from curate.outline import outline
from curate.sources.base import Documents
from curate.sources.files import Files

ROSES = "Roses need the sun for most of the day."


def document() -> docx.document.Document:
    made = docx.Document()
    made.core_properties.title = "Gardens"
    made.add_heading("All About Gardens", 0)
    made.add_paragraph(ROSES)
    made.add_heading("Care", 1)
    made.add_heading("Water", 2)
    made.add_paragraph("Morning", style="List Bullet")
    made.add_paragraph("Evening", style="List Bullet")
    made.add_paragraph("Fill the can.", style="List Number")
    made.add_paragraph("Empty the can.", style="List Number")
    table = made.add_table(2, 2)
    for at, text in enumerate(("Plant", "Height", "Rose", "two\nmetres")):
        table.cell(at // 2, at % 2).text = text
    paragraph = made.add_paragraph("It is ")
    paragraph.add_run("not").bold = True
    paragraph.add_run(" enough.")
    made.sections[0].header.paragraphs[0].text = "Confidential"
    return made


def saved(made: docx.document.Document) -> bytes:
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def read(path: Path, data: bytes, **options) -> Documents:
    path.write_bytes(data)
    return Files(path=str(path), **options).read()


def reason(tmp_path: Path, data: bytes, **options) -> str:
    with pytest.raises(InputError) as caught:
        read(tmp_path / "a.docx", data, **options)
    return str(caught.value).split("a.docx: ")[-1]


def with_part(name: str, data: bytes) -> bytes:
    """A document with one part of it replaced."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(saved(document()))) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for entry in old.namelist():
            new.writestr(entry, data if entry == name else old.read(entry))
    return stream.getvalue()


def test_a_document_as_markdown(tmp_path: Path) -> None:
    found = read(tmp_path / "a.docx", saved(document()))
    assert found.rows["title"].to_list() == ["Gardens"]
    assert found.rows["text"].to_list() == [
        f"# All About Gardens\n\n{ROSES}\n\n# Care\n\n## Water\n\n- Morning\n- Evening\n\n"
        "1. Fill the can.\n2. Empty the can.\n\n| Plant | Height |\n| Rose | two metres |\n\n"
        "It is not enough."
    ]
    headings = outline(found.rows["text"][0]).headings
    assert [(one.level, one.title) for one in headings] == [
        (1, "All About Gardens"), (1, "Care"), (2, "Water"),
    ]  # fmt: skip


def test_a_document_without_a_title_has_that_of_its_first_heading(tmp_path: Path) -> None:
    made = document()
    made.core_properties.title = ""
    assert read(tmp_path / "a.docx", saved(made)).rows["title"].to_list() == ["All About Gardens"]


def test_a_document_without_text_is_a_loss(tmp_path: Path) -> None:
    assert reason(tmp_path, saved(docx.Document())) == "no text in this document"
    made = docx.Document()
    made.add_table(2, 2)
    assert reason(tmp_path, saved(made)) == "no text in it"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"PK\x03\x04 cut", "not a whole ZIP archive, as this kind of file is ("),
        (saved(document())[:9000], "not a whole ZIP archive, as this kind of file is ("),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
            "protected by a password, or of an old",
        ),
        (b"", "empty"),
        (with_part("word/document.xml", b"<w:document"), "damaged ("),
        (with_part("word/document.xml", b""), "damaged ("),
    ],
)
def test_damaged_and_lying_files_are_losses(tmp_path: Path, data: bytes, why: str) -> None:
    assert reason(tmp_path, data).startswith(why)


def test_an_old_format_is_a_loss_that_names_the_new_one(tmp_path: Path) -> None:
    (tmp_path / "a.doc").write_bytes(b"\xd0\xcf\x11\xe0")
    with pytest.raises(InputError, match=r"curate reads \(\.doc\); save it as \.docx"):
        Files(path=str(tmp_path)).read()


def zipped(parts: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return stream.getvalue()


def test_a_zip_bomb_is_a_loss(tmp_path: Path) -> None:
    bomb = zipped({"[Content_Types].xml": b"", "word/document.xml": b" " * 50_000_000})
    assert reason(tmp_path, bomb, max_bytes=1_000_000) == (
        "unpacks to 50,000,000 bytes, over 8 times max_bytes, as a ZIP bomb does; "
        "save it again with fewer pictures, or raise max_bytes"
    )
    many = zipped({f"{n}": b"" for n in range(20_001)})
    assert reason(tmp_path, many).startswith("holds over 20,000 files, as a ZIP bomb does")


def test_a_size_that_lies_does_not_unpack_more(tmp_path: Path) -> None:
    size, lie = 50_000_000, 1000
    bomb = with_part("word/document.xml", b" " * size)
    bomb = bomb.replace(size.to_bytes(4, "little"), lie.to_bytes(4, "little"))
    assert reason(tmp_path, bomb, max_bytes=1_000_000).startswith("damaged (BadZipFile: ")


def test_an_entity_bomb_is_a_loss(tmp_path: Path) -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    xml = f'<!DOCTYPE w [<!ENTITY e0 "{"x" * 1000}">{entities}]><w>&e9;</w>'
    found = reason(tmp_path, with_part("word/document.xml", xml.encode()))
    assert found.startswith("damaged (ExpatError: limit on input amplification")


def test_a_file_of_the_machine_is_not_read_by_an_entity(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("password")
    head = f'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY e SYSTEM "file://{tmp_path}/secret">]>'
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    xml = (
        f'{head}<w:document xmlns:w="{space}"><w:body><w:p><w:r><w:t>Seen: &e;</w:t></w:r></w:p>'
        "</w:body></w:document>"
    )
    found = read(tmp_path / "a.docx", with_part("word/document.xml", xml.encode()))
    assert found.rows["text"].to_list() == ["Seen:"]


def test_tables_in_tables_without_end_are_a_loss(tmp_path: Path) -> None:
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    deep = "<w:tbl><w:tr><w:tc>" * 100_000 + "<w:p/>" + "</w:tc></w:tr></w:tbl>" * 100_000
    xml = f'<w:document xmlns:w="{space}"><w:body>{deep}</w:body></w:document>'
    found = reason(tmp_path, with_part("word/document.xml", xml.encode()), max_seconds=5)
    assert found.startswith(("damaged (RecursionError", "its parser broke down", "not read within"))
