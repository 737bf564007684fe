"""Imports go downhill, and heavy ones stay out of the command's start."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
LAYERS = [  # a module may import its own row and those below
    {"cli", "__main__"},
    {
        "pipeline",
        "starter",
        "copies",
        "earlier",
        "drop",
        "measuring",
        "moderate",
        "ties",
        "sharded",
    },
    {
        "sources",
        "generate",
        "dedup",
        "filters",
        "moderation",
        "calibrate",
        "pages",
        "publish",
        "exports",
        "workspace",
        "provenance",
        "recipe",
        "tables",
    },
    {"teachers", "report", "yaml_file", "progress", "embeddings", "engines", "measure"},
    {"registry", "tokens", "options", "outline", "injection"},
    {"schema", "text", "errors", "assets", "disk", "runs"},
]
STAGES = ("sources", "generate", "dedup", "filters")
BASES = ("curate.sources.base", "curate.filters.base", "curate.teachers.base")


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{name.name}" for name in node.names)


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def part(name: str) -> str:
    return name.split(".")[1]


def layer(name: str) -> int:
    return next(level for level, names in enumerate(LAYERS) if name in names)


def test_imports_within_curate_go_downhill() -> None:
    uphill = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules("curate")
        if path.parent.name != "curate" or path.stem != "__init__"
        for name in imports(path)
        if name.startswith("curate.") and name != "curate.__version__"
        if layer(part(name)) < layer(path.relative_to(ROOT / "curate").parts[0].removesuffix(".py"))
    ]
    assert uphill == []


def test_stages_do_not_import_each_other() -> None:
    crossing = [
        f"{path.relative_to(ROOT)} imports {name}"
        for stage in STAGES
        for path in modules(f"curate/{stage}")
        for name in imports(path)
        if name.startswith("curate.") and part(name) in STAGES and part(name) != stage
    ]
    assert crossing == []


def test_train_and_curate_do_not_import_each_other() -> None:
    assert [n for p in modules("train") for n in imports(p) if n.startswith("curate")] == []
    assert [n for p in modules("curate") for n in imports(p) if n.split(".")[0] == "train"] == []


def test_click_is_imported_only_by_the_command_line() -> None:
    others = [p for p in modules("curate") if p.parent.name != "cli"]
    assert [p for p in others for name in imports(p) if name.split(".")[0] == "click"] == []


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys, curate.cli\n"
        "try: curate.cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "print('HEAVY', [n for n in ('torch', 'transformers', 'datasets', 'polars', 'pydantic')"
        " if n in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "HEAVY []" in out.stdout
    assert "curate run" in out.stdout


def test_the_folder_datasets_holds_no_python() -> None:
    import datasets

    assert list((ROOT / "datasets").rglob("*.py")) == []
    assert "site-packages" in str(datasets.__file__)
