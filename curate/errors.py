"""What can go wrong, as one tree. `cli` turns each into a message and an exit code.

    CurateError            1  the work failed; what was paid for is kept
    ├── UsageError         2  a bad recipe, option or input: nothing was started
    │   ├── RecipeError       every problem of one recipe at once
    │   ├── InputError        a file or folder that cannot be read as rows or documents
    │   └── MissingExtra      an optional part of curate is not installed
    ├── TeacherError       1  the language model could not be reached, or refused the call
    ├── LockedError        1  another run is at work on the same recipe
    └── LossError          3  finished, but more passages were lost than `--max-loss` allows

Every message names the thing, its value and what to do about it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


class CurateError(Exception):
    """Base of all errors meant for the user; `exit_code` is what the command ends with."""

    exit_code: ClassVar[int] = 1


class UsageError(CurateError):
    """The user gave something that cannot work; nothing was started."""

    exit_code = 2


@dataclass(frozen=True)
class Problem:
    """One thing wrong in a recipe.

    `where` is `file:line`, `key` the path of keys such as `filters.quality.min`,
    `what` says what was found and what was expected, `hint` the nearest known name or the fix.
    """

    where: str
    key: str
    what: str
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.where}: {self.key}" if self.key else self.where
        return f"{place}: {self.what}" + (f". {self.hint}" if self.hint else "")


class RecipeError(UsageError):
    """A recipe that cannot run, with every problem that was found in it."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__("\n".join([f"{count} in the recipe:", *(f"  {p}" for p in problems)]))


class InputError(UsageError):
    """A file or folder that cannot be read as documents or rows."""


class MissingExtra(UsageError):
    """A part of curate that was not installed. The message names the extra to install."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(
            f"{what} is not installed. Install it with: pip install 'curate-sft[{extra}]'"
        )


class TeacherError(CurateError):
    """The teacher did not answer.

    `fatal`: no other call could succeed either, so the run ends. `passing`: the same call may
    succeed later, after `wait` seconds where the endpoint says so. Both: nothing can succeed while
    it lasts, as with a server that does not listen. `limited`: there were too many calls at once.
    `doubtful`: it may be about this call alone, so it is fatal only while no other was answered.
    `billed`: there was an answer, though of no use, that may have to be paid for.
    """

    def __init__(
        self,
        message: str,
        *,
        fatal: bool = False,
        passing: bool = False,
        limited: bool = False,
        doubtful: bool = False,
        billed: bool = False,
        wait: float | None = None,
    ) -> None:
        self.fatal = fatal
        self.passing = passing
        self.limited = limited
        self.doubtful = doubtful
        self.billed = billed
        self.wait = wait
        super().__init__(message)


class LockedError(CurateError):
    """Another run holds the working folder of this recipe."""


class LossError(CurateError):
    """The run finished and kept its rows, but lost more passages than allowed."""

    exit_code = 3
