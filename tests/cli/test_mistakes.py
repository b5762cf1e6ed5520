"""Whatever a user types, and whatever a file holds: a message, a documented code, no traceback."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import click
import pytest
from effort import times
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carepath.cli.exit_codes import ExitCode
from carepath.cli.main import VERBS, cli, main
from carepath.initialisation import init_workspace

pytestmark = pytest.mark.slow

CONTENTS = {
    "empty.csv": b"",
    "header.csv": b"id,created\n",
    "task.csv": b"id,created\n1,2026-01-01\n2,yesterday\n",
    "binary.csv": bytes(range(256)) * 40,
    "utf16.csv": "id,created\n1,2026-01-01\n".encode("utf-16"),
    "nul.csv": b"id,created\n1\x002,2026-01-01\n",
    "zeros.parquet": b"\0" * 4096,
    "half.parquet": b"PAR1" + b"\x15\x04" * 99,
    "packed.csv.gz": b"\x1f\x8b\x08\x00 not really",
    "lines.jsonl": b'{"id": 1, "created": "2026-01-01"}\n{"id": \n[1, 2]\nnull\n',
    "deep.jsonl": b"[" * 5000 + b"]" * 5000 + b"\n",
    "definition.toml": b'steps = [{ event = "a" }, { event = "b" }]\n',
    "wrong.toml": b"steps = 7\n",
    "broken.toml": b"steps = [[[\n",
    "events.csv": b"person,event,timestamp\n1,a,2026-01-01\n1,b,2026-01-02\n",
    "no extension": b"one two three",
    "umläut 'quote\" ; drop.csv": b"id,created\n",
}
WORDS = (
    "",
    "-",
    "--",
    "0",
    "-1",
    "1e309",
    "NaN",
    "99999999999999999999",
    "2026-02-30",
    "2026-13",
    "0000-00-00",
    "9999-12-31T23:59:59+14:00",
    "conversion",
    "convers1on",
    "client",
    "HEAD",
    "HEAD~999",
    "refs/heads/..",
    "AGG001",
    "json",
    "'; drop table x; --",
    '"',
    "${HOME}",
    "%s%n",
    "\u202egnp.csv",
    "é" * 300,
    "a/../../b",
    "/dev/null",
    "/proc/self/mem",
    "~nobody/x",
)
# These would work for hours when all goes well; a mistake is found before.
HEAVY = {"demo", "sample"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with files of every wrong kind, and an empty workspace."""
    folder = tmp_path_factory.mktemp("mistakes")
    for name, content in CONTENTS.items():
        (folder / name).write_bytes(content)
    (folder / "folder.csv").mkdir()
    (folder / "link.csv").symlink_to("nowhere")
    (folder / "loop").symlink_to("loop")
    init_workspace(folder / "ws")
    return folder


def run(place: Path, arguments: list[str]) -> tuple[int, str]:
    """Be the command line in this process; give the exit code and what stderr got."""
    out, err = io.StringIO(), io.StringIO()
    before = Path.cwd()
    os.chdir(place)
    try:
        with (
            mock.patch.object(sys, "argv", ["carepath", *arguments]),
            mock.patch("carepath.stopping.signal.signal"),
            # A defect is shown, not told.
            mock.patch.dict(os.environ, {"CAREPATH_DEBUG": "1"}),
            mock.patch.object(sys, "stdin", io.StringIO("x\n")),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            pytest.raises(SystemExit) as end,
        ):
            main()
    finally:
        os.chdir(before)
    return int(end.value.code or 0), err.getvalue()


def options_of(verb: str) -> list[str]:
    command = cli.get_command(click.Context(cli), verb)
    assert command is not None
    found = [name for one in command.params for name in one.opts if name.startswith("-")]
    return [*found, "--help"]


@st.composite
def command_lines(draw: st.DrawFn) -> list[str]:
    verb = draw(st.sampled_from(list(VERBS)))
    files = [*CONTENTS, "folder.csv", "link.csv", "loop", "ws", "."]
    value = st.one_of(st.sampled_from(files), st.sampled_from(WORDS), st.text(max_size=12))
    pieces = draw(
        st.lists(
            st.one_of(
                value.map(lambda text: [text]),
                st.tuples(st.sampled_from(options_of(verb)), value).map(list),
                st.sampled_from(options_of(verb)).map(lambda name: [name]),
                st.sampled_from(["-w", "--workspace"]).map(lambda name: [name, "ws"]),
            ),
            max_size=4,
        )
    )
    # An argument cannot hold a NUL or half a surrogate pair: the system would not pass it on.
    words = [word.replace("\0", "") for piece in pieces for word in piece]
    if verb in HEAVY:
        words.append("--no-such-option")
    return [verb, *words]


def test_a_workspace_whose_name_is_too_long_is_a_mistake(place: Path) -> None:
    code, err = run(place, ["build", "--workspace", "é" * 200])
    assert code == ExitCode.USAGE
    assert "cannot be followed" in err


@settings(
    max_examples=times(120),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(arguments=command_lines())
def test_no_command_line_ends_in_a_traceback(place: Path, arguments: list[str]) -> None:
    code, err = run(place, arguments)
    assert code in set(ExitCode) - {ExitCode.DEFECT}, arguments
    if code == ExitCode.USAGE:
        assert err.strip(), arguments


def each_file() -> Iterator[tuple[str, str]]:
    for line in (
        "land {} -w ws",
        "funnel --events {} -d definition.toml",
        "funnel --events events.csv -d {}",
        "report -o {} -w ws",
        "doctor -w {}",
        "history -w {}",
        "erase --user-ids {} --yes -w ws",
        "review --project-dir {} --all",
        "ask conversion -w {}",
        "build -w {}",
        # last: it makes workspaces, which the verbs before would work in
        "init {}",
    ):
        for name in (*CONTENTS, "folder.csv", "link.csv", "loop", "nowhere", "/dev/null"):
            yield name, line


@pytest.mark.parametrize(("name", "line"), list(each_file()))
def test_a_wrong_file_in_any_place_is_a_message(name: str, line: str, place: Path) -> None:
    arguments = [name if word == "{}" else word for word in line.split()]
    code, err = run(place, arguments)
    assert code in set(ExitCode) - {ExitCode.DEFECT}
    assert code == 0 or err.strip()
