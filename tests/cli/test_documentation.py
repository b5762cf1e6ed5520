"""Every verb, option and exit code is documented, and what is documented exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import click
import pytest

from carepath.cli.exit_codes import ExitCode
from carepath.cli.main import VERBS, cli

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "command-line.md").read_text()
CLI = ROOT / "src" / "carepath" / "cli"


def commands() -> dict[str, click.Command]:
    context = click.Context(cli)
    found = {verb: cli.get_command(context, verb) for verb in VERBS}
    return {verb: command for verb, command in found.items() if command is not None}


@pytest.mark.parametrize("verb", VERBS)
def test_every_option_says_what_it_does_and_stands_on_the_page(verb: str) -> None:
    section = PAGE.split(f"\n## carepath {verb}\n")[1].split("\n## ")[0]
    for parameter in commands()[verb].params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{verb} {parameter.opts[0]} has no help"
            assert all(name in section for name in parameter.opts), "run `make docs`"
        else:
            assert (parameter.metavar or parameter.name or "").upper() in section


@pytest.mark.parametrize("verb", VERBS)
def test_the_help_of_a_verb_begins_with_a_sentence(verb: str) -> None:
    first = (commands()[verb].help or "").strip().splitlines()[0]
    assert re.fullmatch(r"[A-Z].*[.:]", first), f"{verb}: {first}"


def test_the_page_names_no_option_that_is_gone() -> None:
    known = {
        name
        for command in commands().values()
        for parameter in command.params
        for name in (*parameter.opts, *parameter.secondary_opts)
    } | {"--help"}
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", PAGE)) <= known


def test_every_exit_code_stands_on_the_page_with_its_meaning() -> None:
    listed = dict(re.findall(r"^\| (\d+) \| (.+) \|$", PAGE, flags=re.MULTILINE))
    assert listed == {str(code.value): code.meaning for code in ExitCode}


def test_commands_exit_with_documented_codes_only() -> None:
    """No number of its own in a command: it is an ExitCode, or 0, or an error's."""
    for path in CLI.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("sys.exit", "exit"):
                assert not any(
                    isinstance(argument, ast.Constant) and argument.value for argument in node.args
                ), f"{path.name}:{node.lineno}"


def test_errors_carry_documented_codes() -> None:
    from carepath.building.failures import BuildFailedError
    from carepath.errors import DEFECT_EXIT_CODE, CarepathError, TerminatedError

    codes = {CarepathError.exit_code, BuildFailedError.exit_code, TerminatedError.exit_code}
    assert codes <= set(ExitCode)
    assert DEFECT_EXIT_CODE == ExitCode.DEFECT
