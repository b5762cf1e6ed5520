"""dbt's unit tests of the models, run by dbt in a workspace without rows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from carepath.landing import create_raw
from carepath.workspace import Workspace
from warehouse.project_files import WAREHOUSE, entries

pytestmark = pytest.mark.slow


def test_every_unit_test_of_the_models_passes(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.config.touch()
    create_raw(workspace)
    # relations without rows: unit tests take the types of their columns from them
    output = run_dbt(tmp_path, "build", "--empty", "--exclude-resource-type", "test")
    assert "Deprecation" not in output  # but the two that dbt_project.yml silences
    ran = re.findall(r"PASS (\w+)::(\w+) ", output)
    assert sorted(ran) == sorted((test["model"], test["name"]) for test in entries("unit_tests"))


def run_dbt(root: Path, *arguments: str) -> str:
    """What dbt printed; a failure of dbt fails the test with dbt's own message."""
    environment = {name: value for name, value in os.environ.items() if "CAREPATH" not in name}
    finished = subprocess.run(
        [
            str(Path(sys.executable).with_name("dbt")),
            "--no-use-colors",
            "--printer-width",
            "200",
            *arguments,
            "--profiles-dir",
            ".",
            "--log-path",
            str(root / "logs"),
        ],
        cwd=WAREHOUSE,
        env=environment | {"CAREPATH_WORKSPACE": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode:
        summary = finished.stdout.find("Completed with")
        pytest.fail(finished.stdout[max(summary, 0) :] + finished.stderr, pytrace=False)
    return finished.stdout
