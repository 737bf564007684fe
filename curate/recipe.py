"""A recipe: one YAML file → frozen dataclasses, with every problem reported at once.

    recipe = load("recipes/python-reference.yaml", ["generate.pairs=3"])

Sections are options classes that live with their stage; this module only puts them together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, TypeVar

import yaml
from pydantic import Field, ValidationError

from curate import assets
from curate.dedup.options import Dedup
from curate.embeddings.base import Embedding
from curate.errors import InputError, Problem, RecipeError
from curate.filters.base import Filter
from curate.generate.options import Generate
from curate.moderation.base import Moderation
from curate.moderation.options import Moderated
from curate.options import describe, options, to_dict
from curate.publish.options import Publish
from curate.registry import Named, members, nearest
from curate.sources.base import Source
from curate.teachers.base import Teacher
from curate.yaml_file import Document, parse, replace

T = TypeVar("T")
N = TypeVar("N", bound=Named)

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}")


@options
class Train:
    """What `python -m train` starts from; its own options, read from the version's recipe.yaml."""

    base: str = "EleutherAI/pythia-70m"
    """Model to fine-tune: a Hugging Face id or a folder."""

    epochs: Annotated[int, Field(ge=1)] = 3
    """Passes over the training rows."""

    # YAML 1.1 reads 1e-4, with no dot in it, as a string: so not strict
    learning_rate: Annotated[float, Field(gt=0, strict=False)] = 1e-4
    """Highest learning rate of the schedule."""


@options
class About:
    """What a recipe says of itself."""

    name: str
    """Name of the dataset: letters, digits, `-`, `_` and `.`; the folder under datasets/."""

    topic: str
    """What the documents are about, in a few words: `the Python programming language`."""

    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of everything that draws by chance."""


@dataclass(frozen=True)
class Recipe:
    """A whole, valid recipe."""

    about: About
    source: Source
    teacher: Teacher
    generate: Generate
    embedding: Embedding
    dedup: Dedup
    filters: tuple[Filter, ...]
    moderation: Moderated
    publish: Publish
    train: Train

    @property
    def name(self) -> str:
        """Name of the dataset."""
        return self.about.name

    def to_dict(self) -> dict[str, Any]:
        """The recipe as it would be written, defaults included. Holds no keys or tokens."""
        return {
            **to_dict(self.about),
            "source": {self.source.name: to_dict(self.source)},
            "teacher": {self.teacher.name: to_dict(self.teacher)},
            "generate": to_dict(self.generate),
            "embedding": {self.embedding.name: to_dict(self.embedding)},
            "dedup": to_dict(self.dedup),
            "filters": [{measure.name: to_dict(measure)} for measure in self.filters],
            "moderation": self.moderation.to_dict(),
            "publish": to_dict(self.publish),
            "train": to_dict(self.train),
        }

    def to_yaml(self) -> str:
        """`to_dict` as YAML."""
        return to_yaml(self.to_dict())


def to_yaml(recipe: dict[str, Any]) -> str:
    """The YAML text of a recipe given as `Recipe.to_dict` gives it."""
    return yaml.safe_dump(recipe, sort_keys=False, allow_unicode=True, width=100)


def find(name: str) -> Path:
    """The recipe file for a path or a bundled name. Raises InputError, naming what there is."""
    path = Path(name)
    if path.is_file():
        return path
    bundled = assets.folder("recipes") / f"{path.stem}.yaml"
    if bundled.is_file() and path.parent in (Path(), Path("recipes")):
        return bundled
    here = sorted(str(file) for file in Path("recipes").glob("*.yaml"))
    known = sorted({*here, *assets.names("recipes")})
    raise InputError(
        f"There is no recipe {name}. {nearest(name, known)}\n"
        "Write one for your own documents with: curate new NAME DOCS…"
    )


def load(name: str, overrides: Iterable[str] = ()) -> Recipe:
    """Read and check a recipe. `overrides` are `key.path=value` as given to `--set`.

    Raises RecipeError with every problem, InputError where there is no such file.
    """
    path = find(name)
    return from_text(path.read_text(encoding="utf-8", errors="replace"), str(path), overrides)


def from_text(text: str, where: str, overrides: Iterable[str] = ()) -> Recipe:
    """A recipe from YAML text; `where` names it in problems. Raises RecipeError."""
    document = parse(text, where)
    for override in overrides:
        replace(document, override)
    return _Builder(document).recipe()


def comparison(overrides: Iterable[str] = ()) -> tuple[Dedup, Embedding]:
    """The sections that say how rows of any file are compared: defaults, with overrides.

    Raises RecipeError with every problem.
    """
    document = parse("{}", "--set")
    for override in overrides:
        replace(document, override)
    builder = _Builder(document)
    made = builder.dedup(), builder.embedding()
    for other in document.data.keys() - {"dedup", "embedding"}:
        builder.problem(other, f"a file of rows has no {other}; dedup and embedding count here")
    if builder.problems:
        raise RecipeError(builder.problems)
    return made  # type: ignore[return-value]


class _Builder:
    """Builds a recipe section by section and collects what is wrong on the way."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems = list(document.problems)

    def recipe(self) -> Recipe:
        data = self.document.data
        sections = [field.name for field in fields(Recipe) if field.name != "about"]
        about = {key: value for key, value in data.items() if key not in sections}
        parts = {
            "about": self._section(About, "", about, sections),
            "source": self._choice(Source, "source", data.get("source")),
            "teacher": self._choice(Teacher, "teacher", data.get("teacher")),
            "generate": self._section(Generate, "generate", data.get("generate")),
            "embedding": self.embedding(),
            "dedup": self.dedup(),
            "filters": self._filters(data.get("filters")),
            "moderation": self._moderation(data.get("moderation")),
            "publish": self._section(Publish, "publish", data.get("publish")),
            "train": self._section(Train, "train", data.get("train")),
        }
        self._check_name(about.get("name"))
        if not self.problems:
            self._check_prompt(parts["generate"])
        if self.problems:
            raise RecipeError(self.problems)
        return Recipe(**parts)  # type: ignore[arg-type]

    def _section(
        self, cls: type[T], key: str, value: Any, siblings: Iterable[str] = ()
    ) -> T | None:
        """An instance of an options class, or None with the problems noted."""
        if not isinstance(value, dict | None):
            self.problem(key, f"{value!r} where a mapping of options is expected")
            return None
        try:
            return cls(**{str(name): item for name, item in (value or {}).items()})
        except ValidationError as error:
            known = [option.name for option in describe(cls)] + list(siblings)
            for detail in _one_each(error):
                self._detail(key, detail, known)
        return None

    def _choice(self, kind: type[N], key: str, value: Any) -> N | None:
        """An instance of the one member of `kind` that `{name: options}` names."""
        known = members(kind)
        if not isinstance(value, dict) or len(value) != 1:
            what = "is missing" if value is None else f"{value!r} is not one name with its options"
            example = "{" + next(iter(known)) + ": {}}"
            self.problem(key, f"{what}; expected one of {', '.join(known)}, as in {example}")
            return None
        name, inner = next(iter(value.items()))
        if name not in known:
            kinds = kind.__name__.lower()
            self.problem(
                f"{key}.{name}", f"there is no {kinds} {name!r}", nearest(str(name), known)
            )
            return None
        return self._section(known[name], f"{key}.{name}", inner)

    def _filters(self, value: Any) -> tuple[Filter | None, ...]:
        if not isinstance(value, list | None):
            self.problem("filters", f"{value!r} where a list of filters is expected")
            return ()
        found = [
            self._choice(Filter, f"filters[{index}]", item)
            for index, item in enumerate(value or [])
        ]
        names = [measure.name for measure in found if measure is not None]
        for name in sorted({name for name in names if names.count(name) > 1}):
            self.problem("filters", f"{name} is listed {names.count(name)} times; expected once")
        return tuple(found)

    def _moderation(self, value: Any) -> Moderated | None:
        if not isinstance(value, dict | None):
            self.problem("moderation", f"{value!r} where a mapping of measures is expected")
            return None
        given = dict(value or {})
        share = given.pop("refusals", 0.0)
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share < 1:
            self.problem("moderation.refusals", f"{share!r}: expected a share from 0 to under 1")
            share = 0.0
        found = [self._choice(Moderation, "moderation", {k: v}) for k, v in given.items()]
        return Moderated(tuple(found), float(share))  # type: ignore[arg-type]

    def dedup(self) -> Dedup | None:
        """The section `dedup`."""
        return self._section(Dedup, "dedup", self.document.data.get("dedup"))

    def embedding(self) -> Embedding | None:
        """The section `embedding`."""
        given = self.document.data.get("embedding", {"lexical": {}})
        return self._choice(Embedding, "embedding", given)

    def _check_name(self, name: Any) -> None:
        if isinstance(name, str) and not NAME.fullmatch(name):
            self.problem(
                "name", f"{name!r} is not a folder name; expected letters, digits, '-', '_', '.'"
            )

    def _check_prompt(self, generate: Any) -> None:
        from curate.generate.prompts import load_prompts

        try:
            load_prompts(generate)
        except InputError as error:
            self.problem("generate.prompt", str(error))

    def _detail(self, key: str, detail: dict[str, Any], known: list[str]) -> None:
        """Note one finding of pydantic in our words."""
        path = ".".join([key, *map(str, detail["loc"])]).strip(".")
        kind, value = detail["type"], detail["input"]
        if kind == "unexpected_keyword_argument":
            name = str(detail["loc"][-1])
            self.problem(path, f"there is no option {name!r}", nearest(name, known))
        elif kind == "missing":
            self.problem(path, "is missing and has no default")
        elif kind == "value_error":
            self.problem(path, str(detail["ctx"]["error"]))
        else:
            expected = detail["msg"].replace("Input should be", "expected")
            self.problem(path, f"{value!r}: {expected}")

    def problem(self, key: str, what: str, hint: str = "") -> None:
        """Note what is wrong at a key."""
        self.problems.append(Problem(self.document.place(key), key, what, hint))


def _one_each(error: ValidationError) -> list[dict[str, Any]]:
    """The findings, one an option: pydantic tells of each type that a value could have had."""
    found: dict[Any, dict[str, Any]] = {}
    for detail in error.errors():
        found.setdefault(detail["loc"][:1], {**detail, "loc": detail["loc"][:1]})
    return list(found.values())
