"""Entry point: find the verb, import only its module, turn errors into messages."""

from __future__ import annotations

import importlib
import io
import os
import sys

import click

from carepath import __version__
from carepath.cli.exit_codes import ExitCode
from carepath.errors import CarepathError, DefectError, TerminatedError
from carepath.faults import is_out_of_space
from carepath.stopping import find_stop, listen

# verb -> (module, one line of help). Help is here so that `carepath --help` imports nothing heavy.
VERBS: dict[str, tuple[str, str]] = {
    "demo": ("carepath.cli.demo", "Make sample data, build the warehouse, print first answers."),
    "init": ("carepath.cli.init", "Make a workspace: configuration, definitions, folders."),
    "sample": ("carepath.cli.sample", "Make sample data with a ledger of planted truths."),
    "land": ("carepath.cli.land", "Land raw files, each row accepted or rejected with a reason."),
    "build": ("carepath.cli.build", "Build, test and publish the warehouse."),
    "ask": ("carepath.cli.ask", "Answer a question from prod."),
    "report": ("carepath.cli.report", "Write every answer into one HTML file to mail."),
    "history": ("carepath.cli.history", "List what ran in a workspace, and how it ended."),
    "doctor": ("carepath.cli.doctor", "Check that a workspace is well, and say what to do."),
    "erase": ("carepath.cli.erase", "Erase a person from a workspace, for good."),
    "funnel": ("carepath.cli.funnel", "Run a funnel defined on the spot, over any events."),
    "review": ("carepath.cli.review", "Review a dbt pull request, without dbt or a warehouse."),
    "rules": ("carepath.cli.rules", "List the rules of the review."),
    "explain": ("carepath.cli.explain", "Explain a rule of the review."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported only when they run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the verbs in the order a newcomer needs them."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the verb's module and return its `command`."""
        if cmd_name not in VERBS:
            return None
        module = importlib.import_module(VERBS[cmd_name][0])
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Name the nearest verb when there is no such verb."""
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            import difflib

            near = difflib.get_close_matches(args[0], VERBS, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            ctx.fail(f"No such command {args[0]!r}.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(verb, text) for verb, (_, text) in VERBS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="carepath")
def cli() -> None:
    """Turn raw care-navigation data into answers, and keep the models correct."""


def main() -> None:
    """Run the command line and exit with a documented code."""
    _open_closed_streams()
    listen()
    for stream in (sys.stdout, sys.stderr):
        # Names of files may hold what the encoding of a terminal or a pipe does not have.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _run()
        sys.stdout.flush()
        sys.exit(code if isinstance(code, int) else ExitCode.OK)
    except CarepathError as error:
        if isinstance(error, DefectError) and os.environ.get("CAREPATH_DEBUG"):
            raise
        if not error.is_told:
            click.secho("Error: ", fg="red", nl=False, err=True)
            click.echo(str(error), err=True)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(ExitCode.USAGE)
    except (click.Abort, KeyboardInterrupt) as stop:
        click.echo("Interrupted: nothing is left half-done; run the command again.", err=True)
        terminated = isinstance(stop, TerminatedError) or isinstance(
            stop.__cause__, TerminatedError
        )
        sys.exit(ExitCode.TERMINATED if terminated else ExitCode.INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output (`| head`) has gone: not an error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(ExitCode.OK)
    except Exception as defect:
        if is_out_of_space(defect):
            click.echo(
                "Error: The disk is full.\n"
                "  next:  free disk space, then run the command again; nothing is left half-done",
                err=True,
            )
            sys.exit(ExitCode.USAGE)
        if os.environ.get("CAREPATH_DEBUG"):
            raise
        # Not its text, which may quote a row.
        click.echo(
            f"Error: carepath has a defect: {type(defect).__name__}.\n"
            "  next:  run it again with CAREPATH_DEBUG=1 and report what it prints",
            err=True,
        )
        sys.exit(ExitCode.DEFECT)


def _open_closed_streams() -> None:
    """Give the streams that the caller has closed (`>&-`) somewhere to go.

    The next file opened, a database say, would else take the number of standard output, and
    whatever is printed would be written into it.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    sys.stdin = sys.stdin or os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = sys.stdout or os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", encoding="utf-8", closefd=False)


def _run() -> object:
    output = sys.stdout
    try:
        return cli.main(standalone_mode=False)
    except SystemExit:
        # Click ends with 1 when the reader of our output has gone, and has then wrapped it.
        if sys.stdout is not output:
            raise BrokenPipeError from None
        raise
    except Exception as failure:
        stop = find_stop(failure)
        if stop is failure:
            raise
        raise stop from failure
