"""What the README says that the demo prints is what it prints."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from carepath.questions.registry import QUESTIONS, Entry

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from docs.questions import ask_example, read_example  # noqa: E402


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder `carepath demo` ran in, from the wheel alone, and what it printed."""
    folder, site = tmp_path_factory.mktemp("demo"), tmp_path_factory.mktemp("site")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", site, ROOT],
        check=True,
        capture_output=True,
    )
    (wheel,) = site.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    # The checkout's own source must not be what runs.
    script = site / "demo.py"
    script.write_text(
        "import sys, carepath; assert sys.argv[1] in carepath.__file__, carepath.__file__\n"
        "sys.argv = ['carepath', 'demo', 'workspace']\n"
        "from carepath.cli.main import main; main()\n"
    )
    process = subprocess.run(
        [sys.executable, script, site],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={
            "PYTHONPATH": str(site),
            "PATH": "/usr/bin:/bin",
            "HOME": str(folder),
            "COLUMNS": "100",
        },
    )
    assert process.returncode == 0, process.stderr
    return folder, process.stdout.replace(f"{folder}/", "")


def test_the_output_of_the_demo_is_the_one_in_the_readme(demo: tuple[Path, str]) -> None:
    blocks = re.findall(r"```\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL)
    block = next(block for block in blocks if block.startswith("Landed"))

    def words(text: str) -> list[str]:
        return re.sub(r"passed in \d+ s", "", text).split()

    assert words(demo[1]) == words(block)


def test_the_findings_in_the_readme_are_those_of_the_demo_of_the_review() -> None:
    readme = (ROOT / "README.md").read_text()
    (block,) = re.findall(r"of the (\w+) findings of the demo:\n\n```\n(.*?)```", readme, re.DOTALL)
    command = [sys.executable, "-m", "carepath", "review", "--demo"]
    printed = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    for finding in block[1].strip().split("\n\n"):
        assert f"{finding}\n\n" in printed
    in_full = len(re.findall(r"^\S+:\d+: (?:error|warning|note) ", printed, re.MULTILINE))
    folded = int(re.search(r"and (\d+) more", printed)[1])
    assert block[0] == {12: "twelve"}[in_full + folded]


@pytest.mark.parametrize("entry", QUESTIONS, ids=lambda entry: entry.id)
def test_the_example_of_a_question_is_what_the_demo_answers(
    demo: tuple[Path, str], entry: Entry
) -> None:
    assert ask_example(entry, demo[0] / "workspace").strip() == read_example(entry).strip(), (
        "make demo, then make docs"
    )
