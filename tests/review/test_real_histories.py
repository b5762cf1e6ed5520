"""Kinds of bugs that real projects mended later, and what looks like them and is fine."""

from __future__ import annotations

import pytest

from tests.review.conftest import project, review_files

PATH = "models/marts/case_model.sql"


def told(sql: str, dialect: str = "snowflake", before: str | None = None) -> dict[str, int]:
    """Code -> line of the findings in one model on the shop project."""
    base = project("shop")
    old = base if before is None else {**base, PATH: before}
    result = review_files(old, {**base, PATH: sql}, dialect)
    return {f.code: f.place.line for f in result.findings if f.place.file == PATH}


def test_an_unknown_variable_within_quotes_hides_no_broken_sql() -> None:
    sql = """select order_id
from {{ ref('stg_orders') }}
where ordered_at >= '{{ var("nowhere_set") }}'
  and and amount > 0
"""
    assert told(sql)["SQL001"] == 4
    assert "SQL001" not in told(sql.replace("and and", "and"))


def test_an_unknown_variable_outside_of_quotes_may_be_what_completes_it() -> None:
    assert "SQL001" not in told("select order_id from {{ ref('stg_orders') }} where {{ var('x') }}")


def test_a_template_with_braces_in_a_string_is_placed_where_it_breaks() -> None:
    sql = """{{ config(
    meta = {
      'until': '{{ ds }}',
      'most', '10',
    }
) }}
select order_id from {{ ref('stg_orders') }}
"""
    assert told(sql)["SQL003"] == 4


@pytest.mark.parametrize(
    ("dialect", "call"),
    [
        ("databricks", "explode(generate_date_array('2026-01-01', current_date))"),
        ("spark", "date(extract(year from ordered_at), extract(month from ordered_at), 1)"),
        ("postgres", "date(2026, 1, 1)"),
    ],
)
def test_what_another_warehouse_calls_is_told(dialect: str, call: str) -> None:
    sql = f"select order_id, {call} as day from {{{{ ref('stg_orders') }}}}"
    assert told(sql, dialect)["SQL016"] == 1


def test_a_date_of_one_nested_call_is_a_date() -> None:
    sql = "select date(concat(order_id, '-', channel, '-01')) as day from {{ ref('stg_orders') }}"
    assert "SQL016" not in told(sql, "databricks")


def test_a_subquery_whose_columns_are_only_named_inside_is_not_read() -> None:
    sql = """select orders.order_id, updated_at
from {{ ref('stg_orders') }} as orders
left join (
    select order_id, method as payment_method from {{ source('shop', 'payments') }}
) as payments on payments.order_id = orders.order_id
"""
    assert "JOIN020" in told(sql)
    assert "JOIN020" not in told(sql.replace("updated_at\n", "payment_method\n"))


def test_an_outer_join_without_a_condition_meets_every_row() -> None:
    sql = """select orders.order_id, refunds.refunded_at
from {{ ref('stg_orders') }} as orders
left join (
    select order_id, max(refunded_at) as refunded_at from {{ ref('stg_refunds') }} group by order_id
) as refunds
where orders.amount > 0
"""
    assert "JOIN002" in told(sql, "databricks")
    related = sql.replace(") as refunds\n", ") as refunds on refunds.order_id = orders.order_id\n")
    assert "JOIN002" not in told(related, "databricks")
    assert "JOIN002" not in told(sql.replace(") as refunds\n", ") as refunds on true\n"), "duckdb")


def test_a_join_that_names_none_of_what_is_joined_is_told() -> None:
    sql = """select orders.order_id, p.amount, r.refunded_at
from {{ ref('stg_orders') }} as orders
left join {{ ref('stg_payments') }} as p on p.order_id = orders.order_id
left join {{ ref('stg_refunds') }} as r on p.order_id = orders.order_id
"""
    assert told(sql)["JOIN002"] == 4
    assert "JOIN002" not in told(sql.replace("r on p.", "r on r."))
    assert "JOIN002" not in told(sql.replace("r on p.", "r on r.order_id = p.order_id and p."))


def test_to_mend_a_join_that_named_none_of_what_is_joined_takes_no_condition_away() -> None:
    sql = """select orders.order_id, p.amount, r.refunded_at
from {{ ref('stg_orders') }} as orders
left join {{ ref('stg_payments') }} as p on p.order_id = orders.order_id
left join {{ ref('stg_refunds') }} as r on p.payment_method = orders.channel
"""
    mended = sql.replace("r on p.payment_method = orders.channel", "r on r.order_id = p.order_id")
    assert "JOIN007" not in told(mended, before=sql)


def test_joins_of_joins_have_their_conditions_behind_them() -> None:
    sql = """select o.order_id, p.payment_id
from {{ ref('stg_orders') }} as o
left join {{ ref('stg_payments') }} as p
    left join {{ ref('stg_refunds') }} as r on r.order_id = p.order_id
on p.order_id = o.order_id
"""
    assert "JOIN002" not in told(sql, "postgres")


def test_a_comma_before_from_is_no_sql_on_databricks_unless_others_write_it() -> None:
    sql = "select\n    order_id,\n    amount,\nfrom {{ ref('stg_orders') }}\n"
    assert told(sql, "databricks")["SQL001"] == 3
    base = project("shop")
    other = {**base, "models/marts/other.sql": sql.replace("amount", "channel")}
    result = review_files(other, {**other, PATH: sql}, "databricks")
    assert "SQL001" not in {f.code for f in result.findings}


def test_a_column_of_a_snapshot_is_not_called_as_its_source_calls_it() -> None:
    base = {
        "dbt_project.yml": "name: lake\n",
        "models/sources.yml": "sources: [{name: raw, tables: [{name: users}]}]\n",
        "snapshots/users.sql": "{% snapshot users %}{{ config(unique_key='user_id') }}\n"
        "select _id as user_id, isPartner as is_partner from {{ source('raw', 'users') }}\n"
        "{% endsnapshot %}\n",
    }
    sql = "select user_id, isPartner as is_partner from {{ ref('users') }}\n"
    told = review_files(base, {**base, "models/dim_users.sql": sql}, "databricks").findings
    assert "SQL005" in {f.code for f in told}
    fine = {**base, "models/dim_users.sql": sql.replace("isPartner", "is_partner")}
    assert "SQL005" not in {f.code for f in review_files(base, fine, "databricks").findings}
    older = {**base, "models/dim_users.sql": sql.replace("isPartner", "retiredFlag")}
    assert "SQL005" not in {f.code for f in review_files(base, older, "databricks").findings}


def test_a_join_that_was_an_inner_one_did_not_become_one() -> None:
    before = """with orders as (select order_id, customer_id from {{ ref('stg_orders') }}),
paid as (select order_id from {{ ref('stg_payments') }} group by order_id),
customers as (select customer_id, country from {{ ref('stg_customers') }})
select orders.order_id, customers.country
from orders
inner join paid on paid.order_id = orders.order_id
left join customers on customers.customer_id = orders.customer_id
where paid.order_id is not null
"""
    after = before.replace("customers.country\n", "customers.country, orders.customer_id\n")
    assert "JOIN005" not in told(after, before=before)
    assert "JOIN005" in told(before.replace("left join", "inner join"), before=before)


def test_a_constant_is_no_part_of_a_key_that_a_join_leaves_out() -> None:
    sql = """with paid as (
    select distinct order_id, payment_method, 1 as for_join from {{ ref('stg_payments') }}
),
methods as (select distinct order_id, payment_status, for_join from (
    select order_id, payment_status, 1 as for_join from {{ ref('stg_payments') }}
))
select paid.order_id, methods.payment_status, paid.payment_method
from paid left join methods on methods.order_id = paid.order_id
"""
    assert "JOIN008" not in told(sql)


def test_the_change_narrows_a_model_to_one_written_id() -> None:
    before = "select order_id, channel from {{ ref('stg_orders') }} where amount > 0\n"
    trial = before.replace("\n", "\n  and customer_id = '646b416c7b18bf8d8da02648'\n")
    assert "LIT011" in told(trial, before=before)
    assert "LIT011" not in told(trial.replace("'", '"'), before=trial)
    assert "LIT011" not in told(trial.replace(" = ", " != "), before=before)


@pytest.mark.parametrize(
    ("dialect", "call"),
    [
        ("databricks", "from_unixtime(amount, 'yyyy-MM-dd hh:mm:ss')"),
        ("snowflake", "to_timestamp(channel, 'YYYY-MM-DD HH12:MI:SS')"),
        ("redshift", "to_char(ordered_at, 'YYYY-MM-DD HH:MI:SS')"),
        ("bigquery", "format_timestamp('%Y-%m-%d %I:%M', ordered_at)"),
        ("duckdb", "strftime(ordered_at, '%Y-%m-%d %I:%M')"),
    ],
)
def test_hours_up_to_twelve_need_am_or_pm(dialect: str, call: str) -> None:
    sql = "select order_id, %s as moment from {{ ref('stg_orders') }}"
    assert "LIT041" in told(sql % call, dialect)


@pytest.mark.parametrize(
    ("dialect", "call"),
    [
        ("databricks", "from_unixtime(amount, 'yyyy-MM-dd HH:mm:ss')"),
        ("databricks", "date_format(ordered_at, 'yyyy-MM-dd hh:mm a')"),
        ("databricks", "date(from_unixtime(amount, 'yyyy-MM-dd hh:mm:ss'))"),
        ("databricks", "date_format(ordered_at, 'hh')"),
        ("snowflake", "to_char(ordered_at, 'YYYY-MM-DD HH24:MI')"),
        ("snowflake", "to_char(ordered_at, 'YYYY-MM-DD HH12:MI AM')"),
        ("bigquery", "format_timestamp('%Y-%m-%d %I:%M %p', ordered_at)"),
        ("redshift", "concat(channel, 'YYYY HH:MI')"),
    ],
)
def test_hours_of_the_day_and_dates_are_fine(dialect: str, call: str) -> None:
    sql = "select order_id, %s as moment from {{ ref('stg_orders') }}"
    assert "LIT041" not in told(sql % call, dialect)


NEWEST = "select order_id from {{ ref('%s') }} where ordered_at %s (select max(ordered_at) from %s)"


def test_the_newest_of_another_relation_alone_may_be_meant() -> None:
    orders, events = "{{ ref('stg_orders') }}", "{{ ref('fct_order_events') }}"
    assert "CLONE041" not in told(NEWEST % ("fct_order_events", "=", orders))
    both = "with a as (%s), b as (%s) select a.order_id from a join b on b.order_id = a.order_id"
    own = NEWEST % ("stg_orders", "=", orders)
    assert "CLONE041" in told(both % (own, NEWEST % ("fct_order_events", "=", orders)))
    assert "CLONE041" not in told(both % (own, NEWEST % ("fct_order_events", "=", events)))
    assert "CLONE041" not in told(both % (own, NEWEST % ("fct_order_events", "<=", orders)))


def test_a_key_beside_the_one_it_is_equated_with_tells_who_was_found() -> None:
    sql = """select %s, customers.country
from {{ ref('stg_customers') }} as customers
left join {{ ref('dim_customers') }} as d on d.customer_id = customers.customer_id
%s"""
    assert "NULL041" in told(sql % ("d.customer_id", ""))
    assert "NULL041" not in told(sql % ("customers.customer_id, d.customer_id as known_id", ""))
    assert "NULL041" not in told(sql % ("d.customer_id", "where d.segment = 'loyal'"))
    assert "NULL041" not in told(sql.replace("left", "inner") % ("d.customer_id", ""))


def test_rows_with_another_identifier_are_not_without_a_key() -> None:
    sql = """select %s
from {{ ref('stg_orders') }} as orders
left join {{ ref('dim_customers') }} as d on d.customer_id = orders.customer_id
"""
    assert "NULL041" in told(sql % "d.customer_id, orders.amount")
    assert "NULL041" not in told(sql % "d.customer_id, orders.amount, orders.order_id")
    assert "NULL041" not in told(sql % "d.customer_id, d.segment")


WINDOW = (
    "select order_id, row_number() over (partition by %s order by %s) as n "
    "from {{ ref('stg_orders') }}"
)


@pytest.mark.parametrize("by", ["'order_id'", "['customer_id', 'channel']"])
def test_a_text_is_the_same_in_every_row(by: str) -> None:
    assert "GRAIN042" in told(WINDOW % (by, "order_id"))
    assert "GRAIN042" in told(WINDOW % ("channel", by))


@pytest.mark.parametrize("by", ["channel", "1", "channel || 'x'", "iff(amount > 1, 'a', 'b')"])
def test_a_number_or_an_expression_is_no_text(by: str) -> None:
    assert "GRAIN042" not in told(WINDOW % (by, "order_id"))


NEWEST_ONE = """select order_id from (
    select * %s from {{ ref('stg_refunds') }}
    qualify row_number() over (partition by order_id order by refunded_at desc, refund_id) = 1
) where %s
"""


def test_what_is_deleted_is_asked_of_the_newest_row() -> None:
    assert "GRAIN043" in told(NEWEST_ONE % (", amount > 0 as is_valid", "is_valid = true"))
    assert "GRAIN043" not in told(NEWEST_ONE % (", amount < 0 as is_deleted", "not is_deleted"))
    assert "GRAIN043" not in told(NEWEST_ONE % ("", "amount > 0"))


def test_a_number_of_which_the_first_is_taken_hides_no_duplicates() -> None:
    sql = """select order_id from (
    select distinct order_id,
        row_number() over (partition by order_id order by paid_at, payment_id) as n
    from {{ ref('stg_payments') }}
) where n %s 1
"""
    assert "GRAIN005" not in told(sql % "=")
    assert "GRAIN005" in told(sql % ">=")


def test_keys_cast_to_text_are_keys() -> None:
    sql = """with totals as (select %s as number from {{ ref('stg_refunds') }} group by 1)
select o.order_id, totals.number
from {{ ref('stg_orders') }} as o
left join totals on cast(totals.number as varchar) = cast(o.order_id as varchar)
"""
    assert "JOIN009" in told(sql % "refund_id")
    assert "JOIN009" not in told(sql % "order_id")
