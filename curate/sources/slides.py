"""PPTX → Markdown, by python-pptx: a heading a slide, its lists, tables and notes."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from curate.sources.archive import title_of, unpack
from curate.sources.load import Unreadable
from curate.sources.parsed import Parsed

_DEEPEST = 20  # groups in groups
_DEFAULT_TITLES = {"powerpoint presentation", "pptx presentation", "presentation"}


def read(data: bytes, most: int) -> Parsed:
    """Read a presentation. Raises Unreadable where there is no text in it."""
    from pptx import Presentation

    archive = unpack(data, most)
    if "[Content_Types].xml" not in archive.namelist():
        raise Unreadable("not a presentation of PowerPoint, whatever its name says")
    slides, first = [], ""
    for slide in Presentation(io.BytesIO(data)).slides:
        first = first or _line(slide.shapes.title)
        slides.append("\n\n".join(filter(None, _parts(slide))))
    text = "\n\n".join(filter(None, slides))
    if not text:
        raise Unreadable("no text in this presentation, perhaps only pictures; run OCR first")
    title = title_of(archive)
    return Parsed(first if title.strip().lower() in {"", *_DEFAULT_TITLES} else title, text)


def _parts(slide: Any) -> Iterator[str]:
    heading = _line(slide.shapes.title)
    if heading:
        yield f"## {heading}"
    title = slide.shapes.title
    for shape in _shapes(slide.shapes, _DEEPEST):
        if title is not None and shape.shape_id == title.shape_id:
            continue
        if getattr(shape, "has_table", False):
            yield "\n".join(filter(None, map(_row, shape.table.rows)))
        elif shape.has_text_frame and not _is_furniture(shape):
            yield _paragraphs(shape)
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        yield slide.notes_slide.notes_text_frame.text.replace("\v", "\n").strip()


def _shapes(shapes: Any, deepest: int) -> Iterator[Any]:
    for shape in shapes:
        inner = getattr(shape, "shapes", None)  # a group has them
        if inner is None:
            yield shape
        elif deepest:
            yield from _shapes(inner, deepest - 1)


def _is_furniture(shape: Any) -> bool:
    from pptx.enum.shapes import PP_PLACEHOLDER as KIND

    return shape.is_placeholder and shape.placeholder_format.type in (
        KIND.DATE,
        KIND.FOOTER,
        KIND.HEADER,
        KIND.SLIDE_NUMBER,
    )


def _paragraphs(shape: Any) -> str:
    """The paragraphs of a shape; those of a placeholder for text, or indented, are a list."""
    from pptx.enum.shapes import PP_PLACEHOLDER as KIND

    listed = shape.is_placeholder and shape.placeholder_format.type in (KIND.BODY, KIND.OBJECT)
    filled = [part for part in shape.text_frame.paragraphs if part.text.strip()]
    listed = listed and len(filled) > 1
    lines = []
    for part in filled:
        text = " ".join(part.text.split())
        lines.append(f"{'  ' * part.level}- {text}" if listed or part.level else f"{text}\n")
    return "\n".join(lines).strip()


def _row(row: Any) -> str:
    cells = [" ".join(cell.text.split()) for cell in row.cells]
    return f"| {' | '.join(cells)} |" if any(cells) else ""


def _line(shape: Any) -> str:
    return " ".join(shape.text_frame.text.split()) if shape is not None else ""
