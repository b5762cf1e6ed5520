"""Text from outside is printed as it is: brackets are no markup, colons are no pictures."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from carepath.building.report import BuildReport
from carepath.cli.build import print_report
from carepath.terminal import make_console

SOURCE = Path(__file__).resolve().parents[2] / "src" / "carepath"
TEXTS = ("[/OPEN]", "ON_HOLD_[#CUSTOMER]", "care [old]", "[bold]", ":car:", "[link=x]y[/link]")


@pytest.mark.parametrize("text", TEXTS)
def test_a_build_prints_statuses_and_paths_as_they_are(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    print_report(
        BuildReport(
            prod=Path(text) / "prod.duckdb",
            as_of=None,
            mode=text,
            model_count=0,
            test_count=0,
            seconds=0,
            fates=(),
            rejections=(),
            warnings=(text,),
        )
    )
    assert capsys.readouterr().out.count(text) == 3


def test_only_one_module_makes_consoles() -> None:
    """A console of rich's own, or a column of a progress bar, reads `[x]` in a text as markup."""
    found = []
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module == "rich":
                names = {alias.name for alias in node.names}
                wrong = bool(names & {"print", "print_json", "get_console"})
            elif isinstance(node, ast.Call):
                name = ast.unparse(node.func).rpartition(".")[2]
                is_plain = any(
                    word.arg == "markup" and ast.unparse(word.value) == "False"
                    for word in node.keywords
                )
                wrong = (
                    (name == "Console" and path.name != "terminal.py")
                    or (name == "TextColumn" and not is_plain)
                    or name in ("from_markup", "render_markup")
                    or any(
                        word.arg == "markup" and ast.unparse(word.value) != "False"
                        for word in node.keywords
                    )
                )
            else:
                continue
            if wrong:
                found.append(f"{path.relative_to(SOURCE)}:{node.lineno}")
    assert not found, "\n".join(found)


def test_a_console_prints_cells_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    from rich.table import Table

    table = Table("[/heading]", title="[/title]")
    table.add_row("[/cell]")
    make_console().print(table)
    out = capsys.readouterr().out
    assert "[/heading]" in out and "[/cell]" in out and "[/title]" in out
