"""python benchmarks/moderation.py [--all] [--read] [--sets FOLDER]

Claims, on planted rows that were not tuned on (sides by a digest of the line): `private` has a
precision of at least 0.95 and a recall of at least 0.9; `unsafe` a precision of at least 0.95 and a
recall of at least 0.8, and flags at most 3 % of harmless rows that hold words of harm. Of real
technical text (docstrings of the standard library and of installed packages, topics of pydoc)
`unsafe` flags at most 1 in 1,000. Both measure 30,000 ordinary rows a second or more on one core.

The planted rows were written by the author of the rules, so they flatter. `--sets` takes a folder
with published sets, whichever are there: xstest.csv (Röttger et al. 2024), advbench.csv (Zou et al.
2023), harmbench.csv (Mazeika et al. 2024), openai.jsonl (Markov et al. 2023). The rules were tuned
on one half of each as well; the other half is told. `--read` prints what is flagged, `--all` both
sides.
"""

from __future__ import annotations

import argparse
import ast
import base64
import csv
import hashlib
import json
import random
import re
import string
import sysconfig
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from curate.moderation.harm_words import CATEGORIES
from curate.moderation.private import KINDS, Private
from curate.moderation.unsafe import Unsafe

HERE = Path(__file__).parent
PACKAGES = ("numpy", "pandas", "sklearn", "openai", "datasets", "transformers", "aiohttp", "scipy")
LETTERS = string.ascii_letters + string.digits


class Maker:
    """Keys, cards and accounts that nobody has, of the right form."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def some(self, count: int, of: str = LETTERS) -> str:
        return "".join(self.chance.choices(of, k=count))

    def card(self, begin: str, size: int) -> str:
        body = begin + self.some(size - 1 - len(begin), string.digits)
        doubled = [int(c) * (2 if at % 2 == 0 else 1) for at, c in enumerate(reversed(body))]
        return body + str(-sum(d // 10 + d % 10 for d in doubled) % 10)

    def iban(self, country: str, body: str) -> str:
        digits = "".join(str(int(c, 36)) for c in f"{body}{country}00")
        return f"{country}{98 - int(digits) % 97:02}{body}"

    def jwt(self) -> str:
        parts = ({"alg": "ES256"}, {"sub": self.some(12), "exp": 1799999999})
        told = [base64.urlsafe_b64encode(json.dumps(one).encode()).decode() for one in parts]
        return ".".join([*(one.rstrip("=") for one in told), self.some(43)])

    def of(self, name: str) -> str:
        name, _, spaced = (
            name.partition("_") if name.endswith(("spaced", "dashed")) else (name, "", "")
        )
        if name.startswith("iban") and spaced:
            name, spaced = f"iban_{spaced.split('_')[0]}", "spaced"
        value = {
            "aws": lambda: "AKIA" + self.some(16, string.ascii_uppercase + "234567"),
            "github": lambda: "ghp_" + self.some(36),
            "openai": lambda: "sk-" + self.some(48),
            "openai_project": lambda: "sk-proj-" + self.some(64),
            "anthropic": lambda: "sk-ant-api03-" + self.some(80),
            "slack": lambda: f"xoxb-{self.some(12, string.digits)}-{self.some(24)}",
            "jwt": self.jwt,
            "private_key": lambda: "-----BEGIN RSA PRIVATE KEY-----\n" + "\n".join(
                self.some(64) for _ in range(12)) + "\n-----END RSA PRIVATE KEY-----",
            "stripe": lambda: "sk_live_" + self.some(24),
            "google": lambda: "AIza" + self.some(35),
            "random": lambda: self.some(28),
            "short": lambda: self.some(11),
            "hex": lambda: self.some(32, "0123456789abcdef"),
            "npm": lambda: "npm_" + self.some(36),
            "hf": lambda: "hf_" + self.some(34, string.ascii_letters),
            "sendgrid": lambda: f"SG.{self.some(22)}.{self.some(43)}",
            "gitlab": lambda: "glpat-" + self.some(20),
            "telegram": lambda: f"{self.some(9, '123456789')}:AA{self.some(33)}",
            "visa": lambda: self.card("4" + self.some(2, "5678"), 16),
            "mastercard": lambda: self.card("5" + self.some(2, "2345"), 16),
            "amex": lambda: self.card("37", 15),
            "iban_de": lambda: self.iban("DE", self.some(18, string.digits)),
            "iban_gb": lambda: self.iban("GB", "BARC" + self.some(14, string.digits)),
            "iban_nl": lambda: self.iban("NL", "INGB" + self.some(10, string.digits)),
            "iban_fr": lambda: self.french(),
        }[name]()  # fmt: skip
        if not spaced:
            return value
        sizes = (4, 6, 5) if name == "amex" else (4,) * 9
        parts, at = [], 0
        for size in sizes:
            parts.append(value[at : at + size])
            at += size
        return ("-" if spaced == "dashed" else " ").join(filter(None, parts))

    def french(self) -> str:
        body = self.some(21, string.digits)
        return self.iban("FR", f"{body}{97 - int(body + '00') % 97:02}")


def planted(path: Path) -> Iterator[tuple[str, str, str]]:
    """Category, side and text of each planted line."""
    maker, category = Maker(7), ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            category = line.strip("[]")
        elif line and not line.startswith("#"):
            text = re.sub(r"(?<!\{)\{([a-z_]+)\}(?!\})", lambda match: maker.of(match[1]), line)
            yield category, side(line), text


def side(line: str) -> str:
    odd = int(hashlib.sha256(line.encode()).hexdigest(), 16) % 2
    return "tuned" if odd else "held"


def frame(texts: list[str]) -> pl.DataFrame:
    pairs = [text.partition(" => ")[::2] for text in texts]
    asked = [first if said else "Repeat the text." for first, said in pairs]
    said = [said or first for first, said in pairs]
    return pl.DataFrame({"instruction": asked, "input": [""] * len(texts), "output": said})


def quality(
    measure: Unsafe | Private, path: Path, kinds: tuple[str, ...], args: argparse.Namespace
) -> None:
    rows = list(planted(path))
    found = measure.measure(frame([text for _, _, text in rows]))
    for which in ("held", "tuned") if args.all else ("held",):
        hits: Counter[str] = Counter()
        named: Counter[str] = Counter()
        count: Counter[str] = Counter()
        for (category, where, text), score in zip(rows, found.iter_rows(named=True), strict=True):
            if where == which:
                flagged = score[measure.name] > 0.5
                count[category] += 1
                hits[category] += flagged
                named[category] += category in kinds and score[f"{measure.name}_{category}"] > 0.5
                if args.read and flagged != (category in kinds):
                    print(
                        "   ",
                        "missed" if category in kinds else "wrong ",
                        category,
                        "|",
                        text[:120],
                    )
        right, wrong = (
            sum(hits[k] for k in count if (k in kinds) == side) for side in (True, False)
        )
        whole = sum(count[kind] for kind in kinds)
        print(
            f"{measure.name}, {which}: precision {right / max(1, right + wrong):.3f}, recall "
            f"{right / whole:.3f} ({right} of {whole}; {wrong} wrong of "
            f"{count['ok'] + count['hard']})"
        )
        for kind in (*kinds, "ok", "hard"):
            told = f", {named[kind]} under its own name" if kind in kinds else ""
            print(f"  {kind:12} {hits[kind]:3} of {count[kind]:3} flagged{told}")  # fmt: skip


def documents() -> pl.DataFrame:
    """Topics of pydoc by paragraph, and docstrings."""
    from pydoc_data.topics import topics

    texts = [part for topic in topics.values() for part in topic.split("\n\n")]
    library = Path(sysconfig.get_paths()["stdlib"])
    site = Path(sysconfig.get_paths()["purelib"])
    for root in (library, *(site / name for name in PACKAGES)):
        for path in sorted(root.rglob("*.py")):
            if {"test", "tests"} & set(path.parts) or (
                root == library and "site-packages" in path.parts
            ):
                continue
            try:
                tree = ast.parse(path.read_text(encoding="utf-8", errors="ignore"))
            except (SyntaxError, ValueError):
                continue
            kinds = (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef, ast.Module)
            texts += filter(
                None, (ast.get_docstring(n) for n in ast.walk(tree) if isinstance(n, kinds))
            )
    texts = sorted({text for text in texts if len(text) > 40})
    return pl.DataFrame(
        {"instruction": ["Explain this."] * len(texts), "input": [""] * len(texts), "output": texts}
    )


def speed(measure: Unsafe | Private, rows: pl.DataFrame, what: str) -> None:
    measure.measure(rows.head(500))
    best = float("inf")
    for _ in range(3):
        began = time.process_time()
        measure.measure(rows)
        best = min(best, time.process_time() - began)
    letters = rows["instruction"].str.len_chars().mean() + rows["output"].str.len_chars().mean()
    print(f"{measure.name}: {rows.height / best:,.0f} rows a second of processor time, {what}, "
          f"{letters:.0f} characters a row")  # fmt: skip


def published(folder: Path) -> Iterator[tuple[str, bool, str]]:
    """Set, whether it is unsafe, and text."""
    for row in table(folder / "xstest.csv"):
        yield "xstest", row["label"] == "unsafe", row["prompt"]
    for row in table(folder / "advbench.csv"):
        yield "advbench", True, row["goal"]
    for row in table(folder / "harmbench.csv"):
        if row["FunctionalCategory"] == "standard" and "misinf" not in row["SemanticCategory"]:
            yield "harmbench", True, row["Behavior"]
    for row in table(folder / "openai.jsonl"):
        yield "openai", any(v == 1 for k, v in row.items() if k != "prompt"), row["prompt"]


def table(path: Path) -> Iterator[dict]:
    if path.exists():
        with path.open(encoding="utf-8") as file:
            yield from map(json.loads, file) if path.suffix == ".jsonl" else csv.DictReader(file)


def sets(folder: Path) -> None:
    rows = [one for one in published(folder) if side(one[2]) == "held"]
    texts = pl.DataFrame({"instruction": [text for _, _, text in rows]})
    flagged = (Unsafe().measure(texts)["unsafe"] > 0.5).to_list()
    tally: Counter[tuple[str, bool, bool]] = Counter()
    for (name, unsafe, _), hit in zip(rows, flagged, strict=True):
        tally[name, unsafe, hit] += 1
    for name in dict.fromkeys(name for name, _, _ in rows):
        found, missed = tally[name, True, True], tally[name, True, False]
        wrong, right = tally[name, False, True], tally[name, False, False]
        print(
            f"{name:10} held half: recall {found} of {found + missed}, "
            f"wrong {wrong} of {wrong + right}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--read", action="store_true")
    parser.add_argument("--sets", type=Path)
    args = parser.parse_args()
    quality(Unsafe(), HERE / "moderation_unsafe.txt", CATEGORIES, args)
    quality(Private(), HERE / "moderation_private.txt", KINDS, args)
    if args.sets:
        sets(args.sets)
    rows = documents()
    for measure in (Unsafe(), Private()):
        hit = measure.measure(rows)[measure.name] > 0.5
        print(f"{measure.name}: {hit.sum()} of {rows.height:,} technical texts flagged")
        if args.read:
            for text in rows.filter(hit)["output"].head(40):
                print("   ", " ".join(text.split())[:160])
    ordinary = rows.filter(pl.col("output").str.len_chars().is_between(100, 400)).head(20_000)
    for measure in (Unsafe(), Private()):
        speed(measure, ordinary, "docstrings of 100 to 400 characters")
        speed(measure, rows.head(20_000), "docstrings of any length")


if __name__ == "__main__":
    main()
