"""What the README says that the demo prints is what it prints."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]


def test_the_output_of_the_demo_is_the_one_in_the_readme(tmp_path: Path) -> None:
    blocks = re.findall(r"```\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL)
    block = next(block for block in blocks if block.startswith("Landed"))
    process = subprocess.run(
        [sys.executable, "-m", "carepath", "demo", "workspace"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"COLUMNS": "100"},
    )
    printed = process.stdout.replace(f"{tmp_path}/", "")

    def words(text: str) -> list[str]:
        return re.sub(r"passed in \d+ s", "", text).split()

    assert words(printed) == words(block)
