"""The wheel holds everything: the dbt project, the schemas, the verbs."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT],
        check=True,
        capture_output=True,
    )
    return next(folder.glob("*.whl"))


def test_the_wheel_ships_the_dbt_project_whole(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        shipped = set(archive.namelist())
    for path in (ROOT / "warehouse").rglob("*"):
        kept = path.suffix in (".sql", ".yml", ".csv") and "target" not in path.parts
        if path.is_file() and kept:
            assert f"carepath/{path.relative_to(ROOT)}" in shipped
    for path in (ROOT / "src").rglob("*.json"):
        assert str(path.relative_to(ROOT / "src")) in shipped


def test_what_is_built_from_source_holds_what_the_wheel_is_made_of_and_no_tests(
    tmp_path: Path,
) -> None:
    subprocess.run(
        [sys.executable, "-m", "build", "--sdist", "--no-isolation", "--outdir", tmp_path, ROOT],
        check=True,
        capture_output=True,
    )
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as archive:
        shipped = {name.split("/")[1] for name in archive.getnames()}
    named = {"src", "warehouse", "README.md", "CHANGELOG.md", "pyproject.toml"}
    assert shipped == named | {"PKG-INFO", ".gitignore"}


def test_every_dependency_has_its_reason_beside_it() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    project = tomllib.loads(text)["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    lines = {line.split('"')[1]: line for line in text.splitlines() if line.startswith('    "')}
    for requirement in (requirement for group in groups for requirement in group):
        if requirement.startswith("carepath["):
            continue
        assert "# " in lines[requirement], f"{requirement} lacks its reason"


def test_lock_files_name_no_index_and_carry_hashes() -> None:
    for path in (ROOT / "requirements").glob("*.txt"):
        text = path.read_text()
        assert "://" not in text and "--index-url" not in text
        pins = sum("==" in line and not line.startswith("#") for line in text.splitlines())
        assert 0 < pins <= text.count("--hash=sha256:")
