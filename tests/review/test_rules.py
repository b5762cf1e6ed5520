"""The registry: stable codes, complete documentation, pages that are up to date."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.review_corpus import scenarios
from carepath.review import rules
from carepath.review.rule import Rule
from carepath.review.rulebook import FAMILIES, pages
from tests.review.conftest import project, review_files

ROOT = Path(__file__).resolve().parents[2]


def test_codes_and_names_are_unique() -> None:
    assert len({rule.code for rule in rules.RULES}) == len(rules.RULES)
    assert len({rule.name for rule in rules.RULES}) == len(rules.RULES)


@pytest.mark.parametrize("rule", rules.RULES, ids=[rule.code for rule in rules.RULES])
def test_a_rule_documents_itself(rule: Rule) -> None:
    assert rule.family in FAMILIES
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.name)
    for part in ("What it does", "Why it is bad", "For example", "Use instead"):
        assert f"\n{part}\n" in rule.doc, part
    assert rule.severity <= rule.ceiling


@pytest.mark.parametrize("rule", rules.RULES, ids=[rule.code for rule in rules.RULES])
def test_a_rule_has_a_bug_in_the_corpus(rule: Rule) -> None:
    # SQL008 is a note about style of naming that real projects use on purpose.
    if rule.code != "SQL008":
        assert any(scenario.expected.code == rule.code for scenario in scenarios())


def test_every_file_of_rules_is_registered() -> None:
    folder = Path(rules.__file__).parent
    files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    modules = {module for module in vars(rules) if module in files}
    assert modules == files
    assert len(files) == len(rules.RULES)


def test_the_pages_are_up_to_date() -> None:
    for name, text in pages().items():
        path = ROOT / "docs" / "rules" / name
        assert path.exists() and path.read_text() == text, (
            "run: python -m carepath.review.rulebook docs/rules"
        )


HYGIENE = (
    "LAY001 LAY002 STY001 STY002 DOC002 DOC003 DOC004 TST001 TST003 JOIN001 JOIN003 JOIN005 "
    "JOIN007 JOIN008 JOIN009 JOIN010 DET001 AGG003"
)


@pytest.mark.parametrize("rule", HYGIENE.split())
def test_hygiene_is_never_an_error(rule: str) -> None:
    found = next(r for r in rules.RULES if r.code == rule)
    assert found.ceiling.word != "error"


def test_behind_a_quote_too_many_nothing_is_called_glued() -> None:
    base = project("shop")
    path = "models/marts/fct_open.sql"
    glued = "select order_id from {{ ref('stg_orders') }} where status in ('placed' 'shipped')"
    quoted = "'elect case status when 'placed' then 'open' else 'shut' end as is_open from x"
    found = [
        {f.code for f in review_files(base, {**base, path: text}).findings}
        for text in (glued, quoted)
    ]
    assert "LIT003" in found[0]
    assert "LIT003" not in found[1] and "SQL001" in found[1]


def test_a_project_without_a_habit_is_not_gone_against(monkeypatch: pytest.MonkeyPatch) -> None:
    # No file that is counted has a comma beside a line end, and z.sql is not counted.
    monkeypatch.setattr("carepath.review.rules.mixed_style.MOST", 3)
    base = {f"models/a{i}.sql": f"select {i} as amount" for i in range(4)}
    base["dbt_project.yml"] = "name: shop"
    text = "select\n    1 as one,\n    2 as two,\n    3 as three,\n    4 as four"
    result = review_files(base, {**base, "models/z.sql": text}, "snowflake")
    assert [f.code for f in result.findings if f.code == "STY001"] == []
    keyed = {**base, "models/a0.sql": text.replace(",\n    ", "\n    , ")}
    result = review_files(keyed, {**keyed, "models/z.sql": text}, "snowflake")
    assert [f.code for f in result.findings if f.code == "STY001"] == ["STY001"]


@pytest.mark.parametrize("is_told", [True, False])
def test_a_day_by_name_that_one_side_of_a_union_has_from_a_moment_is_not_believed(
    is_told: bool,
) -> None:
    base = project("shop")
    days = "select order_id, refund_date as seen_date from {{ source('shop', 'refunds') }}"
    moments = "select order_id, ordered_at as seen_date from {{ ref('stg_orders') }}"
    head = {
        **base,
        "models/marts/seen.sql": f"{days} union all {days if is_told else moments}",
        "models/marts/seen_again.sql": "select order_id, seen_date as day from {{ ref('seen') }}",
        "models/marts/both.sql": "select p.payment_id from {{ ref('stg_payments') }} as p "
        "inner join {{ ref('seen_again') }} as s on s.day = p.paid_at",
    }
    assert ("LIT010" in {f.code for f in review_files(base, head).findings}) is is_told


@pytest.mark.parametrize(
    ("first", "rest", "word"),
    [("high", "other", "warning"), ("hgih", "low", "error"), ("high", "lwo", "error")],
)
def test_a_value_that_only_else_makes_may_never_come(first: str, rest: str, word: str) -> None:
    base = project("shop")
    head = {
        **base,
        "models/marts/sizes.sql": "with sized as (select order_id, case when amount > 100 then "
        f"'{first}' when amount > 0 then 'low' else '{rest}' end as size "
        "from {{ ref('stg_orders') }}) select * from sized",
        "models/marts/sizes.yml": "models:\n- name: sizes\n  columns:\n  - name: size\n"
        "    data_tests: [{accepted_values: {values: [high, low]}}]\n",
    }
    if rest == "lwo":
        head["models/marts/sizes.sql"] = head["models/marts/sizes.sql"].replace(
            "then 'low' ", "then 'high' "
        )
    said = [f.severity.word for f in review_files(base, head).findings if f.code == "LIT006"]
    assert said == [word]
