"""An option that would have no effect is refused, with the next step; none is passed over."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from carepath.cli.main import VERBS
from carepath.errors import CarepathError


def run(verb: str, *arguments: str) -> Result:
    module = importlib.import_module(VERBS[verb][0])
    return CliRunner().invoke(module.command, arguments)


@pytest.mark.parametrize(
    ("verb", "arguments", "option", "said"),
    [
        ("ask", ["--by", "client"], "--by", "needs a question"),
        ("ask", ["--since", "2026-01-01"], "--since", "needs a question"),
        ("ask", ["--until", "2026-01-01"], "--until", "needs a question"),
        ("ask", ["--as-of", "2026-01-01"], "--as-of", "needs a question"),
        ("ask", ["--sql", "--format", "json"], "--sql", "needs a question"),
        ("ask", ["conversion", "--sql", "--format", "csv"], "--sql", "--format csv"),
        ("sample", ["none", "--members", "5", "--events", "9"], "--members", "both say how much"),
        ("review", ["--demo", "--repo", "."], "--repo", "--demo"),
        ("review", ["--demo", "--head", "HEAD"], "--head", "--demo"),
        ("review", ["--demo", "--dialect", "none"], "--dialect", "--demo"),
        ("review", ["--demo", "--baseline", "none"], "--baseline", "--demo"),
        ("review", ["--demo", "--write-baseline", "none"], "--write-baseline", "--demo"),
        ("review", ["--demo", "--fail-on", "note"], "--fail-on", "--demo"),
        ("review", ["--all", "--base", "main"], "--base", "whole project"),
        ("review", ["--write-baseline", "none", "--base", "main"], "--base", "whole project"),
        (
            "review",
            ["--write-baseline", "none", "--baseline", "none"],
            "--baseline",
            "all findings",
        ),
        ("review", ["--write-baseline", "none", "--format", "json"], "--format", "reports none"),
        ("review", ["--write-baseline", "none", "--output", "none"], "--output", "reports none"),
        ("review", ["--write-baseline", "none", "--fail-on", "note"], "--fail-on", "reports none"),
    ],
)
def test_an_option_without_effect_is_refused(
    verb: str, arguments: list[str], option: str, said: str
) -> None:
    ran = run(verb, *arguments)
    assert isinstance(ran.exception, CarepathError)
    assert said in ran.exception.what
    assert ran.exception.where == option
    assert ran.exception.fix
    assert ran.exception.exit_code == 2


def test_the_questions_are_listed_in_each_format_and_wherever_one_is(tmp_path: Path) -> None:
    for arguments in ([], ["--format", "json"], ["--format", "csv"], ["-w", str(tmp_path)]):
        ran = run("ask", *arguments)
        assert ran.exit_code == 0 and "conversion" in ran.stdout


def test_the_demonstration_of_the_review_takes_a_format_and_a_file(tmp_path: Path) -> None:
    ran = run("review", "--demo", "--format", "json", "--output", str(tmp_path / "demo.json"))
    assert ran.exit_code == 0 and ran.stdout == ""
    assert (tmp_path / "demo.json").read_text().startswith("{")
