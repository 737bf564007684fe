"""The `curate` command. Only this folder imports click; stages are imported inside commands."""

from __future__ import annotations

import gc
import sys
from typing import Any

import click

from curate import __version__
from curate.cli.calibrate import calibrate
from curate.cli.decide import dedup, filter_rows, moderate
from curate.cli.export import export
from curate.cli.hub import pull, push
from curate.cli.look import check, ls, show
from curate.cli.make import generate, new, publish, run
from curate.cli.report import report
from curate.cli.versions import diff, verify
from curate.errors import CurateError


class _Group(click.Group):
    """Turns the errors meant for the user into a message and an exit code, in this one place."""

    def invoke(self, ctx: click.Context) -> Any:
        # The libraries make half a million objects that live to the end; to look through them again
        # and again costs a tenth of a command's processor time.
        gc.set_threshold(100_000, 50, 1000)
        try:
            return super().invoke(ctx)
        except CurateError as error:
            from curate.text import printable

            click.echo(f"Error: {printable(str(error))}", err=True)
            ctx.exit(error.exit_code)
        except BrokenPipeError:
            raise
        except OSError as error:
            from curate.text import printable

            known = f"{error.strerror}: {error.filename}" if error.filename else str(error)
            click.echo(f"Error: {printable(known)}", err=True)
            ctx.exit(1)
        except KeyboardInterrupt:
            click.echo("Stopped. All replies so far are kept; run it again to go on.", err=True)
            ctx.exit(1)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="curate")
def main() -> None:
    """Documents in; a curated, versioned instruction dataset out.

    \b
    Example:
      curate new mine docs/          write a recipe for a folder of documents
      curate run recipes/mine.yaml   generate, filter, deduplicate, publish
      curate show mine               look at what came out
    """


for command in (
    new,
    check,
    generate,
    dedup,
    filter_rows,
    moderate,
    calibrate,
    publish,
    run,
    ls,
    show,
    diff,
    verify,
    report,
    export,
    push,
    pull,
):
    main.add_command(command)

if __name__ == "__main__":
    sys.exit(main())
