"""Models of each warehouse, as people write them there: quiet, and each seeded bug found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from carepath.review.findings import Severity
from tests.review.conftest import review_files, snapshot

FOLDER = Path(__file__).parent / "cases" / "dialects"
PROJECTS: list[dict[str, Any]] = [
    yaml.safe_load(path.read_text()) for path in sorted(FOLDER.glob("*.yml"))
]
BUGS = [(project, bug) for project in PROJECTS for bug in project["bugs"]]


@pytest.mark.parametrize("project", PROJECTS, ids=[project["dialect"] for project in PROJECTS])
def test_models_of_a_dialect_are_quiet(project: dict[str, Any]) -> None:
    result = review_files({}, project["files"], project["dialect"])
    assert [(gap.file, gap.reason) for gap in result.not_analysed] == []
    assert [
        (f.code, f.place, f.message) for f in result.findings if f.severity > Severity.NOTE
    ] == []


@pytest.mark.parametrize(
    ("project", "bug"), BUGS, ids=[f"{p['dialect']}: {bug['name']}" for p, bug in BUGS]
)
def test_a_bug_in_a_dialect_is_found(project: dict[str, Any], bug: dict[str, str]) -> None:
    before = project["files"][bug["file"]]
    assert before.count(bug["old"]) == 1
    changed = {**project["files"], bug["file"]: before.replace(bug["old"], bug["new"])}
    result = review_files(project["files"], changed, project["dialect"])
    assert (bug["code"], bug["file"]) in [(f.code, f.place.file) for f in result.findings]


@pytest.mark.parametrize(
    ("profile", "sql", "dialect"),
    [
        ("freight_redshift", "select datediff('hour', a, b) from t", "redshift"),
        ("freight", "select getdate() from t where x = json_extract_path_text(y, 'z')", "redshift"),
        ("freight", "select dateadd('day', 1, a), count_if(b) from t qualify c = 1", "snowflake"),
        ("freight", "select a from t", ""),
        ("pharmacy_sqlserver", "select a from t", "tsql"),
        ("pharmacy", "select s.[a], isnull(s.b, 'X') as [b] from t as s", "tsql"),
        ("pharmacy", r"select regexp_like(a, '^[^@]+@[^@]+\.[a-z]{2,}$') from t", ""),
        ("freight_duckdb", "select epoch_ms(a), datediff('day', a, b) from t", "duckdb"),
    ],
)
def test_the_warehouse_is_told_by_the_profile_and_by_the_sql(
    profile: str, sql: str, dialect: str
) -> None:
    project = f"name: p\nprofile: {profile}\n"
    files = {"dbt_project.yml": project, "models/a.sql": sql, "models/b.sql": sql + " -- b"}
    assert snapshot(files, dialect="").spaces[0].dialect == dialect
