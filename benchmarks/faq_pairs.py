"""python benchmarks/faq_pairs.py SDISTS --tune tune.parquet --heldout heldout.parquet

Real pairs that no model wrote, for `curate calibrate --rows`: the questions that documentation of
Python projects asks in its headings, and the terms of its glossaries, with the first sentences
below as answer and curate's own passages. The projects are split, never a project: one part to
tune filters with, one held out.

SDISTS is a folder; source distributions that it lacks are downloaded into it by name
(`pip install unearth docutils markdown-it-py` first). The texts keep their licences: nothing of
them is committed. Questions that were read and whose first sentences don't answer them, or that
nobody understands alone, are left out: calibrate_faq_unfit.txt has their digests.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from curate.generate.passages import cut
from curate.schema import PAIR
from curate.text import digest

TUNE = """
aiohttp beets black borgbackup celery cython dask networkx numpy pycryptodome pyinstaller setuptools
sympy trio attrs matplotlib mypy h5py xarray jupyterlab pip requests kombu
"""
HELD = """
django sqlalchemy scrapy lxml docutils salt scikit-learn numba gunicorn coverage cryptography
youtube-dl pymupdf roundup pyramid astropy nilearn mne sphinx fabric invoke jinja2 flask tornado
structlog twisted kivy zeroconf django-allauth pytest mercurial scikit-image substanced colander
nibabel pymc rasterio scitools-iris deform sunpy snakemake tox zope.interface wagtail supervisor
flake8 pelican buildbot
"""
ASKS = re.compile(
    r"(?i)^(?:what|why|how|when|where|which|who|can|could|should|is|are|do|does|did|will|must|may|has"
    r"|have|was|were)\b"
)
HANGING = re.compile(
    r"(?i)\b(?:it|its|this|that|these|those|they|them|he|she|above|below|following|here|there is my"
    r"|we|our|your|you)\b"
)
POINTS = re.compile(
    r"(?i)\b(?:above|below|following|this (?:section|page|document|question|faq|chapter|guide)"
    r"|previous|next section|see (?:also|the)?)\b|^see\b"
)
SENTENCE = re.compile(r"(?<=[.!?])[\"”)]?\s+(?=[\"“(]?[A-Z0-9])")
ABBREVIATION = re.compile(r"(?:e\.g|i\.e|etc|vs|cf|Dr|Mr|approx|resp|No)\.$")

UNFIT = set(Path(__file__).with_name("calibrate_faq_unfit.txt").read_text().split())


@dataclass
class Page:
    """A document as plain text, and the questions in it with where their answers stand."""

    path: str
    text: str = ""
    asked: list[tuple[str, int, int]] = field(default_factory=list)

    def add(self, block: str) -> tuple[int, int]:
        start = len(self.text)
        self.text += block
        self.text += "\n\n"
        return start, start + len(block)

    def ask(self, question: str, answer: str, block: tuple[int, int]) -> None:
        at = self.text.find(answer, *block)
        if at >= 0:
            self.asked.append((question, at, at + len(answer)))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("sdists", type=Path)
    options.add_argument("--tune", type=Path, required=True)
    options.add_argument("--heldout", type=Path, required=True)
    chosen = options.parse_args()
    lenient()
    for names, target in ((TUNE, chosen.tune), (HELD, chosen.heldout)):
        frames = [pairs(project, archive(project, chosen.sdists)) for project in names.split()]
        rows = pl.concat(frames).unique("instruction", keep="first", maintain_order=True)
        rows = rows.filter(~pl.col("instruction").map_elements(unfit, return_dtype=pl.Boolean))
        rows.write_parquet(target)
        print(target, rows.height, dict(rows.group_by("model").len().sort("model").iter_rows()))


def unfit(question: str) -> bool:
    return digest(question)[:8] in UNFIT


def archive(project: str, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    wanted = re.compile(re.sub("[-_.]", "[-_.]", project) + r"-\d.*\.tar\.gz", re.IGNORECASE)
    for _ in range(2):
        found = sorted(path for path in folder.iterdir() if wanted.fullmatch(path.name))
        if found:
            return found[0]
        command = [
            sys.executable,
            "-m",
            "unearth",
            "--no-binary",
            "--download",
            str(folder),
            project,
        ]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    raise SystemExit(f"no source distribution of {project}")


def pairs(project: str, path: Path) -> pl.DataFrame:
    rows = []
    for page in pages(project, path):
        document = digest(page.text)
        source = pl.DataFrame([{"id": document, "text": page.text}])
        for passage in cut(source, 350).iter_rows(named=True):
            for question, start, end in page.asked:
                if passage["start"] <= start and end <= passage["end"]:
                    rows.append(row(project, page, passage, question, page.text[start:end]))
    return pl.DataFrame(rows, schema={**PAIR, "passage": pl.String})


def row(project: str, page: Page, passage: dict[str, Any], asked: str, said: str) -> dict[str, Any]:
    place = (passage["document"], passage["start"], passage["end"])
    texts = {"instruction": asked, "input": "", "output": " ".join(said.split())}
    origin = {"document": place[0], "start": place[1], "end": place[2], "prompt": page.path}
    fixed = {"kind": "answer", "task": "question", "model": project, "run": "faq"}
    return {"id": digest(*place, asked), **texts, **origin, **fixed, "passage": passage["text"]}


def pages(project: str, path: Path) -> Iterator[Page]:
    with tarfile.open(path) as files:
        for member in files:
            kind = member.name.rpartition(".")[2]
            if not member.isfile() or kind not in ("rst", "txt", "md") or member.size > 600_000:
                continue
            if re.search(r"/(?:tests?|_sources|vendor|s5|whatsnew|testing|samples)/", member.name):
                continue
            data = files.extractfile(member)
            text = data.read().decode("utf-8", "replace") if data else ""
            if "?" not in text and "glossary::" not in text and "How to" not in text:
                continue
            page = Page(member.name.partition("/")[2])
            if kind == "md":
                markdown(page, text)
            elif re.search(r"(?m)^([=\-~^\"'*+`#.])\1{3,}\s*$", text):
                restructured(page, text, project)
            if page.asked:
                yield page


def question(heading: str) -> str | None:
    text = " ".join(heading.split()).strip("¶ ")
    text = re.sub(r"^\d+(?:\.\d+)*[.)]?\s+", "", text)
    if re.match(r"How to [a-z]", text):
        text = "How do I " + text[7:].rstrip(".?") + "?"
    elif not (text.endswith("?") and ASKS.match(text)):
        return None
    if HANGING.search(text) or POINTS.search(text) or not 3 <= len(text.split()) <= 25:
        return None
    return text


def answer(block: str, least: int = 2) -> str | None:
    """The first sentences of a paragraph, three at most, `least` or one more where it has them."""
    block = re.sub(r"(?i)^(?:short )?answer:\s*", "", block)
    parts: list[str] = []
    for part in SENTENCE.split(block):
        if parts and ABBREVIATION.search(parts[-1]):
            parts[-1] += " " + part
        else:
            parts.append(part)
    least += int(digest(block)[:4], 16) % 2
    for count in range(1, min(3, len(parts)) + 1):
        said = block[: block.find(parts[count - 1]) + len(parts[count - 1])]
        size = len(said.split())
        enough = size >= 8 and (count >= least or count == len(parts) or size > 40)
        if enough and size <= 70 and said.endswith((".", '."', ".)")) and not POINTS.search(said):
            return said
    return None


def markdown(page: Page, text: str) -> None:
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark").parse(text)
    waiting: str | None = None
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.type == "fence" or token.type == "code_block":
            page.add("```\n" + token.content + "```")
            waiting = None
        if token.type != "inline" or before is None:
            continue
        plain = "".join(
            child.content if child.type != "softbreak" else " " for child in token.children or []
        )
        if before.type == "heading_open":
            page.add("#" * int(before.tag[1]) + " " + plain)
            waiting = question(plain)
        else:
            block = page.add(plain)
            said = answer(plain)
            if waiting and said and before.type == "paragraph_open" and before.level == 0:
                page.ask(waiting, said, block)
            waiting = None


def restructured(page: Page, text: str, project: str) -> None:
    from docutils import nodes
    from docutils.core import publish_doctree

    settings = {
        "report_level": 5, "halt_level": 5, "file_insertion_enabled": False, "raw_enabled": False,
        "doctitle_xform": False, "smart_quotes": False,
    }  # fmt: skip
    tree = publish_doctree(text, settings_overrides=settings)
    _section(page, tree, 0, project, nodes)


def _section(page: Page, node: Any, depth: int, project: str, nodes: Any) -> None:
    waiting: str | None = None
    for child in node.children:
        if isinstance(child, nodes.title):
            page.add("#" * max(1, depth) + " " + child.astext())
            waiting = question(child.astext())
            continue
        if isinstance(child, nodes.section):
            _section(page, child, depth + 1, project, nodes)
        elif isinstance(child, nodes.definition_list) and "glossary" in child["classes"]:
            for item in child.children:
                _term(page, item, project, nodes)
        else:
            _block(page, child, waiting, nodes)
        waiting = None


def _block(page: Page, node: Any, waiting: str | None, nodes: Any) -> None:
    if isinstance(node, nodes.paragraph):
        plain = " ".join(node.astext().split())
        block = page.add(plain)
        if waiting and (said := answer(plain)):
            page.ask(waiting, said, block)
    elif isinstance(node, nodes.literal_block):
        page.add("```\n" + node.astext() + "\n```")
    elif isinstance(node, nodes.bullet_list | nodes.enumerated_list):
        page.add("\n".join("- " + " ".join(item.astext().split()) for item in node.children))


def _term(page: Page, item: Any, project: str, nodes: Any) -> None:
    terms = [child.astext() for child in item.children if isinstance(child, nodes.term)]
    text = [
        " ".join(part.astext().split())
        for child in item.children
        if isinstance(child, nodes.definition)
        for part in child.children
        if isinstance(part, nodes.paragraph)
    ]
    if not terms or not text:
        return
    term = terms[0].split("\n")[0].split(" : ")[0].strip()
    page.add(f"### {term}")
    first = page.add(text[0])
    for part in text[1:]:
        page.add(part)
    said = answer(text[0], least=1)
    if said and len(term.split()) <= 5 and not HANGING.search(said.split(".")[0]):
        forms = ("What is {} in {}?", 'What does "{}" mean in {}?', "In {1}, what is meant by {0}?")
        form = forms[int(digest(term)[:4], 16) % len(forms)]
        page.ask(form.format(term, project), said, first)


def lenient() -> None:
    """Lets docutils read what is written for Sphinx: any role is its text, a glossary a list."""
    from docutils import nodes
    from docutils.parsers.rst import Directive, directives, roles

    class AnyOption(dict[str, Any]):
        def __getitem__(self, _name: str) -> Any:
            return str

    def role(_name: str, raw: str, text: str, *_rest: Any, **_more: Any) -> Any:
        shown = re.sub(r"\s*<[^<>]*>$", "", text).lstrip("~!")
        if text.startswith("~"):
            shown = shown.rpartition(".")[2]
        return [nodes.inline(raw, shown)], []

    class Kept(Directive):
        optional_arguments, final_argument_whitespace, has_content = 9, True, True
        option_spec = AnyOption()

        def run(self) -> list[Any]:
            if self.name in ("glossary", "note", "tip", "warning", "important"):
                holder = nodes.Element()
                self.state.nested_parse(self.content, self.content_offset, holder)
                for child in holder.children:
                    if self.name == "glossary" and isinstance(child, nodes.definition_list):
                        child["classes"].append("glossary")
                return holder.children
            return []

    roles.role = lambda *_: (role, [])
    directives.directive = lambda *_: (Kept, [])


if __name__ == "__main__":
    main()
