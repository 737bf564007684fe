"""PPTX: a heading a slide, its lists, tables and notes as simple Markdown."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from pptx import Presentation
from pptx.util import Inches

from curate.errors import InputError
from curate.sources.base import Documents
from curate.sources.files import Files


def deck() -> Presentation:
    made = Presentation()
    first = made.slides.add_slide(made.slide_layouts[0])
    first.shapes.title.text = "Gardens"
    first.placeholders[1].text = "A talk about roses"
    second = made.slides.add_slide(made.slide_layouts[1])
    second.shapes.title.text = "Roses\vin the sun"
    frame = second.placeholders[1].text_frame
    frame.text = "Need sun"
    for level, text in ((1, "six hours"), (0, "Need water")):
        part = frame.add_paragraph()
        part.text, part.level = text, level
    second.notes_slide.notes_text_frame.text = "Say that roses are old."
    third = made.slides.add_slide(made.slide_layouts[6])
    table = third.shapes.add_table(2, 2, Inches(1), Inches(1), Inches(4), Inches(1)).table
    for at, text in enumerate(("Plant", "Height", "Rose", "2 m")):
        table.cell(at // 2, at % 2).text = text
    group = third.shapes.add_group_shape()
    box = group.shapes.add_textbox(Inches(1), Inches(3), Inches(4), Inches(1))
    box.text_frame.text = "Measured in June."
    return made


def saved(made: Presentation) -> bytes:
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def read(path: Path, data: bytes) -> Documents:
    path.write_bytes(data)
    return Files(path=str(path)).read()


def test_a_presentation_as_markdown(tmp_path: Path) -> None:
    found = read(tmp_path / "a.pptx", saved(deck()))
    assert found.rows["title"].to_list() == ["Gardens"]
    assert found.rows["text"].to_list() == [
        "## Gardens\n\nA talk about roses\n\n## Roses in the sun\n\n- Need sun\n  - six hours\n"
        "- Need water\n\nSay that roses are old.\n\n| Plant | Height |\n| Rose | 2 m |\n\n"
        "Measured in June."
    ]
    assert found.losses.is_empty()


def test_a_title_in_the_properties_counts_unless_it_is_the_default(tmp_path: Path) -> None:
    made = deck()
    made.core_properties.title = "The garden talk"
    assert read(tmp_path / "a.pptx", saved(made)).rows["title"].to_list() == ["The garden talk"]
    made.core_properties.title = "PowerPoint Presentation"
    assert read(tmp_path / "a.pptx", saved(made)).rows["title"].to_list() == ["Gardens"]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (saved(Presentation()), "no text in this presentation, perhaps only pictures"),
        (saved(deck())[:20_000], "not a whole ZIP archive, as this kind of file is ("),
        (b"%PDF-1.4", "not a whole ZIP archive, as this kind of file is ("),
    ],
)
def test_what_cannot_be_read_is_a_loss(tmp_path: Path, data: bytes, why: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path / "a.pptx", data)
    assert str(caught.value).split("a.pptx: ")[-1].startswith(why)


def test_a_document_under_the_name_of_a_presentation_is_a_loss(tmp_path: Path) -> None:
    import docx

    stream = io.BytesIO()
    docx.Document().save(stream)
    with pytest.raises(InputError, match=r"a\.pptx: damaged \(ValueError: .* not a PowerPoint"):
        read(tmp_path / "a.pptx", stream.getvalue())
