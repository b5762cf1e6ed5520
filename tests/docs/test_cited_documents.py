"""What comments, descriptions and documents refer to is there to be read."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RULES = {name: (ROOT / "docs" / name).read_text() for name in ("funnel.md", "durations.md")}
# Reviewed projects have documents of their own.
OTHERS = ("tests/review/", "src/carepath/review/")
TEXT = {".md", ".py", ".sql", ".yml", ".toml"}


def ours() -> list[Path]:
    """Every committed text of the project itself."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("needs a git checkout")
    return [
        ROOT / name
        for name in listed.stdout.splitlines()
        if not name.startswith(OTHERS) and Path(name).suffix in TEXT
    ]


def cited_rules(text: str) -> set[tuple[str, int]]:
    """Read ``funnel.md 8, 13`` and ``durations.md 1-4`` as document and number."""
    found = set()
    for name, numbers in re.findall(r"\b(funnel|durations)\.md ((?:\d+(?:-\d+)?(?:, )?)+)", text):
        for first, last in re.findall(r"(\d+)(?:-(\d+))?", numbers):
            found |= {(f"{name}.md", n) for n in range(int(first), int(last or first) + 1)}
    return found


def test_every_cited_rule_of_the_funnel_and_of_durations_is_written_down() -> None:
    cited = {rule for path in ours() for rule in cited_rules(path.read_text())}
    written = {
        (name, int(number))
        for name, text in RULES.items()
        for number in re.findall(r"^(\d+)\. ", text, re.MULTILINE)
    }
    assert len(cited) > 30
    assert cited <= written, sorted(cited - written)


def test_every_document_that_code_or_a_decision_names_exists() -> None:
    files = ours()
    names = {path.name for path in files if path.suffix == ".md"}
    missing = {
        (str(path.relative_to(ROOT)), name)
        for path in files
        if path.relative_to(ROOT).parts[0] in {"src", "warehouse"}
        or path.parent.name == "decisions"
        for name in re.findall(r"(?<![\w*{}])[a-z0-9][\w-]*\.md\b", path.read_text())
        if name not in names
    }
    assert missing == set()


def test_every_cited_decision_exists() -> None:
    files = ours()
    numbers = {path.name[:4] for path in files if path.parent.name == "decisions"}
    missing = {
        (str(path.relative_to(ROOT)), number)
        for path in files
        for number in re.findall(r"docs/decisions/(\d{4})", path.read_text())
        if number not in numbers
    }
    assert missing == set()
