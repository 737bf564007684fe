"""PDF: headings, paragraphs, lists, tables and code, without what stands at the edges of pages."""

from __future__ import annotations

import resource
import zlib
from pathlib import Path

import pytest
from fpdf import FPDF
from PIL import Image

from curate.errors import InputError
from curate.sources.base import Documents
from curate.sources.files import Files

PARAGRAPH = (
    "The garden lies behind the house. It has beds of roses along the wall, and in the middle "
    "there is a pond where frogs live from March until October. In winter the pond freezes, and "
    "the frogs sleep in the mud below the ice until the days grow longer."
)
LEFT = [f"Left line {n} tells of the roses on the wall and how" for n in range(20)]
RIGHT = [f"Right line {n} tells of the frogs in the pond and how" for n in range(20)]


class Book(FPDF):
    """A PDF with a running head, and page numbers at the foot."""

    head = "The Gardener's Handbook"

    def header(self) -> None:
        if self.head and self.page_no() > 1:
            self.set_font("Helvetica", "I", 8)
            self.cell(0, 6, self.head, align="R", new_x="LMARGIN", new_y="NEXT")
            self.ln(4)

    def footer(self) -> None:
        if self.head:
            self.set_y(-15)
            self.set_font("Helvetica", size=8)
            self.cell(0, 6, str(self.page_no()), align="C")

    def title_line(self, text: str, size: float = 16) -> None:
        self.ln(4)
        self.set_font("Helvetica", "B", size)
        self.multi_cell(0, size * 0.5, text, new_x="LMARGIN", new_y="NEXT")
        self.ln(2)

    def text_block(self, text: str) -> None:
        self.set_font("Times", size=11)
        self.multi_cell(0, 5, text, new_x="LMARGIN", new_y="NEXT")
        self.ln(3)


def book(pages: int = 4) -> Book:
    pdf = Book()
    pdf.set_title("Gardens")
    pdf.add_page()
    pdf.title_line("All About Gardens", 24)
    for number in range(1, pages + 1):
        if number > 1:
            pdf.add_page()
        pdf.title_line(f"{number}. Chapter of {'ABCDEFGH'[number]}")
        pdf.text_block(f"In chapter {number}: {PARAGRAPH}")
        pdf.title_line(f"{number}.1 Roses in chapter {number}", 13)
        pdf.text_block(f"Again in {number}: {PARAGRAPH}")
    return pdf


def read(path: Path, pdf: FPDF | bytes, **options) -> Documents:
    path.write_bytes(pdf if isinstance(pdf, bytes) else bytes(pdf.output()))
    return Files(path=str(path), **options).read()


def text(path: Path, pdf: FPDF | bytes) -> str:
    return read(path / "a.pdf", pdf).rows["text"][0]


def test_headings_have_levels_and_paragraphs_are_whole(tmp_path: Path) -> None:
    found = read(tmp_path / "a.pdf", book())
    assert found.rows["title"].to_list() == ["Gardens"]
    lines = found.rows["text"][0].split("\n\n")
    assert lines[:5] == [
        "# All About Gardens",
        "## 1. Chapter of B",
        f"In chapter 1: {PARAGRAPH}",
        "### 1.1 Roses in chapter 1",
        f"Again in 1: {PARAGRAPH}",
    ]
    assert lines[-2:] == ["### 4.1 Roses in chapter 4", f"Again in 4: {PARAGRAPH}"]
    assert found.losses.is_empty()


def test_numbers_tell_the_level_of_headings_of_one_style(tmp_path: Path) -> None:
    pdf = FPDF()
    pdf.add_page()
    for head in ("1. Plants", "1.1. Roses", "1.2. Moss", "2. Animals"):
        pdf.set_font("Times", "B", 11)
        pdf.cell(0, 9, head, new_x="LMARGIN", new_y="NEXT")
        pdf.set_font("Times", size=11)
        pdf.multi_cell(0, 5, PARAGRAPH, new_x="LMARGIN", new_y="NEXT")
    heads = [line for line in text(tmp_path, pdf).split("\n") if line.startswith("#")]
    assert heads == ["# 1. Plants", "## 1.1. Roses", "## 1.2. Moss", "# 2. Animals"]


def test_running_heads_and_page_numbers_are_dropped(tmp_path: Path) -> None:
    found = text(tmp_path, book())
    assert "Handbook" not in found
    assert not [line for line in found.split("\n") if line.strip().isdigit()]


def test_a_paragraph_that_a_page_ends_goes_on(tmp_path: Path) -> None:
    pdf = Book()
    pdf.add_page()
    for number in range(1, 40):
        pdf.text_block(f"Part {number}. {PARAGRAPH} {PARAGRAPH}")
    assert pdf.page_no() > 3
    assert text(tmp_path, pdf).split("\n\n") == [
        f"Part {number}. {PARAGRAPH} {PARAGRAPH}" for number in range(1, 40)
    ]


def test_words_parted_at_the_end_of_a_line_are_whole(tmp_path: Path) -> None:
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("Times", size=11)
    lines = [
        "The well-known garden is water-",
        "ed by a well-",
        "known gardener every morn-",
        "ing.",
    ]
    pdf.multi_cell(0, 5, "\n".join(lines))
    assert text(tmp_path, pdf) == (
        "The well-known garden is watered by a well-known gardener every morning."
    )


def test_lists_tables_and_code(tmp_path: Path) -> None:
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("Times", size=11)
    pdf.multi_cell(0, 5, PARAGRAPH, new_x="LMARGIN", new_y="NEXT")
    for item in ("Roses need the sun.", "Frogs need a pond."):
        pdf.cell(0, 5, f"\x95 {item}", new_x="LMARGIN", new_y="NEXT")
    pdf.ln(4)
    for row in (("Plant", "Height"), ("Rose", "two metres"), ("Moss", "flat")):
        for cell in row:
            pdf.cell(60, 6, cell)
        pdf.ln(6)
    pdf.ln(4)
    pdf.set_font("Courier", size=10)
    code = ["def water(plant):", "    # only when dry", "    plant.wet = True"]
    pdf.multi_cell(0, 5, "\n".join(code))
    found = text(tmp_path, pdf)
    assert "- Roses need the sun.\n- Frogs need a pond." in found
    assert "| Plant | Height |\n| Rose | two metres |\n| Moss | flat |" in found
    assert found.endswith("```\ndef water(plant):\n    # only when dry\n    plant.wet = True\n```")


@pytest.mark.parametrize("across", [True, False])
def test_two_columns_are_read_one_after_the_other(tmp_path: Path, across: bool) -> None:
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("Helvetica", "B", 18)
    pdf.cell(0, 10, "A Paper on Gardens and on All That Lives in Them")
    pdf.set_font("Times", size=10)
    order = [(side, n) for side in (0, 1) for n in range(20)]
    for side, n in sorted(order, key=lambda one: one[1]) if across else order:
        pdf.set_xy(10 + 98 * side, 30 + 5 * n)
        pdf.cell(90, 5, (LEFT, RIGHT)[side][n])
    found = text(tmp_path, pdf).replace("\n\n", " ")
    assert found == " ".join(["# A Paper on Gardens and on All That Lives in Them", *LEFT, *RIGHT])


def test_a_table_of_contents_is_left_out(tmp_path: Path) -> None:
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("Times", size=11)
    for n in range(8):
        pdf.cell(0, 6, f"{n} Chapter {'. ' * 30}{n + 3}", new_x="LMARGIN", new_y="NEXT")
    pdf.add_page()
    pdf.multi_cell(0, 5, PARAGRAPH)
    assert text(tmp_path, pdf) == PARAGRAPH


def test_a_page_that_is_turned_is_read(tmp_path: Path) -> None:
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("Times", size=11)
    with pdf.rotation(90, 100, 150):
        pdf.set_xy(20, 150)
        pdf.multi_cell(150, 5, PARAGRAPH)
    assert text(tmp_path, pdf) == PARAGRAPH


def scan() -> FPDF:
    pdf = FPDF()
    pdf.add_page()
    pdf.image(Image.new("RGB", (60, 60), "grey"), 10, 10, 100)
    return pdf


def reason(tmp_path: Path, data: FPDF | bytes, **options) -> str:
    with pytest.raises(InputError) as caught:
        read(tmp_path / "a.pdf", data, **options)
    return str(caught.value).split("a.pdf: ")[-1]


def test_a_scan_is_a_loss_that_names_the_fix(tmp_path: Path) -> None:
    assert reason(tmp_path, scan()) == (
        "no text layer (scanned?); run OCR first, for example ocrmypdf"
    )


def test_scanned_pages_between_others_are_told(tmp_path: Path) -> None:
    pdf = scan()
    pdf.add_page()
    pdf.set_font("Times", size=11)
    pdf.multi_cell(0, 5, PARAGRAPH)
    found = read(tmp_path / "a.pdf", pdf)
    assert found.rows["text"].to_list() == [PARAGRAPH]
    assert found.losses["reason"].to_list() == [
        "no text layer on page 1 (scanned?); run OCR first, for example ocrmypdf"
    ]


def test_a_protected_pdf_is_a_loss(tmp_path: Path) -> None:
    pdf = book(1)
    pdf.set_encryption(owner_password="o", user_password="u")
    assert reason(tmp_path, pdf) == "protected by a password; save it again without"
    pdf = book(1)
    pdf.set_encryption(owner_password="o")  # whoever opens it may read it
    assert "# All About Gardens" in text(tmp_path, pdf)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"%PDF-1.7\n", "damaged ("),
        (b"\x89PNG\r\n", "not a PDF, whatever its name says"),
        (b"", "empty"),
        (bytes(book(2).output())[:1500], "damaged ("),
    ],
)
def test_damaged_and_lying_files_are_losses(tmp_path: Path, data: bytes, why: str) -> None:
    assert reason(tmp_path, data).startswith(why)


def raw_pdf(content: bytes, pages: str = "[3 0 R]", count: int = 1, letters: bytes = b"") -> bytes:
    """A PDF by hand, with this as its page's content, and `letters` as those of its font."""
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids {pages} /Count {count} >>".encode(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R "
        b"/Resources << /Font << /F 5 0 R >> >> >>",
        content,
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 6 0 R >>",
        stream(letters, 1),
    ]
    data, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1)
    trailer = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF"
    return data + head + table + trailer % (len(parts) + 1, len(data))


def stream(data: bytes, times: int) -> bytes:
    for _ in range(times):
        data = zlib.compress(data, 9)
    filters = b"/FlateDecode " * times
    return b"<< /Length %d /Filter [%s] >>\nstream\n%s\nendstream" % (len(data), filters, data)


def test_fonts_that_do_not_tell_their_letters_are_a_loss(tmp_path: Path) -> None:
    letters = (
        b"/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <00> <FF> "
        b"endcodespacerange 1 beginbfrange <20> <7E> <E020> endbfrange endcmap end"
    )
    assert reason(tmp_path, raw_pdf(stream(WORD, 1), letters=letters)) == (
        "its fonts do not tell which letters they show; run OCR first, for example ocrmypdf"
    )


WORD = b"BT /F 12 Tf 10 700 Td (Frogs live in the pond.) Tj ET\n"


def test_pages_that_lead_in_a_circle_end(tmp_path: Path) -> None:
    found = read(tmp_path / "a.pdf", raw_pdf(stream(WORD, 1), "[2 0 R 3 0 R]", 2))
    assert found.rows["text"].to_list() == ["Frogs live in the pond."]
    assert found.losses["reason"].to_list() == [
        "page 2 cannot be read: damaged; copy it again, or save it again"
    ]


def test_bombs_are_losses_and_the_files_between_them_are_read(tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "1.pdf").write_bytes(raw_pdf(stream(WORD, 1)))
    (folder / "2.pdf").write_bytes(raw_pdf(stream(WORD * 3_000_000, 2)))  # 2 KB for 90 MB of text
    (folder / "3.pdf").write_bytes(raw_pdf(stream(WORD.replace(b"F", b"G"), 1)))
    often = "3 0 R " * 100_000
    (folder / "4.pdf").write_bytes(raw_pdf(stream(WORD * 1000, 1), f"[{often}]", 100_000))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = Files(path=str(folder), max_seconds=2).read()
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert found.rows["path"].to_list() == ["1.pdf", "3.pdf"]
    reasons = dict(found.losses.select("path", "reason").iter_rows())
    assert list(reasons) == ["2.pdf", "4.pdf"]
    assert reasons["4.pdf"].startswith("not read within 2 seconds; it is damaged or hostile")
    assert grown < 200_000  # KiB


def test_a_pdf_with_more_text_than_max_bytes_is_a_loss(tmp_path: Path) -> None:
    lines = b"".join(b"(This is line %d.) Tj T* " % n for n in range(1000))
    data = raw_pdf(stream(b"BT /F 6 Tf 7 TL 10 7000 Td " + lines + b"ET", 1))
    assert len(data) < 9000
    assert reason(tmp_path, data, max_bytes=9000) == (
        "over 9,000 bytes of text; split it or raise max_bytes"
    )
