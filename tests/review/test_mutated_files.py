"""Real files of dbt projects, damaged at random: no crash, and no error that is not proven.

`CAREPATH_FUZZ=5000` runs that many damages instead of a few, and other ones each time.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carepath.review import formats
from carepath.review.change import Change
from carepath.review.findings import Severity
from carepath.review.review import review_change
from carepath.review.running import finish
from carepath.review.settings import Settings
from carepath.review.snapshot import Snapshot
from carepath.review.tree import memory_tree
from tests.review.conftest import ROOT, project

BUDGET = int(os.environ.get("CAREPATH_FUZZ", "0"))
DIALECTS = {"shop": "snowflake", "saas": "bigquery", "clinic": "redshift", "pg": "postgres",
            "warehouse": "duckdb"}  # fmt: skip
PIECES = (
    "{{", "}}", "{%", "%}", "{#", "(", ")", "[", "'", '"', "`", "$$", "--", "/*", ",", ";", "::",
    " as ", "select ", ": ", "- ", "&a ", "*a ", "\t", "\r", "\0", "\ufeff", "\N{NO-BREAK SPACE}",
)  # fmt: skip
SYNTAX = {"SQL001", "SQL002", "SQL003", "SQL004", "LIT003", "REF001", "REF002"}
"""What may be said of a file that cannot be parsed, and of its readers: no claims on columns."""

TEMPLATE = {"SQL003", "SQL004", "REF001", "REF002"}
"""What may be said of a file whose SQL is what it was."""


@cache
def files_of(name: str) -> dict[str, str]:
    if name != "warehouse":
        return project(name)
    folder = ROOT / "warehouse"
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for kind in ("models", "macros", "seeds", "tests")
        for path in sorted((folder / kind).rglob("*"))
        if path.suffix in (".sql", ".yml", ".csv")
    } | {"dbt_project.yml": (folder / "dbt_project.yml").read_text()}


@cache
def base_of(name: str) -> Snapshot:
    return Snapshot(memory_tree(files_of(name)), Settings(dialect=DIALECTS[name]), {})


def parts_of(data: bytes, unit: str) -> list[bytes]:
    if unit == "line":
        return data.splitlines(keepends=True)
    if unit == "token":
        return [part + b" " for part in data.split(b" ")]
    return [data[place : place + 1] for place in range(len(data))]


def delete(parts: list[bytes], here: int, _there: int) -> list[bytes]:
    return parts[:here] + parts[here + 1 :]


def double(parts: list[bytes], here: int, there: int) -> list[bytes]:
    return [*parts[:there], parts[here], *parts[there:]]


def swap(parts: list[bytes], here: int, there: int) -> list[bytes]:
    made = list(parts)
    made[here], made[there] = made[there], made[here]
    return made


def cut(parts: list[bytes], here: int, _there: int) -> list[bytes]:
    return parts[:here]


EDITS: tuple[Callable[[list[bytes], int, int], list[bytes]], ...] = (delete, double, swap, cut)


@st.composite
def damages(draw: st.DrawFn) -> tuple[str, str, bytes]:
    """(project, path, what its file became)."""
    name = draw(st.sampled_from(sorted(DIALECTS)))
    files = files_of(name)
    path = draw(st.sampled_from(sorted(p for p in files if not p.endswith(".md"))))
    data = files[path].encode()
    for _ in range(draw(st.integers(1, 3))):
        if draw(st.booleans()):
            place = draw(st.integers(0, len(data)))
            data = data[:place] + draw(st.sampled_from(PIECES)).encode() + data[place:]
            continue
        parts = parts_of(data, draw(st.sampled_from(("byte", "token", "line", "line"))))
        if not parts:
            break
        places = st.integers(0, len(parts) - 1)
        data = b"".join(draw(st.sampled_from(EDITS))(parts, draw(places), draw(places)))
    return name, path, data


@settings(
    max_examples=BUDGET or 60, deadline=None, derandomize=not BUDGET, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
@given(damages())
def test_a_damaged_file_is_reviewed_and_no_error_lacks_its_proof(
    damage: tuple[str, str, bytes],
) -> None:
    name, path, data = damage
    before = base_of(name)
    files: dict[str, str | bytes] = {**files_of(name), path: data}
    after = Snapshot(memory_tree(files), before.settings, before.memo)
    result = review_change(Change.between(before, after))
    finish(result, after.tree, before.settings)
    for form in ("text", "json", "markdown", "sarif", "github"):
        assert formats.render(result, form)
    assert [g for g in result.not_analysed if g.stage in ("rule", "summary", "facts")] == []
    errors = [f for f in result.findings if f.severity is Severity.ERROR]
    if data == files_of(name)[path].encode():
        assert result.findings == []
    model = next((m for m in after.models.values() if m.file.path == path), None)
    if model is None or not path.endswith(".sql"):
        return
    head = after.analyse(model).variants
    if not any(variant.resolution is not None for variant in head):
        assert [f for f in errors if f.code not in SYNTAX] == []
    old = next((m for m in before.models.values() if m.file.path == path), None)
    if old is not None:
        words = [
            [[(t.token_type, t.text) for t in variant.parsed.tokens] for variant in variants]
            for variants in (before.analyse(old).variants, head)
        ]
        if words[0] == words[1] and all(words[0]):
            assert [f for f in errors if f.code not in TEMPLATE] == []
