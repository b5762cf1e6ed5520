"""Questions about a lookup by a part of what both sides have, and about weeks without a year."""

from __future__ import annotations

from tests.review.conftest import review_files

BASE = {
    "dbt_project.yml": "name: grid",
    "models/meters.sql": "select 1 as meter_id, 'a' as region, 'b' as meter_kind,\n"
    "cast('2024-01-01' as date) as installed_on",
    "models/tariffs.sql": "select 1 as tariff_id, 'a' as region, 'b' as meter_kind, 2 as price,\n"
    "cast('2024-01-01' as date) as valid_from, cast(null as date) as valid_to",
}
LOOKUP = (
    "select m.meter_id, t.price from {{ ref('meters') }} as m\n"
    "left join {{ ref('tariffs') }} as t on t.region = m.region\n"
    "and m.installed_on >= t.valid_from and m.installed_on < t.valid_to"
)


def topics(sql: str) -> list[str]:
    head = {**BASE, "models/prices.sql": sql}
    return [q.topic for q in review_files(BASE, head, "duckdb").questions]


def test_a_lookup_of_versions_that_leaves_a_shared_column_out_is_asked_about() -> None:
    assert "part-of-lookup" in topics(LOOKUP)
    whole = LOOKUP.replace("= m.region", "= m.region and t.meter_kind = m.meter_kind")
    assert "part-of-lookup" not in topics(whole)


def test_the_number_of_a_week_without_its_year_is_asked_about() -> None:
    week = "extract(week from installed_on) as week"
    counted = "count(*) as meters from {{ ref('meters') }}"
    assert "week-number" in topics(f"select {week}, {counted} group by 1")
    year = "extract(year from installed_on) as year"
    assert "week-number" not in topics(f"select {year}, {week}, {counted} group by 1, 2")
