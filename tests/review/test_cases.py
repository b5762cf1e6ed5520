"""Near misses as data: what looks like a fault and is none stays quiet."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.review.conftest import project, review_files

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "quiet.yml").read_text())
ALWAYS = {"TST001", "DOC003", "DET001", "LAY001", "STY001", "STY002", "PII001"}


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_near_miss_is_quiet(case: dict) -> None:
    base = project("shop")
    path = "models/marts/case_model.sql"
    head = {**base, path: case["sql"]}
    result = review_files(base, head, case.get("dialect", "snowflake"))
    tolerated = ALWAYS | set(case.get("tolerate", []))
    said = [f"{f.code} {f.message}" for f in result.findings if f.code not in tolerated]
    assert said == []
    assert [gap.reason for gap in result.not_analysed] == []
