"""DOCX → Markdown, by mammoth: headings by their style, lists, tables, notes.

Not read: headers and footers, comments, deleted text, pictures, and the table of contents.
"""

from __future__ import annotations

import io

from curate.sources.archive import title_of, unpack
from curate.sources.load import Unreadable
from curate.sources.parsed import Parsed
from curate.sources.plain_page import plain_markdown

_BACK = "//a[starts-with(@href, '#footnote-ref') or starts-with(@href, '#endnote-ref')]"
_STYLES = """
p[style-name='Title'] => h1:fresh
p[style-name='Subtitle'] => p:fresh
p[style-name^='toc '] => !
p[style-name^='TOC'] => !
p[style-name^='table of '] => !
p[style-name^='Table of '] => !
p[style-name='HTML Preformatted'] => pre:separator('\\n')
p[style-name='Preformatted Text'] => pre:separator('\\n')
p[style-name='Source Code'] => pre:separator('\\n')
p[style-name='Code'] => pre:separator('\\n')
p[style-name='macro'] => pre:separator('\\n')
"""


def read(data: bytes, most: int) -> Parsed:
    """Read a document of Word. Raises Unreadable where there is no text in it."""
    import mammoth
    from lxml.html import document_fromstring

    archive = unpack(data, most)
    if "[Content_Types].xml" not in archive.namelist():
        raise Unreadable("not a document of Word, whatever its name says")
    html = mammoth.convert_to_html(
        io.BytesIO(data),
        style_map=_STYLES,
        convert_image=mammoth.images.img_element(lambda _image: {}),
    ).value
    if not html.strip():
        raise Unreadable("no text in this document")
    tree = document_fromstring(html)
    for link in tree.xpath(_BACK):
        link.drop_tree()
    return Parsed(title_of(archive), plain_markdown(tree))
