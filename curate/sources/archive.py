"""Office files and books are ZIP archives of XML: what is checked before one is unpacked."""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import Any

from curate.sources.load import Unreadable

_MOST_ENTRIES = 20_000
_UNPACKED = 8  # times max_bytes: pictures are no text
_PROPERTIES = "docProps/core.xml"
_TITLE = "{http://purl.org/dc/elements/1.1/}title"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def unpack(data: bytes, most: int) -> zipfile.ZipFile:
    """The archive in `data`; no entry of it can give more than the size that is checked here.

    Raises Unreadable where it is none, is protected, or would be too large unpacked.
    """
    if data.startswith(_OLE):
        raise Unreadable(
            "protected by a password, or of an old binary format; save it again without, "
            "as .docx or .pptx"
        )
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise Unreadable(
            f"not a whole ZIP archive, as this kind of file is ({error}); copy it again"
        ) from error
    entries = archive.infolist()
    if len(entries) > _MOST_ENTRIES:
        raise Unreadable(f"holds over {_MOST_ENTRIES:,} files, as a ZIP bomb does; save it again")
    size = sum(entry.file_size for entry in entries)
    if size > _UNPACKED * most:
        raise Unreadable(
            f"unpacks to {size:,} bytes, over {_UNPACKED} times max_bytes, as a ZIP bomb does; "
            "save it again with fewer pictures, or raise max_bytes"
        )
    if any(entry.flag_bits & 1 for entry in entries):
        raise Unreadable("protected by a password; save it again without")
    return archive


def entry(archive: zipfile.ZipFile, name: str) -> bytes:
    """The bytes of one entry. Raises Unreadable where it is not there, or is damaged."""
    try:
        return archive.read(name)
    except KeyError as error:
        raise Unreadable(f"{name} is missing in it; save it again") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise Unreadable(f"{name} in it is damaged ({error}); copy it again") from error


def title_of(archive: zipfile.ZipFile) -> str:
    """The title in the properties of an office file, or ""."""
    try:
        tree = parse_xml(entry(archive, _PROPERTIES))
    except Unreadable:  # a title is no loss
        return ""
    return str(tree.findtext(_TITLE, "")) if tree is not None else ""


def parse_xml(data: bytes) -> Any:
    """A tree of XML without entities or anything from outside, or None where it is none."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True)
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        return None
