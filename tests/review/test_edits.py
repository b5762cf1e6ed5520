"""What a change takes from a model that was fine, one edit at a time."""

from __future__ import annotations

import pytest

from carepath.review.findings import Severity
from tests.review.conftest import review_files

SOURCES = """
sources:
  - name: app
    tables: [{name: visits}, {name: prices}, {name: people}]
models:
  - name: visits
    columns:
      - name: visit_id
        tests: [unique, not_null]
"""
PROJECT = {
    "dbt_project.yml": "name: clinic",
    "models/schema.yml": SOURCES,
    "models/visits.sql": "select visit_id, person_id, minutes::int as minutes, visited_on\n"
    "from {{ source('app', 'visits') }}",
    "models/prices.sql": "select price_id, price, valid_from, valid_to\n"
    "from {{ source('app', 'prices') }}",
}


def told(path: str, before: str, after: str, dialect: str = "postgres") -> list[tuple[str, int]]:
    base = {**PROJECT, path: before}
    result = review_files(base, {**base, path: after}, dialect)
    hygiene = ("TST001", "DOC003", "BRK001")
    return [(f.code, f.place.line) for f in result.findings if f.code not in hygiene]


PRICED = """
select v.visit_id, p.price
from {{ ref('visits') }} as v
left join {{ ref('prices') }} as p
    on v.visited_on >= p.valid_from
    and (v.visited_on < p.valid_to or p.valid_to is null)
"""


def test_a_period_without_an_end_that_is_shut_out_is_told() -> None:
    shut = PRICED.replace("(v.visited_on < p.valid_to or p.valid_to is null)",
                          "v.visited_on < p.valid_to")  # fmt: skip
    assert ("NULL004", 6) in told("models/priced.sql", PRICED, shut)


@pytest.mark.parametrize(
    "instead",
    [
        "(p.valid_to is null or v.visited_on < p.valid_to)",
        "v.visited_on < coalesce(p.valid_to, '2999-01-01')",
        "(v.visited_on <= p.valid_to or p.valid_to is null)",
    ],
)
def test_a_period_without_an_end_that_still_passes_is_fine(instead: str) -> None:
    kept = PRICED.replace("(v.visited_on < p.valid_to or p.valid_to is null)", instead)
    assert "NULL004" not in {code for code, _ in told("models/priced.sql", PRICED, kept)}


HOURS = "select visit_id,\n    minutes / 60.0 as hours\nfrom {{ ref('visits') }}"


@pytest.mark.parametrize(
    ("after", "dialect", "is_told"),
    [
        (HOURS.replace("60.0", "60"), "postgres", True),
        (HOURS.replace("60.0", "60"), "snowflake", False),
        (HOURS.replace("60.0", "60.00"), "postgres", False),
        (HOURS.replace("minutes / 60.0 as hours", "minutes / 60 as whole_hours"), "redshift", True),
    ],
)
def test_a_divisor_that_loses_its_decimals(after: str, dialect: str, is_told: bool) -> None:
    assert (("AGG007", 2) in told("models/hours.sql", HOURS, after, dialect)) == is_told


def test_a_divisor_that_never_had_decimals_may_be_meant_so() -> None:
    before = HOURS.replace("60.0", "60")
    after = before.replace("visit_id,", "visit_id, person_id,")
    assert told("models/hours.sql", before, after) == []


SNAPSHOT = """
{% snapshot people_history %}
{{ config(target_schema='h', unique_key='person_id', strategy='check',
          check_cols=['name', 'city', 'tier']) }}
select person_id, name, city, tier from {{ source('app', 'people') }}
{% endsnapshot %}
"""


@pytest.mark.parametrize(
    ("old", "new", "codes"),
    [
        ("'city', 'tier'", "'city'", ["CFG012"]),
        ("['name', 'city', 'tier']", "['tier', 'city', 'name']", []),
        ("['name', 'city', 'tier']", "'all'", []),
    ],
)
def test_a_snapshot_that_compares_less(old: str, new: str, codes: list[str]) -> None:
    assert SNAPSHOT.count(old) == 1
    after = SNAPSHOT.replace(old, new)
    found = told("snapshots/people_history.sql", SNAPSHOT, after)
    assert [code for code, _ in found] == codes


def test_a_snapshot_may_stop_selecting_what_it_compared() -> None:
    after = SNAPSHOT.replace(", 'tier'", "").replace(", tier", "")
    assert told("snapshots/people_history.sql", SNAPSHOT, after) == []


KEYED = {
    "dbt_project.yml": "name: shop",
    "models/schema.yml": """
sources:
  - name: app
    tables: [{name: customers}, {name: orders}]
models:
  - name: customers
    columns: [{name: customer_id, tests: [unique, not_null]}]
  - name: orders
    columns: [{name: order_id, tests: [unique, not_null]}]
  - name: mart
    columns: [{name: customer_id, tests: [unique, not_null]}]
""",
    "models/customers.sql": "select customer_id, country from {{ source('app', 'customers') }}",
    "models/orders.sql": "select order_id, customer_id, ordered_at, cancelled_at "
    "from {{ source('app', 'orders') }}",
}
NUMBERED = """
with numbered as (
    select order_id, customer_id, ordered_at,
        row_number() over (partition by customer_id order by ordered_at, order_id) as order_number
    from {{ ref('orders') }}
)
select c.customer_id, n.ordered_at as first_ordered_at
from {{ ref('customers') }} as c
left join numbered as n on n.customer_id = c.customer_id and n.order_number = 1
"""
WITHOUT = """
select c.customer_id, c.country
from {{ ref('customers') }} as c
left join {{ ref('orders') }} as o on o.customer_id = c.customer_id
where o.order_id is null
"""


@pytest.mark.parametrize(
    ("sql", "is_told"),
    [
        (NUMBERED, False),
        (NUMBERED.replace(" and n.order_number = 1", ""), True),
        (NUMBERED.replace("partition by customer_id", "partition by customer_id, order_id"), True),
        (WITHOUT, False),
        (WITHOUT.replace("order_id is null", "customer_id is null"), False),
        (WITHOUT.replace("order_id is null", "cancelled_at is null"), True),
    ],
)
def test_a_join_multiplies_unless_it_takes_the_first_or_none(sql: str, is_told: bool) -> None:
    result = review_files(KEYED, {**KEYED, "models/mart.sql": sql})
    assert ("JOIN001" in [f.code for f in result.findings]) == is_told


DAILY = """
{{ config(materialized='incremental', incremental_strategy='merge',
          unique_key=['person_id', 'visited_on']) }}
select person_id, visited_on, count(*) as visits, sum(minutes) as minutes
from {{ ref('visits') }}
group by person_id, visited_on
"""


@pytest.mark.parametrize(
    ("old", "new", "is_told"),
    [
        ("['person_id', 'visited_on']", "'person_id'", True),
        ("['person_id', 'visited_on']", "['visited_on', 'person_id']", False),
        ("sum(minutes) as minutes", "sum(minutes) as total_minutes", False),
    ],
)
def test_a_unique_key_that_loses_a_part_of_the_group(old: str, new: str, is_told: bool) -> None:
    assert DAILY.count(old) == 1
    found = told("models/daily.sql", DAILY, DAILY.replace(old, new), "bigquery")
    assert (("GRAIN001", 3) in found) == is_told


GROUPED = """
select o.customer_id, c.country, count(*) as orders
from {{ ref('orders') }} as o
inner join {{ ref('customers') }} as c on c.customer_id = o.customer_id
group by o.customer_id, c.country
"""


@pytest.mark.parametrize(
    ("old", "new", "codes"),
    [
        ("c.country, count", "c.country, max(o.ordered_at) as last_ordered_at, count", []),
        ("c.country\n", "c.country, date_trunc('month', o.ordered_at)\n", ["GRAIN001"]),
    ],
)
def test_what_follows_from_a_key_may_be_grouped_by(old: str, new: str, codes: list[str]) -> None:
    after = GROUPED.replace(old, new)
    if codes:
        after = after.replace("c.country, count", "c.country,\n"
                              "    date_trunc('month', o.ordered_at) as month, count")  # fmt: skip
    base = {**KEYED, "models/mart.sql": GROUPED}
    found = review_files(base, {**base, "models/mart.sql": after}).findings
    assert [f.code for f in found if f.severity.word != "note"] == codes


FILTERED = "select visit_id, minutes from {{ ref('notes') }}\nwhere not is_deleted"
FLAGGED = "select note_id, visit_id, minutes, is_deleted from {{ source('app', 'visits') }}"
UNFLAGGED = FLAGGED + "\nwhere is_deleted = false"


@pytest.mark.parametrize(
    ("after", "notes", "is_told"),
    [
        ("select visit_id, minutes from {{ ref('notes') }}", FLAGGED, True),
        ("select visit_id, minutes from {{ ref('notes') }}\nwhere minutes > 0", FLAGGED, True),
        # Put out: who reads it decides.
        ("select visit_id, minutes, is_deleted from {{ ref('notes') }}", FLAGGED, False),
        ("select visit_id, sum(minutes) as minutes from {{ ref('notes') }}\n"
         "where coalesce(is_deleted, false) = false group by 1", FLAGGED, False),
        # What it reads has the filter.
        ("select visit_id, minutes from {{ ref('notes') }}", UNFLAGGED, False),
        # It reads something else now.
        ("select visit_id, minutes from {{ ref('visits') }}", FLAGGED, False),
    ],
)  # fmt: skip
def test_a_filter_on_a_flag_that_is_lost(after: str, notes: str, is_told: bool) -> None:
    base = {**PROJECT, "models/notes.sql": FLAGGED, "models/m.sql": FILTERED}
    head = {**base, "models/notes.sql": notes, "models/m.sql": after}
    codes = [f.code for f in review_files(base, head, "postgres").findings]
    assert ("LIT016" in codes) == is_told


LOCAL = "select visit_id, (visited_on at time zone 'Europe/Berlin')::date as day\nfrom {{ @ }}"
UTC = "select visit_id, (visited_on at time zone 'UTC')::date as day\nfrom {{ @ }}"
PLAIN = "select visit_id, visited_on::date as day\nfrom {{ @ }}"


@pytest.mark.parametrize(
    ("before", "after", "is_told"),
    [
        (LOCAL, PLAIN, True),
        (LOCAL, LOCAL.replace("Berlin", "Paris"), False),
        (UTC, PLAIN, False),
        (LOCAL, PLAIN.replace("visited_on", "visit_id"), False),
    ],
)
def test_a_day_that_loses_its_time_zone(before: str, after: str, is_told: bool) -> None:
    codes = [
        code
        for code, _ in told(
            "models/days.sql",
            before.replace("@", "ref('visits')"),
            after.replace("@", "ref('visits')"),
        )
    ]
    assert ("DET007" in codes) == is_told


def test_a_conversion_that_moved_upstream_is_not_lost() -> None:
    base = {**PROJECT, "models/days.sql": LOCAL.replace("@", "ref('visits')")}
    moved = PROJECT["models/visits.sql"].replace(
        "visited_on", "visited_on at time zone 'Europe/Berlin' as visited_on"
    )
    head = {
        **base,
        "models/visits.sql": moved,
        "models/days.sql": PLAIN.replace("@", "ref('visits')"),
    }
    codes = [f.code for f in review_files(base, head, "postgres").findings]
    assert "DET007" not in codes


PERIOD = """
select v.visit_id, p.price
from {{ ref('visits') }} as v
left join {{ ref('prices') }} as p
    on p.price_id = v.person_id
    and p.valid_from <= v.visited_on
    and p.valid_to >= v.visited_on
"""


@pytest.mark.parametrize(
    ("old", "new", "is_told"),
    [
        ("    and p.valid_to >= v.visited_on\n", "", True),
        ("p.valid_from <= v.visited_on\n", "p.valid_from < v.visited_on + 1\n", False),
        ("p.valid_to >=", "p.valid_to >", False),
    ],
)
def test_a_period_that_loses_one_of_its_ends(old: str, new: str, is_told: bool) -> None:
    codes = [code for code, _ in told("models/priced.sql", PERIOD, PERIOD.replace(old, new))]
    assert ("JOIN007" in codes) == is_told


HISTORY = """{% snapshot people_snapshot %}
{{ config(unique_key=@, strategy='check', check_cols=['name'], target_schema='s') }}
select person_id, person_id as id, name from {{ source('app', 'people') }}
{% endsnapshot %}
"""


@pytest.mark.parametrize(
    ("before", "after", "is_told"),
    [
        ("'person_id'", "'name'", True),
        ("'person_id'", "['person_id', 'name']", True),
        ("'person_id'", "['person_id']", False),
        ("'PERSON_ID'", "'person_id'", False),
        ("'old_id'", "'person_id'", False),
    ],
)
def test_a_snapshot_that_gets_another_key(before: str, after: str, is_told: bool) -> None:
    codes = [
        code
        for code, _ in told(
            "snapshots/people.sql", HISTORY.replace("@", before), HISTORY.replace("@", after)
        )
    ]
    assert ("CFG016" in codes) == is_told


RECENT = """
select v.visit_id, p.price
from {{ ref('visits') }} as v
left join {{ ref('prices') }} as p
    on p.price_id = v.person_id
    and p.valid_from <= v.visited_on
    and p.valid_from >= v.visited_on - 7
"""


@pytest.mark.parametrize(
    ("old", "new", "is_told"),
    [
        ("    and p.valid_from <= v.visited_on\n    and p.valid_from >= v.visited_on - 7\n",
         "    and p.valid_from >= v.visited_on - 30\n", True),
        ("v.visited_on - 7", "v.visited_on - 30", False),
        ("    and p.valid_from <= v.visited_on\n    and p.valid_from >= v.visited_on - 7\n",
         "    and p.valid_from between v.visited_on - 30 and v.visited_on\n", False),
    ],
)  # fmt: skip
def test_a_span_that_loses_its_later_end(old: str, new: str, is_told: bool) -> None:
    codes = [code for code, _ in told("models/priced.sql", RECENT, RECENT.replace(old, new))]
    assert ("JOIN007" in codes) == is_told


USED = """select visit_id, minutes - lag(minutes) over (order by visit_id) as used
from {{ ref('visits') }}"""


@pytest.mark.parametrize(
    ("after", "is_told"),
    [
        ("select visit_id, lag(minutes) over (order by visit_id) - minutes as used", True),
        ("select visit_id, minutes - lag(minutes, 1) over (order by visit_id) as used", False),
        ("select visit_id, lag(minutes) over (order by visit_id) - minutes as saved", False),
    ],
)
def test_a_difference_whose_sides_are_exchanged(after: str, is_told: bool) -> None:
    codes = [code for code, _ in told("models/used.sql", USED, after + " from {{ ref('visits') }}")]
    assert ("AGG006" in codes) == is_told


LOADED = """{{ config(materialized='incremental', unique_key='visit_id', @) }}
select visit_id, minutes from {{ ref('visits') }}
{% if is_incremental() %} where visited_on > (select max(visited_on) from {{ this }}) {% endif %}
"""


@pytest.mark.parametrize(
    ("after", "is_told"),
    [
        (LOADED.replace("unique_key='visit_id', ", ""), True),
        (LOADED.replace("materialized='incremental', unique_key='visit_id', ", ""), False),
        (
            LOADED.replace("unique_key='visit_id', @", "incremental_strategy='insert_overwrite'"),
            False,
        ),
    ],
)
def test_an_incremental_model_that_loses_its_key(after: str, is_told: bool) -> None:
    before, head = LOADED.replace("@", "tags=['a']"), after.replace("@", "tags=['a']")
    codes = [code for code, _ in told("models/loaded.sql", before, head)]
    assert ("CFG018" in codes) == is_told


TASKS = """select task_id, project_id, is_deleted, removed_at, created_at
from {{ source('app', 'tasks') }}"""
LIVE = "select * from {{ ref('tasks') }} where not is_deleted"
COUNTED = """select project_id, count(*) as tasks, min(created_at) as first_at
from {{ ref('live_tasks') }}
group by project_id"""


def around(after: str, live: str = LIVE) -> list[str]:
    base = {
        "models/tasks.sql": TASKS,
        "models/live_tasks.sql": live,
        "models/counted.sql": COUNTED,
    }
    found = review_files(base, {**base, "models/counted.sql": after}, "postgres").findings
    return [f"{f.code} {f.place.line}" for f in found if f.code == "LIT016"]


def test_a_model_that_filters_is_read_around() -> None:
    assert around(COUNTED.replace("live_tasks", "tasks")) == ["LIT016 2"]
    gone = "select * from {{ ref('tasks') }} where removed_at is null"
    assert around(COUNTED.replace("live_tasks", "tasks"), gone) == ["LIT016 2"]


@pytest.mark.parametrize(
    "after",
    [
        COUNTED.replace("live_tasks", "tasks").replace("\ngroup", "\nwhere not is_deleted\ngroup"),
        COUNTED.replace("count(*)", "sum(case when is_deleted then 0 else 1 end)").replace(
            "live_tasks", "tasks"
        ),
        COUNTED.replace("min(created_at)", "max(created_at)"),
        COUNTED + "\nunion all select project_id, 0, null from {{ ref('tasks') }}",
    ],
)
def test_what_is_read_around_with_its_filter_or_beside_it_is_fine(after: str) -> None:
    assert around(after) == []


def test_deleted_at_is_a_flag_that_a_filter_can_lose() -> None:
    before = "select visit_id from {{ ref('calls') }} where deleted_at is null"
    base = {
        "models/calls.sql": "select visit_id, deleted_at from {{ source('app', 'calls') }}",
        "models/kept.sql": before,
    }
    head = {**base, "models/kept.sql": before.split(" where")[0]}
    assert "LIT016" in [f.code for f in review_files(base, head, "postgres").findings]


GAP = """{% macro gap(started, ended) %} ({{ ended }} - {{ started }}) {% endmacro %}"""
GAP_TURNED = """{% macro gap(ended, started=none) %} ({{ ended }} - {{ started }}) {% endmacro %}"""
CALLS = """select call_id, {{ gap('rang', 'answered') }} as waited,
    {{ gap('answered', 'hung_up') }} as spoken
from {{ source('app', 'calls') }}"""


@pytest.mark.parametrize(
    ("after", "lines"),
    [
        (CALLS, [1, 2]),
        (CALLS.replace("gap('answered', 'hung_up')", "gap('hung_up', 'answered')"), [1]),
        (
            CALLS.replace("gap('answered', 'hung_up')", "gap('hung_up', 'answered')").replace(
                "gap('rang', 'answered')", "gap('answered', started='rang')"
            ),
            [],
        ),
    ],
)
def test_a_macro_is_turned_round_and_some_callers_are(after: str, lines: list[int]) -> None:
    base = {
        "dbt_project.yml": "name: phone",
        "macros/gap.sql": GAP,
        "models/calls.sql": CALLS,
    }
    head = {**base, "macros/gap.sql": GAP_TURNED, "models/calls.sql": after}
    found = review_files(base, head, "postgres").findings
    assert [f.place.line for f in found if f.code == "REF006"] == lines


AGED = """{{ config(materialized='@') }}
select visit_id, visited_on, ~ from {{ ref('visits') }}
{% if is_incremental() %} where visited_on > (select max(visited_on) from {{ this }}) {% endif %}
"""


@pytest.mark.parametrize(
    ("kind", "value", "severity"),
    [
        ("incremental", "current_date - visited_on as age", Severity.WARNING),
        ("incremental", "case when visited_on > current_date then 1 end as ahead",
         Severity.WARNING),
        ("table", "current_date - visited_on as age", Severity.NOTE),
        ("incremental", "case when visited_on > current_date then null else visited_on end as d",
         Severity.NOTE),
        ("incremental", "least(visited_on, current_date) as seen_on", Severity.NOTE),
        ("incremental", "current_date as loaded_on", None),
        ("incremental", "current_date - visited_on as customer_age", Severity.WARNING),
    ],
)  # fmt: skip
def test_a_clock_in_a_value_that_stays(kind: str, value: str, severity: Severity | None) -> None:
    head = {**PROJECT, "models/aged.sql": AGED.replace("@", kind).replace("~", value)}
    found = review_files(PROJECT, head, "postgres").findings
    clocks = [f.severity for f in found if f.code == "DET001"]
    assert clocks == ([severity] if severity is not None else [])


TESTED = """models:
  - name: visits
    columns:
      - name: visit_id
        tests: [unique, not_null]
"""


@pytest.mark.parametrize(
    ("after", "told_at"),
    [
        (TESTED + "        tests: [unique]\n", ("WARNING", 6)),
        (TESTED + "        tests: [unique, not_null]\n", ("NOTE", 6)),
        (TESTED + "        data_tests: [unique]\n", ("ERROR", 6)),
        (TESTED + TESTED, ("NOTE", 6)),
        (TESTED + "        data_tests: []\n", None),
        (TESTED.replace("tests:", "description: One.\n        tests:"), None),
        (TESTED + "      - name: minutes\n        tests: [unique, not_null]\n", None),
    ],
)
def test_a_key_of_yaml_is_given_twice(after: str, told_at: tuple[str, int] | None) -> None:
    base = {**PROJECT, "models/schema.yml": TESTED}
    found = review_files(base, {**base, "models/schema.yml": after}, "postgres").findings
    twice = [(f.severity.name, f.place.line) for f in found if f.code == "CFG076"]
    assert twice == ([told_at] if told_at is not None else [])


def test_a_key_that_overrides_a_merged_one_is_not_given_twice() -> None:
    merged = """common: &common
  tests: [not_null]
  meta: {owner: care}
models:
  - name: visits
    columns:
      - name: visit_id
        <<: *common
        tests: [unique, not_null]
"""
    head = {**PROJECT, "models/schema.yml": merged}
    found = review_files(PROJECT, head, "postgres").findings
    assert [f.code for f in found if f.code == "CFG076"] == []


def test_what_another_project_knows_of_a_null_is_no_evidence() -> None:
    inner = PRICED.replace("(v.visited_on < p.valid_to or p.valid_to is null)",
                           "v.visited_on < p.valid_to")  # fmt: skip
    other = "select * from {{ source('x', 'y') }} where valid_to is null"
    files = {f"one/{path}": text for path, text in PROJECT.items()}
    base = {**files, "two/dbt_project.yml": "name: other", "two/models/y.sql": other}
    head = {**base, "one/models/priced.sql": inner}
    codes = [f.code for f in review_files(base, head, "postgres").findings]
    assert "NULL005" not in codes
    here = {**head, "one/models/y.sql": other}
    assert "NULL005" in [f.code for f in review_files(base, here, "postgres").findings]


def test_the_macros_of_another_project_take_their_own_arguments() -> None:
    call = "select {{ nights('check_in', 'check_out') }} as n from {{ source('a', 'b') }}"
    macro = "{%% macro nights(%s) %%} date_diff({{ check_in }}, {{ check_out }}) {%% endmacro %%}"
    base = {
        "one/dbt_project.yml": "name: one",
        "one/macros/n.sql": macro % "check_out, check_in",
        "one/models/a.sql": call,
        "two/dbt_project.yml": "name: two",
        "two/macros/n.sql": macro % "check_in, check_out",
    }
    turned = call.replace("'check_in', 'check_out'", "'check_out', 'check_in'")
    head = {**base, "one/models/a.sql": turned, "two/models/b.sql": call}
    codes = [f.code for f in review_files(base, head, "postgres").findings]
    assert "REF006" not in codes


GUARDED = """models:
  - name: visits
    tests:
      - dbt_utils.unique_combination_of_columns:
          combination_of_columns: [person_id, visited_on]
    columns:
      - name: visit_id
        tests:
          - unique
          - not_null: {}
"""


@pytest.mark.parametrize(
    ("instead", "told_at"),
    [
        ("not_null: {config: {enabled: false}}", ("switched off", 10)),
        ("not_null:\n              config:\n                severity: warn", ("only warns", 12)),
        ("not_null: {where: minutes > 0}", ("some rows only (where: minutes > 0)", 10)),
        ("not_null: {config: {error_if: '>500'}}", ("where its rows are >500", 10)),
        ("not_null: {config: {limit: 100}}", None),
        ("not_null: {config: {severity: error, warn_if: '>10'}}", None),
    ],
)
def test_how_a_test_is_weakened_is_told(instead: str, told_at: tuple[str, int] | None) -> None:
    base = {**PROJECT, "models/schema.yml": GUARDED}
    head = {**base, "models/schema.yml": GUARDED.replace("not_null: {}", instead)}
    found = review_files(base, head, "postgres").findings
    weak = [(f.message, f.place.line) for f in found if f.code == "TST002"]
    assert [line for _, line in weak] == ([told_at[1]] if told_at else [])
    assert told_at is None or told_at[0] in weak[0][0]


@pytest.mark.parametrize(
    ("columns", "is_told"),
    [
        ("[person_id, visited_on, minutes]", True),
        ("[visited_on, person_id]", False),
        ("[person_id]", False),
        ("[person_id, minutes]", False),
    ],
)
def test_a_key_of_more_columns_asks_less(columns: str, is_told: bool) -> None:
    base = {**PROJECT, "models/schema.yml": GUARDED}
    head = {
        **base,
        "models/schema.yml": GUARDED.replace("[person_id, visited_on]", columns),
    }
    found = review_files(base, head, "postgres").findings
    assert any("asks less: minutes" in f.message for f in found) == is_told


OPEN_PERIOD = """select d.day, count(*) as n from {{ ref('days') }} as d
join {{ ref('spells') }} as s
    on @
group by d.day"""
HALF_OPEN = "d.day >= s.began_on and (d.day < s.ended_on or s.ended_on is null)"


@pytest.mark.parametrize(
    ("after", "is_told"),
    [
        ("d.day between s.began_on and coalesce(s.ended_on, '2999-01-01')", True),
        ("d.day >= s.began_on and (d.day <= s.ended_on or s.ended_on is null)", True),
        ("d.day >= s.began_on and d.day < coalesce(s.ended_on, '2999-01-01')", False),
        ("(s.ended_on is null or s.ended_on > d.day) and s.began_on <= d.day", False),
    ],
)
def test_a_period_that_may_be_open_is_shut_with_its_end(after: str, is_told: bool) -> None:
    base = {
        **PROJECT,
        "models/days.sql": "select day from {{ source('app', 'people') }}",
        "models/spells.sql": "select began_on, ended_on from {{ source('app', 'prices') }}",
        "models/load.sql": OPEN_PERIOD.replace("@", HALF_OPEN),
    }
    head = {**base, "models/load.sql": OPEN_PERIOD.replace("@", after)}
    codes = [f.code for f in review_files(base, head, "postgres").findings]
    assert ("JOIN010" in codes) == is_told


@pytest.mark.parametrize(
    ("first", "is_told"),
    [
        ("min(date(at))", True),
        ("min(date(at, 'Europe/Oslo'))", False),
        ("date(min(at), 'Europe/Oslo')", False),
    ],
)
def test_the_first_of_some_days_is_a_day_of_its_time_zone(first: str, is_told: bool) -> None:
    days = "select person_id, date(at, 'Europe/Oslo') as day from {{ ref('moments') }}"
    base = {
        **PROJECT,
        "models/moments.sql": "select person_id, at from {{ source('app', 'visits') }}",
        "models/days.sql": days,
    }
    sql = f"""with firsts as (
        select person_id, {first} as first_day from {{{{ ref('moments') }}}} group by person_id
    )
    select d.person_id, d.day from {{{{ ref('days') }}}} as d
    join firsts as f on f.person_id = d.person_id and f.first_day = d.day"""
    codes = [f.code for f in review_files(base, {**base, "models/f.sql": sql}, "bigquery").findings]
    assert ("DET005" in codes) == is_told


@pytest.mark.parametrize(
    ("order", "is_told"),
    [
        ("step_name", True),
        ("step_no", False),
        ("step_no, step_name", False),
        ("step_level", False),
        ("started_on", False),
    ],
)
def test_the_neighbour_of_a_step_is_found_by_its_number(order: str, is_told: bool) -> None:
    steps = """select step_name, step_no, cast(step_level as int) as step_level, started_on, people
    from {{ source('app', 'visits') }}"""
    base = {**PROJECT, "models/steps.sql": steps}
    sql = f"select step_name, lag(people) over (order by {order}) as before "
    sql += "from {{ ref('steps') }}"
    found = review_files(base, {**base, "models/rates.sql": sql}, "postgres").findings
    assert ("GRAIN076" in [f.code for f in found]) == is_told
