"""One mistake, written in the ways people write it; and the same forms without the mistake."""

from __future__ import annotations

import pytest

from tests.review.conftest import project, review_files

BASE = project("shop")
PATH = "models/marts/case_model.sql"
ORDERS, ITEMS = "{{ ref('stg_orders') }}", "{{ ref('stg_order_items') }}"
CUSTOMERS, PAYMENTS = "{{ ref('stg_customers') }}", "{{ ref('stg_payments') }}"
ORDER_TOTALS = "{{ ref('int_order_totals') }}"


def codes(sql: str, dialect: str = "snowflake", **files: str) -> set[str]:
    head = {**BASE, PATH: sql, **files}
    return {finding.code for finding in review_files(BASE, head, dialect).findings}


def of_orders(expression: str) -> str:
    return f"select o.customer_id, {expression} from {ORDERS} as o group by o.customer_id"


def where(condition: str) -> str:
    return f"select o.order_id, o.amount from {ORDERS} as o where {condition}"


def joined(before: str, join: str, amount: str, rest: str = "") -> str:
    return f"select o.customer_id, sum({amount}) as amount from {before} {join} {rest} group by 1"


ALIKE = {
    "a RIGHT JOIN that multiplies the rows": (
        "JOIN001",
        joined(f"{ITEMS} as i", f"right join {ORDERS} as o on i.order_id = o.order_id", "o.amount"),
        joined(
            f"{ITEMS} as i", f"right join {ORDERS} as o on i.order_id = o.order_id", "i.quantity"
        ),
    ),
    "a join in WHERE that multiplies the rows": (
        "JOIN001",
        joined(f"{ORDERS} as o, {ITEMS} as i", "where i.order_id = o.order_id", "o.amount"),
        joined(f"{ORDERS} as o, {ITEMS} as i", "where i.order_id = o.order_id", "i.quantity"),
    ),
    "a RIGHT JOIN that WHERE undoes": (
        "JOIN003",
        f"select o.order_id, p.payment_method from {PAYMENTS} as p right join {ORDERS} as o "
        "on p.order_id = o.order_id where p.payment_status = 'SETTLED'",
        f"select o.order_id, p.payment_method from {PAYMENTS} as p right join {ORDERS} as o "
        "on p.order_id = o.order_id where o.status = 'placed'",
    ),
    "a function of the optional side in WHERE": (
        "JOIN003",
        f"select o.order_id, p.payment_method from {ORDERS} as o left join {PAYMENTS} as p "
        "on p.order_id = o.order_id where lower(p.payment_status) = 'settled'",
        f"select o.order_id, p.payment_method from {ORDERS} as o left join {PAYMENTS} as p "
        "on p.order_id = o.order_id where coalesce(lower(p.payment_status), 'settled') = 'settled'",
    ),
    "a text and a number in USING": (
        "JOIN004",
        f"with a as (select order_id::integer as no from {ORDERS}), b as (select payment_id, "
        f"order_id::text as no from {PAYMENTS}) select a.no, b.payment_id from a join b using (no)",
        f"with a as (select order_id::integer as no from {ORDERS}), b as (select payment_id, "
        f"order_id::integer as no from {PAYMENTS}) select a.no, b.payment_id from a join b "
        "using (no)",
    ),
    "two lookups by one key with the sides exchanged": (
        "JOIN006",
        f"select c.customer_id, r.country as home, s.country as away from {CUSTOMERS} as c "
        "left join {{ ref('dim_customers') }} as r on r.customer_id = c.customer_id "
        "left join {{ ref('dim_customers') }} as s on c.customer_id = s.customer_id",
        f"select c.customer_id, r.country as home, s.country as away from {CUSTOMERS} as c "
        "left join {{ ref('dim_customers') }} as r on r.customer_id = c.customer_id "
        "left join {{ ref('dim_customers') }} as s on c.referrer_id = s.customer_id",
    ),
    "a count of a cast CASE": (
        "AGG001",
        of_orders("count(cast(case when o.amount > 9 then 1 else 0 end as integer)) as large"),
        of_orders("count(cast(case when o.amount > 9 then 1 end as integer)) as large"),
    ),
    "a count of a CASE with a default": (
        "AGG001",
        of_orders("count(coalesce(case when o.amount > 9 then 1 end, 0)) as large"),
        of_orders("coalesce(count(case when o.amount > 9 then 1 end), 0) as large"),
    ),
    "a count of a flag": (
        "AGG001",
        f"with f as (select customer_id, case when amount > 9 then 1 else 0 end as is_large "
        f"from {ORDERS}) select customer_id, count(is_large) as large from f group by 1",
        f"with f as (select customer_id, case when amount > 9 then 1 else 0 end as is_large "
        f"from {ORDERS}) select customer_id, sum(is_large) as large from f group by 1",
    ),
    "a conditional sum of an identifier": (
        "AGG002",
        of_orders("sum(iff(o.status = 'placed', o.order_id, 0)) as placed"),
        of_orders("sum(iff(o.status = 'placed', o.amount, 0)) as placed"),
    ),
    "an average of ratios with a default": (
        "AGG003",
        f"with d as (select customer_id, status, sum(amount) / count(*) as figure from {ORDERS} "
        "group by 1, 2) select customer_id, avg(coalesce(figure, 0)) as figure from d group by 1",
        f"with d as (select customer_id, status, sum(amount) as paid, count(*) as orders "
        f"from {ORDERS} group by 1, 2) select customer_id, sum(paid) / nullif(sum(orders), 0) "
        "as figure from d group by 1",
    ),
    "a first that is a MAX cut to its day": (
        "AGG005",
        of_orders("date_trunc('day', max(o.ordered_at)) as first_order_day"),
        of_orders("date_trunc('day', min(o.ordered_at)) as first_order_day"),
    ),
    "a first that is a cast MAX": (
        "AGG005",
        of_orders("max(o.ordered_at)::date as first_order_date"),
        of_orders("min(o.ordered_at)::date as first_order_date"),
    ),
    "a text that a column with a default can never be": (
        "LIT001",
        where("coalesce(o.status, '') = 'complete'"),
        where("coalesce(o.status, '') = 'completed'"),
    ),
    "a text that DECODE waits for in vain": (
        "LIT001",
        where("decode(o.status, 'complete', 1, 0) = 1"),
        where("decode(o.status, 'completed', 1, 0) = 1"),
    ),
    "a pattern in a CASE": (
        "LIT004",
        where("case o.channel when 'web%' then 1 end = 1"),
        where("case o.channel when 'web' then 1 end = 1"),
    ),
    "a column compared with itself, once without its table": (
        "LIT005",
        f"select o.order_id from {ORDERS} as o where exists (select 1 from {PAYMENTS} as p "
        "where p.order_id = order_id)",
        f"select o.order_id from {ORDERS} as o where exists (select 1 from {PAYMENTS} as p "
        "where p.order_id = o.order_id)",
    ),
    "null and a text at once": (
        "LIT005",
        where("o.status is null and o.status = 'placed'"),
        where("o.status is not null and o.status = 'placed'"),
    ),
    "a comparison with NULL of a type": (
        "NULL002",
        where("o.ordered_at = cast(null as timestamp)"),
        where("o.ordered_at > cast('2024-01-01' as timestamp)"),
    ),
    "a column in HAVING that is not grouped": (
        "SQL010",
        of_orders("count(*) as n") + " having o.status = 'placed'",
        of_orders("count(*) as n") + " having max(o.status) = 'placed' and n > 1",
    ),
    "a column outside of a plain GROUP BY, not of a ROLLUP": (
        "SQL010",
        f"select customer_id, status, count(*) as n from {ORDERS} group by (customer_id)",
        f"select customer_id, status, count(*) as n from {ORDERS} group by rollup "
        "(customer_id, status)",
    ),
    "a rank of at most one": (
        "GRAIN003",
        f"select order_id, customer_id from {ORDERS} qualify rank() over (partition by customer_id "
        "order by ordered_at desc) <= 1",
        f"select order_id, customer_id from {ORDERS} qualify rank() over (partition by customer_id "
        "order by ordered_at desc, order_id) <= 1",
    ),
    "a rank that ON compares": (
        "GRAIN003",
        f"with r as (select o.*, rank() over (partition by o.customer_id order by o.ordered_at) "
        f"as rn from {ORDERS} as o) select c.customer_id, r.order_id from {CUSTOMERS} as c "
        "left join r on r.customer_id = c.customer_id and 1 = r.rn",
        f"with r as (select o.*, row_number() over (partition by o.customer_id order by "
        f"o.ordered_at, o.order_id) as rn from {ORDERS} as o) select c.customer_id, r.order_id "
        f"from {CUSTOMERS} as c left join r on r.customer_id = c.customer_id and 1 = r.rn",
    ),
    "a GROUP BY that takes back what a join multiplies": (
        "GRAIN004",
        f"select o.order_id, o.status from {ORDERS} as o join {ITEMS} as i "
        "on i.order_id = o.order_id group by o.order_id, o.status",
        f"select o.order_id, o.status, count(*) as n from {ORDERS} as o join {ITEMS} as i "
        "on i.order_id = o.order_id group by o.order_id, o.status",
    ),
    "an order by a constant": (
        "DET003",
        f"select order_id, row_number() over (partition by customer_id order by 1) as n "
        f"from {ORDERS}",
        f"select order_id, row_number() over (partition by customer_id order by order_id) as n "
        f"from {ORDERS}",
    ),
    "an order by the partition": (
        "DET003",
        f"select order_id, row_number() over (partition by customer_id order by customer_id) as n "
        f"from {ORDERS}",
        f"select order_id, sum(amount) over (partition by customer_id order by customer_id) as n "
        f"from {ORDERS}",
    ),
    "the local clock": (
        "DET001",
        where("o.ordered_at > localtimestamp"),
        where("o.ordered_at > '2024-01-01'"),
    ),
}


@pytest.mark.parametrize("name", ALIKE)
def test_a_mistake_is_found_in_another_form_too(name: str) -> None:
    code, wrong, _ = ALIKE[name]
    assert code in codes(wrong)


@pytest.mark.parametrize("name", ALIKE)
def test_the_same_form_without_the_mistake_is_quiet(name: str) -> None:
    code, _, right = ALIKE[name]
    assert code not in codes(right)


@pytest.mark.parametrize(
    "query",
    [
        f"select coalesce(referrer_id, -1) from {CUSTOMERS}",
        f"select x.referrer_id from (select referrer_id from {CUSTOMERS} "
        "where referrer_id is not null) as x",
    ],
)
def test_not_in_over_what_cannot_be_null_is_quiet(query: str) -> None:
    assert "NULL003" not in codes(
        f"select c.customer_id from {CUSTOMERS} as c where c.customer_id not in ({query})"
    )
    assert "NULL003" in codes(
        f"select c.customer_id from {CUSTOMERS} as c where c.customer_id not in "
        f"(select referrer_id from {CUSTOMERS})"
    )


def test_a_full_name_is_a_persons_name_under_any_alias() -> None:
    glued = "select customer_id, first_name || ' ' || last_name as label"
    hashed = "select customer_id, md5(first_name || ' ' || last_name) as label"
    assert "PII001" in codes(f"{glued} from {CUSTOMERS}")
    assert "PII001" not in codes(f"{hashed} from {CUSTOMERS}")


UNIQUE_KEY = """
version: 2
models:
  - name: case_model
    description: One row per order.
    config: {materialized: incremental, unique_key: %s}
"""


def test_a_key_that_only_the_yaml_configures_is_looked_up_too() -> None:
    for key, is_told in (("order_no", True), ("order_id", False)):
        head = {
            **BASE,
            PATH: f"select order_id, amount from {ORDERS}",
            "models/marts/case_model.yml": UNIQUE_KEY % key,
        }
        found = [f for f in review_files(BASE, head).findings if f.code == "CFG001"]
        assert [f.place.file.rsplit("/", 1)[-1] for f in found] == ["case_model.yml"] * is_told


def test_a_misspelt_column_that_merges_should_leave_out_is_a_warning() -> None:
    head = {
        **BASE,
        PATH: "{{ config(materialized='incremental', unique_key='order_id', "
        "merge_exclude_columns=['statuss']) }}\n"
        f"select order_id, status from {ORDERS}",
    }
    found = [f for f in review_files(BASE, head).findings if f.code == "CFG001"]
    assert [f.severity.name for f in found] == ["WARNING"]


def test_a_key_of_a_subquery_that_a_star_hands_on_is_still_broken_by_a_join() -> None:
    tested = """
version: 2
models:
  - name: case_model
    columns: [{name: order_id, data_tests: [unique]}]
"""
    for side, is_told in ((f"{ITEMS} as i", True), (f"{ORDER_TOTALS} as i", False)):
        sql = (
            f"select * from (select o.order_id, i.order_id as other_id from {ORDERS} as o "
            f"left join {side} on i.order_id = o.order_id) as final"
        )
        found = codes(sql, **{"models/marts/case_model.yml": tested})
        assert ("JOIN001" in found) is is_told


def test_a_test_of_another_model_that_names_a_removed_column_is_named() -> None:
    related = """
version: 2
models:
  - name: other
    columns:
      - name: order_id
        data_tests:
          - relationships: {to: ref('case_model'), field: order_id}
"""
    base = {
        **BASE,
        PATH: f"select order_id, amount from {ORDERS}",
        "models/marts/other.sql": f"select order_id from {PAYMENTS}",
        "models/marts/other.yml": related,
    }
    for name, is_told in (("order_no", True), ("order_id", False)):
        head = {**base, PATH: f"select order_id as {name}, amount, status from {ORDERS}"}
        found = [f for f in review_files(base, head).findings if f.code == "TST004"]
        assert [f.place.file for f in found] == ["models/marts/other.yml"] * is_told


TESTED = """
version: 2
models:
  - name: stg_refunds
    columns:
      - name: refund_id
        data_tests: [%s]
      - name: order_id
        description: The order it belongs to.
"""


@pytest.mark.parametrize(
    ("tests", "is_told"),
    [("not_null", True), ("dbt_constraints.primary_key", False), ("unique", True)],
)
def test_a_test_that_asks_as_much_takes_the_place_of_another(tests: str, is_told: bool) -> None:
    path = "models/staging/stg_refunds.yml"
    staging = BASE["models/staging/_staging.yml"].partition("  - name: stg_refunds")[0]
    base = {**BASE, "models/staging/_staging.yml": staging, path: TESTED % "unique, not_null"}
    result = review_files(base, {**base, path: TESTED % tests})
    assert ("TST002" in {f.code for f in result.findings}) is is_told


def test_a_tested_column_that_vanishes_from_the_yaml_only_is_a_lost_test() -> None:
    path = "models/staging/stg_refunds.yml"
    staging = BASE["models/staging/_staging.yml"].partition("  - name: stg_refunds")[0]
    text = TESTED % "unique, not_null"
    base = {**BASE, "models/staging/_staging.yml": staging, path: text}
    gone = text.replace("      - name: refund_id\n        data_tests: [unique, not_null]\n", "")
    assert "TST002" in {f.code for f in review_files(base, {**base, path: gone}).findings}


NUMBERED = (
    "row_number() over (partition by customer_id order by ordered_at desc, order_id)",
    f"from {ORDERS}",
)
SAME = {
    "a dedup": [
        f"select order_id, customer_id {NUMBERED[1]} qualify {NUMBERED[0]} = 1",
        f"select order_id, customer_id {NUMBERED[1]} qualify {NUMBERED[0]} <= 1",
        f"select order_id, customer_id from (select *, {NUMBERED[0]} as rn {NUMBERED[1]}) as r "
        "where 1 = rn",
        f"with r as (select *, {NUMBERED[0]} as rn {NUMBERED[1]}) select order_id, customer_id "
        "from r where rn < 2",
    ],
    "an inner join": [
        f"select o.order_id, t.line_count from {ORDERS} as o join {ORDER_TOTALS} as t "
        "on t.order_id = o.order_id",
        f"select o.order_id, t.line_count from {ORDERS} as o, {ORDER_TOTALS} as t "
        "where t.order_id = o.order_id",
        f"select o.order_id, t.line_count from {ORDERS} as o cross join {ORDER_TOTALS} as t "
        "where o.order_id = t.order_id",
        f"select order_id, t.line_count from {ORDERS} as o inner join {ORDER_TOTALS} as t "
        "using (order_id)",
        f"select o.order_id, t.line_count from {ORDERS} as o left join {ORDER_TOTALS} as t "
        "on t.order_id = o.order_id where t.order_id is not null",
    ],
    "a left join": [
        f"select o.order_id, t.line_count from {ORDERS} as o left join {ORDER_TOTALS} as t "
        "on t.order_id = o.order_id",
        f"select o.order_id, t.line_count from {ORDER_TOTALS} as t right join {ORDERS} as o "
        "on t.order_id = o.order_id",
        f"select o.order_id, t.line_count from {ORDER_TOTALS} as t right outer join {ORDERS} as o "
        "using (order_id)",
    ],
}
PAIRS = [(n, a, b) for n, forms in SAME.items() for a in forms for b in forms if a != b]


@pytest.mark.parametrize(("name", "before", "after"), PAIRS)
def test_one_form_exchanged_for_another_is_no_change(name: str, before: str, after: str) -> None:
    base, head = {**BASE, PATH: before}, {**BASE, PATH: after}
    found = {finding.code for finding in review_files(base, head).findings}
    assert found - {"STY001", "JOIN003"} == set()


@pytest.mark.parametrize(
    "before",
    [
        f"from {ORDERS} as o left join {ITEMS} as i on i.order_id = o.order_id",
        f"from {ITEMS} as i right join {ORDERS} as o on i.order_id = o.order_id",
    ],
)
def test_an_outer_join_that_becomes_an_inner_one_is_told_on_either_side(before: str) -> None:
    select = "select o.order_id, i.line_number"
    base = {**BASE, PATH: f"{select} {before}"}
    after = before.replace("left join", "join").replace("right join", "join")
    result = review_files(base, {**BASE, PATH: f"{select} {after}"})
    assert "JOIN005" in {finding.code for finding in result.findings}


def test_what_a_query_says_is_no_news_when_a_query_is_put_around_it() -> None:
    inner = f"select customer_id, sum(amount) / sum(amount - 5) as ratio from {ORDERS} group by 1"
    around = f"select * from ({inner}) as final"
    cte = f"with final as ({inner}) select * from final"
    for before, after in ((inner, around), (inner, cte), (around, inner), (cte, inner)):
        result = review_files({**BASE, PATH: before}, {**BASE, PATH: after})
        assert [f.code for f in result.findings if f.code != "STY001"] == []
    assert "NULL001" in codes(inner)


def test_a_join_under_another_alias_is_the_same_join() -> None:
    left = f"select o.order_id, t.line_count from {ORDERS} as o left join {ORDER_TOTALS} as t "
    base = {**BASE, PATH: left + "on t.order_id = o.order_id"}
    for join, is_told in (("join", True), ("left join", False)):
        renamed = (
            f"select o.order_id, totals.line_count from {ORDERS} as o {join} {ORDER_TOTALS} "
            "as totals on totals.order_id = o.order_id"
        )
        found = {f.code for f in review_files(base, {**BASE, PATH: renamed}).findings}
        assert ("JOIN005" in found) is is_told


def test_an_incremental_model_of_the_yaml_is_incremental() -> None:
    yaml = """
version: 2
models:
  - name: case_model
    config: {materialized: %s}
"""
    for materialized, is_told in (("incremental", True), ("table", False)):
        files = {"models/marts/case_model.yml": yaml % materialized}
        found = codes(f"select order_id, amount from {ORDERS}", **files)
        assert ("CFG008" in found) is is_told


def test_a_key_that_a_test_of_a_package_holds_is_tested() -> None:
    yaml = """
version: 2
models:
  - name: case_model
    columns: [{name: order_id, data_tests: [%s]}]
"""
    for test, is_told in (("dbt_expectations.expect_column_values_to_be_unique", False),
                          ("not_null", True)):  # fmt: skip
        files = {"models/marts/case_model.yml": yaml % test}
        found = codes(f"select order_id, amount from {ORDERS}", **files)
        assert ("TST001" in found) is is_told
