"""The command line of training. Everything heavy is imported inside commands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from train.config import MAX_NEW_TOKENS, Option, options
from train.errors import TrainError
from train.evaluate.command import evaluate
from train.run import is_first

if TYPE_CHECKING:
    from train.run import Record

DEFAULT = "finetune"
SHELL_OPTIONS = {"help_option_names": ["-h", "--help"]}


class Commands(click.Group):
    """A group with a default command: `python -m train DATASET` is `… finetune DATASET`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the default command in front of arguments that name none."""
        if args and args[0] not in {*self.commands, *ctx.help_option_names}:
            args = [DEFAULT, *args]
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command. The one place where errors become messages and exit codes."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise
        except (TrainError, OSError) as error:
            failure = click.ClickException(str(error))
            failure.exit_code = getattr(error, "exit_code", 1)  # type: ignore[misc]
            raise failure from error

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The default command's usage, then that of naming one."""
        formatter.write_usage(ctx.command_path, "DATASET [OPTIONS]")
        formatter.write_usage(ctx.command_path, "COMMAND [ARGS]…", prefix="       ")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The default command's options, then the commands."""
        self.commands[DEFAULT].format_options(ctx, formatter)
        self.format_commands(ctx, formatter)


def train_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add an option for each field of TrainConfig. One that is not given is None."""
    for option in reversed(list(options())):
        command = _click_option(option)(command)
    return command


def _click_option(option: Option) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    name = f"--{option.name.replace('_', '-')}"
    meaning = " ".join(option.meaning.split())
    if option.kind is bool:
        return click.option(name, is_flag=True, default=None, help=meaning)
    kind = click.Choice(option.kind) if isinstance(option.kind, tuple) else option.kind
    shown = "" if option.default is None else f"  [default: {_short(option.default)}]"
    return click.option(name, type=kind, default=None, help=meaning + shown)


def _short(default: Any) -> str:
    return f"{default:g}" if isinstance(default, float) else str(default)


@click.group(cls=Commands, context_settings=SHELL_OPTIONS)
def main() -> None:
    """Fine-tune a small language model on DATASET, a version folder datasets/NAME/VERSION.

    Only the responses are learned, each with its end. Options given here override the `train:`
    section of the version's recipe.yaml, which overrides the defaults.

    \b
    Example:
      python -m train datasets/python-reference/1.0.0 --base EleutherAI/pythia-70m
      python -m train ask runs/python-reference-1.0.0-pythia-70m "What does len return?"
    """


@main.command(DEFAULT, context_settings=SHELL_OPTIONS)
@click.argument("dataset", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder to write the run to.  [default: runs/NAME-VERSION-BASE]",
)
@click.option("--overwrite", is_flag=True, help="Replace a run that is in that folder already.")
@click.option("--resume", is_flag=True, help="Go on with a run that was stopped in that folder.")
@train_options
def finetune(dataset: Path, out: Path | None, overwrite: bool, resume: bool, **given: Any) -> None:
    """Fine-tune a model on DATASET; what happens where no command is named.

    \b
    Example:
      python -m train datasets/python-reference/1.0.0 --base models/pythia-70m --max-steps 100
      python -m train datasets/python-reference/1.0.0 --epochs 1 --out runs/short --overwrite
      python -m train datasets/python-reference/1.0.0 --base embedded --lora 16
      python -m train datasets/python-reference/1.0.0 --base embedded --resume
    """
    from train import finetune as run

    chosen = {name: value for name, value in given.items() if value is not None}
    model = run(dataset, out=out, overwrite=overwrite, resume=resume, say=_say, **chosen)
    if is_first():
        click.echo(summary(model.record, model.folder))


def _say(line: str) -> None:
    click.echo(line, err=True)


def summary(record: Record, folder: Path) -> str:
    """What came of a run, and what to type next."""
    left_out = f", {len(record.left_out)} left out" if record.left_out else ""
    before, after = record.test_loss.before, record.test_loss.after
    measured = before is not None and after is not None
    tested = f"{before:.4f} → {after:.4f}" if measured else "none: the version has no test split"
    learned = record.tokens["learned_in_steps"]
    return "\n".join(
        [
            f"Rows       {record.rows['train']} trained on, {record.rows['test']} tested{left_out}",
            f"Steps      {record.steps} in {record.seconds:.1f} s, {record.epochs:g} epochs, "
            f"{learned:,} tokens learned",
            f"Work       {record.flops:.3g} FLOPs, {learned / max(record.seconds, 1e-9):,.0f} "
            "learned tokens/s",
            f"Loss       {record.loss.first:.4f} → {record.loss.last:.4f}",
            f"Test loss  {tested}",
            f"Saved in   {folder}",
            "",
            f'Ask it:    python -m train ask {folder} "…"',
        ]
    )


@main.command(context_settings=SHELL_OPTIONS)
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("question")
@click.option("--input", "given", default="", help="Text that the question is about.")
@click.option(
    "--max-new-tokens",
    type=click.IntRange(min=1),
    default=MAX_NEW_TOKENS,
    show_default=True,
    help="Cut the answer after so many tokens.",
)
def ask(run: Path, question: str, given: str, max_new_tokens: int) -> None:
    """Ask the model of RUN, a run folder, one QUESTION. The answer goes to stdout.

    \b
    Example:
      python -m train ask runs/python-reference-1.0.0-pythia-70m "What does len return?"
      python -m train ask runs/mine "Summarise the text." --input "len(s) returns …"
    """
    from train import Model

    answer = Model(run).answer(question, given, max_new_tokens)
    click.echo(answer.text)
    if not answer.finished:
        _say(f"Cut after {answer.tokens} tokens. For more: --max-new-tokens")


@main.command(context_settings=SHELL_OPTIONS)
@click.argument("dataset", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
@train_options
def audit(dataset: Path, as_json: bool, **given: Any) -> None:
    """Show what a run on DATASET would learn: tokens, rows left out, packs, one batch's mask.

    \b
    Example:
      python -m train audit datasets/python-reference/1.0.0 --base embedded
      python -m train audit datasets/python-reference/1.0.0 --context 512 --json
    """
    import json
    from dataclasses import asdict

    from train import hub
    from train.config import configure
    from train.errors import needs_extra
    from train.version import read

    version = read(dataset)
    chosen = {name: value for name, value in given.items() if value is not None}
    config = configure(version.options, chosen)
    folder = hub.find(config.base, config.tokenizer)
    with needs_extra():
        from train.audit import audit as look
        from train.audit import describe
    found = look(version, config, folder)
    if as_json:
        click.echo(json.dumps(asdict(found) | {"share_learned": found.share}, indent=2))
    else:
        click.echo(describe(found))


@main.command(context_settings=SHELL_OPTIONS)
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--repo", required=True, help="Where to: ORG/NAME on the Hugging Face Hub.")
@click.option("--public", is_flag=True, help="Let everyone see it; a new repository is private.")
def push(run: Path, repo: str, public: bool) -> None:
    """Upload the model of RUN, a finished run folder, to the Hugging Face Hub.

    \b
    Example:
      python -m train push runs/python-reference-1.0.0-embedded --repo me/python-helper
    """
    from train import hub

    click.echo(f"Pushed to {hub.push(run, repo, private=not public)}")


# Commands of other rooms
main.add_command(evaluate)
