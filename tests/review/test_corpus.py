"""Every bug of the corpus is found; every fine twin is quiet."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from benchmarks.review_corpus import NEAR, Outcome, build, examine, scenarios
from carepath.review import running
from carepath.review.formats import json, sarif
from tests.review import sarif_schema

NAMES = [scenario.name for scenario in scenarios()]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    folder: Path = tmp_path_factory.mktemp("corpus") / "repositories"
    return {outcome.scenario.name: outcome for outcome in examine(folder)}


@pytest.mark.parametrize("name", NAMES)
def test_a_bug_is_among_the_first_ten_at_its_place(outcomes: dict[str, Outcome], name: str) -> None:
    outcome = outcomes[name]
    told = [(f.code, f.place.file, f.place.line) for f in outcome.bug.findings]
    assert outcome.is_found, f"wanted {outcome.scenario.expected} within {NEAR} lines, got {told}"


@pytest.mark.parametrize("name", NAMES)
def test_its_fine_twin_is_quiet(outcomes: dict[str, Outcome], name: str) -> None:
    assert [(f.code, f.message) for f in outcomes[name].false_alarms] == []


@pytest.mark.parametrize("name", NAMES)
def test_both_reports_follow_the_schema_of_sarif(outcomes: dict[str, Outcome], name: str) -> None:
    for review in (outcomes[name].bug, outcomes[name].fine):
        assert sarif_schema.faults(sarif.render(review)) == []


def test_what_other_changes_left_in_the_cache_changes_no_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    shop = [scenario for scenario in scenarios() if scenario.base == "shop"]
    members = [scenario for scenario in shop if any(scenario.folder.glob("*/macros"))]
    repository = build("shop", members, tmp_path / "repository")
    heads = [f"{side}/{scenario.name}" for scenario in members for side in ("bug", "fine")]
    for head in Random(1).sample(heads, len(heads)):
        cold, warm = (
            running.run(
                running.Request(
                    repo=repository, base="main", head=head, dialect="snowflake", cache=cache
                )
            )[0]
            for cache in (False, True)
        )
        assert json.render(warm) == json.render(cold), head


def test_there_are_at_least_eighty_bugs_over_all_families() -> None:
    families = {s.expected.code.rstrip("0123456789") for s in scenarios()}
    assert len(NAMES) >= 80
    assert families >= {
        "SQL", "REF", "LIT", "JOIN", "GRAIN", "AGG", "NULL", "DET", "LAY", "TST", "DOC", "PII",
        "BRK", "CFG", "CLONE",
    }  # fmt: skip
