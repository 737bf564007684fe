"""EPUB → Markdown: the pages of its spine, in their order."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

from curate.sources.archive import entry, parse_xml, unpack
from curate.sources.load import Unreadable, decode
from curate.sources.parsed import Parsed
from curate.sources.plain_page import plain_markdown
from curate.sources.web_page import parse_page

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_LINKED = 0.8  # share of a list that is links
_PAGES = {"application/xhtml+xml", "text/html"}


def read(data: bytes, most: int) -> Parsed:
    """Read a book. Raises Unreadable where there is no text in it, or it is protected."""
    archive = unpack(data, most)
    package_name, package = _package(archive)
    locked = _locked(archive)
    texts, gaps, size = [], [], 0
    spine = list(_spine(package, posixpath.dirname(package_name)))
    if not spine:
        raise Unreadable(f"{package_name} in it lists no pages, or is damaged; save it again")
    for name in spine:
        if name in locked:
            raise Unreadable("protected by DRM; get it without")
        try:
            texts.append(_page(decode(entry(archive, name), declared=True)))
        except Unreadable as error:
            gaps.append(f"{name}: {error}")
            continue
        size += len(texts[-1])
        if size > most:
            break  # its caller refuses it, before it takes more memory
    text = "\n\n".join(filter(None, texts))
    if not text:
        raise Unreadable(gaps[0] if gaps else "no text in this book")
    return Parsed(str(package.findtext(".//{*}metadata/{*}title", "")), text, tuple(gaps))


def _package(archive: zipfile.ZipFile) -> tuple[str, Any]:
    """The list of what is in a book, by its name in the archive and as a tree."""
    root = parse_xml(entry(archive, _CONTAINER))
    found = root.find(".//{*}rootfile") if root is not None else None
    name = found.get("full-path", "") if found is not None else ""
    if not name:
        raise Unreadable(f"{_CONTAINER} in it names no book; save it again")
    package = parse_xml(entry(archive, name))
    if package is None:
        raise Unreadable(f"{name} in it is not XML; save it again")
    return name, package


def _page(html: str) -> str:
    """The text of a page, without lists of links into the book, as its contents are."""
    tree = parse_page(html)
    for part in tree.xpath("//*[self::ul or self::ol][not(ancestor::ul or ancestor::ol)]"):
        links = [link for link in part.iter("a") if ":" not in link.get("href", ":")]
        linked = sum(len(link.text_content()) for link in links)
        if len(links) > 1 and linked > _LINKED * len(" ".join(part.text_content().split())):
            part.drop_tree()
    return plain_markdown(tree)


def _spine(package: Any, folder: str) -> Iterator[str]:
    """Names in the archive of the pages that are to be read, each once."""
    items = {item.get("id"): item for item in package.iterfind(".//{*}manifest/{*}item")}
    seen = set()
    for place in package.iterfind(".//{*}spine/{*}itemref"):
        item = items.get(place.get("idref"))
        if item is None or item.get("media-type") not in _PAGES:
            continue
        if "nav" in item.get("properties", "").split() or place.get("linear") == "no":
            continue
        name = posixpath.normpath(
            posixpath.join(folder, unquote(urlsplit(item.get("href", "")).path))
        )
        if name not in seen:
            seen.add(name)
            yield name


def _locked(archive: zipfile.ZipFile) -> set[str]:
    """What is encrypted in it; fonts may be, without DRM."""
    if _ENCRYPTION not in archive.namelist():
        return set()
    tree = parse_xml(entry(archive, _ENCRYPTION))
    if tree is None:
        return set()
    return {unquote(part.get("URI", "")) for part in tree.iterfind(".//{*}CipherReference")}
