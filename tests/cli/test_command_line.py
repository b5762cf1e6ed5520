"""The command line as a user meets it: help, hygiene, errors without tracebacks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from carepath.cli.main import VERBS
from carepath.configuration import read_build_configuration, read_platform
from carepath.errors import CarepathError
from carepath.workspace import Workspace

HEAVY = ("dbt", "duckdb", "numpy", "scipy", "altair", "sqlglot", "rich", "vl_convert")


def run(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run carepath as its own process, in a folder that is no workspace."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("CAREPATH_")}
    return subprocess.run(
        [sys.executable, "-m", "carepath", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env=environment,
    )


def test_help_imports_none_of_the_heavy_packages() -> None:
    script = (
        "import sys, json; sys.argv = ['carepath', '--help']\n"
        "from carepath.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit: pass\n"
        "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    )
    output = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout
    assert not set(HEAVY) & set(json.loads(output.splitlines()[-1]))


def test_an_interrupt_while_the_command_line_is_imported_is_no_traceback() -> None:
    script = (
        "import sys\n"
        "class Interrupted:\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name == 'click': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupted())\n"
        "from carepath.cli.start import main\n"
        "main()"
    )
    process = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert process.returncode == 130
    assert process.stderr == "Interrupted: nothing has been done.\n"


@pytest.mark.parametrize("closed", [">&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_a_stream_that_the_caller_has_closed_is_no_defect(tmp_path: Path, closed: str) -> None:
    # Whatever was opened next would take its number, and be printed into.
    script = f'exec "$0" -m carepath init "$1" {closed}'
    made = subprocess.run(["sh", "-c", script, sys.executable, tmp_path / "care"], check=False)
    assert made.returncode == 0
    assert run("history", "-w", str(tmp_path / "care")).returncode == 0


def test_help_names_every_verb() -> None:
    output = run("--help").stdout
    for verb in VERBS:
        assert f"  {verb} " in output


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(verb: str) -> None:
    process = run(verb, "--help")
    assert process.returncode == 0, process.stderr
    assert "Usage:" in process.stdout


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_documented(verb: str) -> None:
    root = Path(__file__).resolve().parents[2]
    texts = [root / "README.md", *(root / "docs").rglob("*.md")]
    assert any(f"carepath {verb}" in path.read_text() for path in texts)


def test_an_unknown_verb_names_the_nearest() -> None:
    process = run("biuld")
    assert process.returncode == 2
    assert "Did you mean 'build'?" in process.stderr


@pytest.mark.parametrize(
    "arguments",
    [("build",), ("land", "."), ("ask", "conversion"), ("build", "-w", "nowhere")],
)
def test_without_a_workspace_the_next_step_is_named(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    process = run(*arguments, cwd=tmp_path)
    assert process.returncode == 2
    assert "carepath init" in process.stderr
    assert "Traceback" not in process.stderr
    assert process.stdout == ""


def test_init_makes_a_workspace_and_leaves_it_alone_the_second_time(tmp_path: Path) -> None:
    assert run("init", "here", cwd=tmp_path).returncode == 0
    steps = tmp_path / "here" / "definitions" / "funnel_steps.csv"
    steps.write_text(steps.read_text() + "OTHER,1,A,,,,,\nOTHER,2,B,,,,,\n")
    edited = steps.read_text()
    assert run("init", "here", cwd=tmp_path).returncode == 0
    assert steps.read_text() == edited
    assert (tmp_path / "here" / "raw.duckdb").exists()


def test_init_refuses_a_folder_of_other_things(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    process = run("init", str(tmp_path))
    assert process.returncode == 2
    assert "not empty" in process.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("tie_secnds = 2", "did you mean tie_seconds"),
        ('tie_seconds = "2"', "tie_seconds in [build] must be a number"),
        ("conversion_window_seconds = 0", "too small"),
        ('memory = "much"', "not an amount"),
        ("tie_seconds = ", "not valid TOML"),
        ('earliest_plausible_at = "long ago"', "is not a date"),
    ],
)
def test_a_mistake_in_the_configuration_is_named(line: str, word: str, tmp_path: Path) -> None:
    run("init", "here", cwd=tmp_path)
    (tmp_path / "here" / "carepath.toml").write_text(f"[build]\n{line}\n")
    process = run("build", "-w", "here", cwd=tmp_path)
    assert process.returncode == 2
    assert word in process.stderr
    assert "carepath.toml" in process.stderr
    assert "Traceback" not in process.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("build = 3", ("build is not a table", "write [build]")),
        ("[[build]]", ("build is not a table", "write [build]")),
        ('warehouse = "snowflake"', ("warehouse is not a table", "write [warehouse]")),
        ("[biuld]", ("'biuld'", "did you mean [build]?")),
        ("threads = 2", ("'threads'", "known tables: [build]")),
        (
            "[warehouse]\ntime_travle = true",
            ("'time_travle' in [warehouse]", "did you mean time_travel?"),
        ),
        ("[build]\ntie_seconds = nan", ("tie_seconds in [build] is not a number",)),
        ("[build]\ntie_seconds = inf", ("tie_seconds in [build] is too large",)),
        ("[build]\ntie_seconds = -1", ("tie_seconds in [build] is too small",)),
        (
            f"[build]\nconversion_window_seconds = {10**30}",
            ("conversion_window_seconds in [build] is too large", "from 1 to 3153600000"),
        ),
        (
            "[build]\nearliest_plausible_at = 0001-01-01T00:00:00+05:00",
            ("earliest_plausible_at in [build] is not a date",),
        ),
        ('[build]\npersonal_paths = "/members/*"', ("personal_paths in [build] must be a list",)),
        ('[build]\npersonal_paths = ["/members"]', ("'/members', which is not a path pattern",)),
        ('[build]\npersonal_paths = ["/m/*", "/a\'b/*"]', ("personal_paths", '"/members/*"')),
        ("[build]\npersonal_paths = [7]", ("7, which is not a path pattern",)),
    ],
)
def test_what_no_build_could_use_is_refused_with_file_line_and_key(
    text: str, words: tuple[str, ...], tmp_path: Path
) -> None:
    workspace = Workspace(tmp_path)
    workspace.config.write_text(text)
    with pytest.raises(CarepathError) as failure:
        read_platform(workspace)
        read_build_configuration(workspace)
    assert f"{workspace.config}:{len(text.splitlines())}\n" in str(failure.value)
    assert all(word in str(failure.value) for word in words), failure.value


def test_a_moment_with_an_offset_is_converted_and_other_tables_are_left_alone(
    tmp_path: Path,
) -> None:
    workspace = Workspace(tmp_path)
    workspace.config.write_text(
        "[build]\nearliest_plausible_at = 2020-01-01T00:00:00+05:00\n[review]\nx = 1\n",
        encoding="utf-8-sig",
    )
    variables = read_build_configuration(workspace).variables
    assert variables == {"earliest_plausible_at": "2019-12-31 19:00:00"}


def test_a_reader_that_is_gone_before_the_end_is_no_error(tmp_path: Path) -> None:
    assert run("init", "here", cwd=tmp_path).returncode == 0
    (tmp_path / "here" / "raw.duckdb").write_bytes(b"damaged")
    process = subprocess.run(
        f"set -o pipefail; {sys.executable} -m carepath doctor -w here | true",
        shell=True,
        executable="/bin/bash",
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert (process.returncode, process.stderr) == (0, "")


def test_a_reader_that_has_enough_is_no_error() -> None:
    process = subprocess.run(
        f"{sys.executable} -m carepath --help | head -1",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0
    assert process.stderr == ""


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_a_name_that_cannot_be_printed_is_no_defect(encoding: str, tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path / "Müller") + b" caf\xe9"
    files = Path(os.fsdecode(folder)) / os.fsdecode(b"members\xe9")
    files.mkdir(parents=True)
    (files / "members-1.csv").write_text("user_id,created\nm1,2026-01-01\n")
    assert run("init", "here", cwd=tmp_path).returncode == 0
    for arguments in (["land", folder, "-w", "here"], ["history", "-w", "here"]):
        process = subprocess.run(
            [sys.executable, "-m", "carepath", *arguments],
            capture_output=True,
            check=False,
            cwd=tmp_path,
            env={**os.environ, "PYTHONIOENCODING": encoding},
        )
        assert process.returncode == 0, process.stderr
    assert b"caf\\udce9" in process.stdout
