"""Clean commits of a project are reviewed in silence; checkouts that are not whole as well."""

from __future__ import annotations

from benchmarks.review_precision import examine
from carepath.review.findings import Severity
from carepath.review.review import review_all
from tests.review.conftest import project, snapshot


def test_no_clean_commit_of_the_shop_gets_an_error_or_a_warning() -> None:
    outcomes = examine(project("shop"), 60, dialect="snowflake")
    assert len({outcome.edit for outcome in outcomes}) >= 15
    loud = [
        (o.edit, o.path, f.code) for o in outcomes for f in o.findings if f.severity > Severity.NOTE
    ]
    assert loud == []
    assert [gap for outcome in outcomes for gap in outcome.gaps] == []


def test_a_checkout_without_its_staging_folder_says_nothing_of_missing_models() -> None:
    files = {p: t for p, t in project("shop").items() if "/staging/" not in f"/{p}"}
    found = review_all(snapshot(files)).findings
    assert [f.message for f in found if f.code == "REF001" and f.severity > Severity.NOTE] == []
